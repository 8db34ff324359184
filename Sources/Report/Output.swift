public import Capture

/// Where a report goes: text that is collected and written out in large pieces.
public struct Output: ~Copyable {
    /// Where the text is written; nil: nowhere, it stays in `text`.
    private let descriptor: OutputDescriptor?

    /// The text that was not written yet.
    public private(set) var text = TextBuffer()

    /// Bytes of text that are worth a system call.
    private static let fullCount = 1 << 16

    /// An output to `descriptor`, or one that keeps its text.
    public init(to descriptor: OutputDescriptor?) {
        self.descriptor = descriptor
    }

    /// Has `body` append one record, and writes the text out when enough of it has come together.
    mutating func write(_ body: (inout TextBuffer) -> Void) throws(OutputError) {
        body(&text)
        if text.count >= Self.fullCount { try flush() }
    }

    /// Writes out what there is.
    public mutating func flush() throws(OutputError) {
        guard let descriptor else { return }
        try descriptor.write(text.bytes)
        text.removeAll()
    }
}
