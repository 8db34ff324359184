/// Why a capture could not be opened, read or filtered.
public struct CaptureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kind of an error.
    public enum Code: Sendable {
        /// No file or interface has that name.
        case notFound
        /// A permission is missing: to read the file, or to capture (cap_net_raw).
        case permissionDenied
        /// A signal interrupted the wait for a file.
        case interrupted
        /// A directory, an empty file, or a file of another format.
        case notACapture
        /// A pipe or a device, where only a regular file can be read twice.
        case notARegularFile
        /// The file changed while it was read.
        case changed
        /// The file is damaged or cut before its first record.
        case damaged
        /// The file cannot be decompressed: it is damaged, or the program that decompresses it is not installed.
        case notDecompressed
        /// The BPF filter does not compile.
        case invalidFilter
        /// The interface is down.
        case interfaceDown
        /// There is no memory left to go on.
        case outOfMemory
        /// A system call or libpcap failed for another reason.
        case failed
    }

    /// The kind of the error.
    public let code: Code
    /// The file, `-` for standard input; nil if the error is about an interface or a filter.
    public let path: String?
    /// The error number (errno(3)) if a system call failed.
    public let errno: Int32?
    /// One sentence: what went wrong, where, and what to do about it.
    public let description: String

    /// An error of kind `code` that `description` explains in one sentence.
    public init(_ code: Code, _ description: String, path: String? = nil, errno: Int32? = nil) {
        self.code = code
        self.path = path
        self.errno = errno
        self.description = description
    }
}
