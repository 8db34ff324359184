#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Why something could not be written.
public enum OutputError: Error, Sendable, Equatable {
    /// Nobody reads any more (EPIPE): no reason to complain.
    case closed
    /// Anything else, told in one sentence for a person.
    case failed(String)
}

/// An open file descriptor to write to: standard output or standard error.
public struct OutputDescriptor: Sendable {
    /// The number of the descriptor.
    private let number: Int32
    /// What error sentences call it.
    private let name: String

    /// Standard output.
    public static let standardOutput = OutputDescriptor(number: STDOUT_FILENO, name: "standard output")
    /// Standard error.
    public static let standardError = OutputDescriptor(number: STDERR_FILENO, name: "standard error")

    /// The open descriptor `number`, which sentences call `name`.
    init(number: Int32, name: String) {
        self.number = number
        self.name = name
    }

    /// Writes all of `bytes`, however many system calls that takes (write(2)).
    public func write(_ bytes: [UInt8]) throws(OutputError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe systemWrite(number, UnsafeRawBufferPointer(rebasing: buffer[written...]))
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitUntilWritable()
            case EPIPE: throw .closed
            case let code: throw .failed("\(name): cannot write: \(unsafe String(cString: strerror(code)))")
            }
        }
    }

    /// Somebody made the descriptor non-blocking, as a shell may with a shared terminal.
    private func waitUntilWritable() {
        var descriptor = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&descriptor, 1, -1)
    }

    /// Whether it is a terminal (isatty(3)).
    public var isTerminal: Bool { isatty(number) == 1 }

    /// Whether colour is welcome: a terminal that knows it, and no `NO_COLOR` (https://no-color.org).
    public var wantsColor: Bool {
        isTerminal && environment("NO_COLOR", default: "").isEmpty && environment("TERM", default: "dumb") != "dumb"
    }

    /// Columns of the terminal; 80 where that is not known (ioctl_tty(2)).
    public var columns: Int {
        var size = winsize()
        guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    private func environment(_ name: String, default value: String) -> String {
        guard let text = unsafe getenv(name) else { return value }
        return unsafe String(cString: text)
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe write(descriptor, bytes.baseAddress, bytes.count)
}

extension CaptureFile {
    /// Whether there is anything at `path` (access(2)), or may be; `-`, standard input, always is.
    public static func exists(_ path: String) -> Bool {
        if path == "-" { return true }
        // Where looking is forbidden, opening says so in its own words.
        return unsafe access(path, F_OK) == 0 || errno == EACCES
    }
}
