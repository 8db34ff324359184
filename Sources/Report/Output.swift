package import Platform

/// The output of a report: text that is collected and written in large pieces.
package struct Output: ~Copyable {
    /// Where the text is written; nil: it stays in `text`.
    private let descriptor: OutputDescriptor?

    /// The text that is not written yet.
    package private(set) var text = TextBuffer()

    /// Bytes of text after which it is written.
    private static let fullCount = 1 << 16

    /// An output to `descriptor`; with nil it keeps its text.
    package init(to descriptor: OutputDescriptor?) {
        self.descriptor = descriptor
    }

    /// Appends a record with `body`, and writes the text if there is enough of it.
    package mutating func write(_ body: (inout TextBuffer) -> Void) throws(OutputError) {
        body(&text)
        if text.count >= Self.fullCount { try flush() }
    }

    /// Writes the text so far.
    package mutating func flush() throws(OutputError) {
        guard let descriptor else { return }
        try descriptor.write(text.bytes)
        text.removeAll()
    }
}
