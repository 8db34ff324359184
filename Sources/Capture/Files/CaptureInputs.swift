internal import Platform

/// Saved captures that are opened before the first packet is read, when the process may still open files and look up names.
///
/// A regular file stays open, so that a second reading finds the same file, whatever its name stands for then.
package final class CaptureInputs {
    /// The open descriptor of a capture, or why it cannot be opened, which `open` reports.
    private enum Input {
        case opened(Int32, isRegular: Bool)
        case failed(CaptureError)
    }

    private var inputs: [String: Input] = [:]
    private let filter: SharedFilter?
    /// Captures that are opened when it is their turn, because there are too many.
    package private(set) var openedLater: [String] = []

    /// Descriptors for other purposes than captures.
    private static let spareDescriptors = 64

    /// Opens the captures at `paths` (`-` is standard input), of which only packets that match the BPF filter `expression`
    /// are read and, if `isLight`, only what a light capture has.
    ///
    /// Throws if a name in the filter is unknown, but not if a capture cannot be opened: `open` does.
    package init(_ paths: [String], filter expression: String?, isLight: Bool = false) throws(CaptureError) {
        filter = SharedFilter(expression, isLight: isLight)
        try filter?.filter.lookUpNames()
        let count = systemAllowDescriptors(paths.count + Self.spareDescriptors) - Self.spareDescriptors
        for path in paths where path != "-" && inputs[path] == nil {
            // One can always be tried: the error of the first says that there is no descriptor left.
            if inputs.count < max(count, 1), let input = Self.input(path, isFirst: inputs.isEmpty) {
                inputs[path] = input
            } else {
                openedLater.append(path)
            }
        }
    }

    deinit {
        for case .opened(let number, _) in inputs.values { systemClose(number) }
    }

    /// Opens the capture at `path`; nil: only its turn is the right time. `isFirst`: no capture has been opened.
    private static func input(_ path: String, isFirst: Bool) -> Input? {
        let isPipe = FileStatus(path: path)?.isPipe == true
        #if !os(Linux)
            // Other systems report the end of a pipe that nobody has opened for writing yet.
            if isPipe { return nil }
        #endif
        do {
            // Opening a named pipe waits for a writer, which may wait for the reader of another one.
            let number = try ByteSource.open(path, flags: isPipe ? O_NONBLOCK : 0)
            if isPipe { systemSetBlocking(number) }
            let isRegular = (try? FileStatus(descriptor: number))?.isRegular == true
            return .opened(number, isRegular: isRegular)
        } catch {
            if !isFirst, error.errno == EMFILE || error.errno == ENFILE { return nil }
            return .failed(error)
        }
    }

    /// Begins to read the capture at `path` from its start. Throws if it cannot be opened, and as `CaptureFile.init` does.
    package func open(_ path: String) throws(CaptureError) -> CaptureFile {
        switch inputs[path] {
        case .failed(let error): throw error
        case .opened(let number, isRegular: true):
            lseek(number, 0, SEEK_SET)
            return try CaptureFile(ByteSource(path: path, number, isOwned: false), filter: filter)
        case .opened(let number, isRegular: false):
            // Its writer notices when the reader ends.
            inputs[path] = nil
            return try CaptureFile(ByteSource(path: path, number, isOwned: true), filter: filter)
        case nil:
            return try CaptureFile(ByteSource(path: path), filter: filter)
        }
    }
}
