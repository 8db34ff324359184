/// The options of an IPv4 or TCP header (RFC 791 3.1, RFC 9293 3.2).
///
/// Iteration ends at the end-of-list option, and at an option whose length is below 2 or exceeds the header.
struct HeaderOptions {
    private var offset: Int
    private let end: Int

    /// An option of more than one byte.
    struct Option {
        var kind: UInt8
        /// Length in bytes including kind and length, at least 2.
        var length: Int
        /// Offset of its kind.
        var start: Int
    }

    /// The options in the bytes `range`, all of them captured.
    init(_ range: Range<Int>) {
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The next option that is not padding; nil at the end.
    mutating func next(_ bytes: RawSpan) -> Option? {
        while offset < end, bytes.byte(offset) == 1 { offset += 1 }
        guard offset + 1 < end, bytes.byte(offset) != 0 else { return nil }
        let length = Int(bytes.byte(offset + 1))
        guard length >= 2, offset + length <= end else { return nil }
        defer { offset += length }
        return Option(kind: bytes.byte(offset), length: length, start: offset)
    }
}
