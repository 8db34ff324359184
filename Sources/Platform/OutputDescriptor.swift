/// Why output could not be written.
public enum OutputError: Error, Sendable, Equatable {
    /// The reader has closed its end (EPIPE). Programs end silently then.
    case closed
    /// Any other error, as one sentence.
    case failed(String)
}

/// An open descriptor to write to: standard output, standard error, or a file.
public struct OutputDescriptor: Sendable {
    private let number: Int32
    /// What error sentences call it.
    private let name: String

    /// Standard output.
    public static let standardOutput = OutputDescriptor(number: STDOUT_FILENO, name: "standard output")
    /// Standard error.
    public static let standardError = OutputDescriptor(number: STDERR_FILENO, name: "standard error")

    /// The open descriptor `number`, which error sentences call `name`. It stays open.
    package init(number: Int32, name: String) {
        self.number = number
        self.name = name
    }

    /// Writes all of `bytes`, with as many calls of write(2) as that takes. Waits if the descriptor does not block, as
    /// a shared terminal may.
    public func write(_ bytes: [UInt8]) throws(OutputError) {
        var written = 0
        do throws(SystemError) {
            while written < bytes.count {
                let count = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe systemWrite(number, UnsafeRawBufferPointer(rebasing: buffer[written...]))
                }
                if let count = try systemResult(count) {
                    written += count
                } else {
                    _ = try systemWaitUntilWritable(number)
                }
            }
        } catch {
            throw error == .brokenPipe ? .closed : .failed("\(name): cannot write: \(error)")
        }
    }

    /// Whether it is a terminal (isatty(3)).
    public var isTerminal: Bool { isatty(number) == 1 }

    /// Whether to use colors: the environment decides (`NO_COLOR`, `CLICOLOR_FORCE`, `CLICOLOR`), and without it, whether
    /// this is a terminal that supports them.
    public var wantsColor: Bool { ColorRule.wantsColor(isTerminal: isTerminal, ColorRule.variable) }

    /// The columns that lines may have: `COLUMNS` if it is set to a number above 0, otherwise those of the terminal; nil: any
    /// number, because this is no terminal.
    package var lineLimit: Int? {
        if let columns = ColorRule.variable("COLUMNS").flatMap({ Int($0) }), columns > 0 { return columns }
        return isTerminal ? columns : nil
    }

    /// Lines of the terminal; 24 if unknown (ioctl_tty(2)).
    package var lines: Int {
        var size = winsize()
        guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// Columns of the terminal; 80 if unknown (ioctl_tty(2)).
    public var columns: Int {
        var size = winsize()
        guard unsafe ioctl(number, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}

// `write` in the type above is its own method.
private func systemWrite(_ number: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe write(number, bytes.baseAddress, bytes.count)
}
