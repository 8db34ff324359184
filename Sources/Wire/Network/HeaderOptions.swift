/// The options of an IPv4 or TCP header, one after the other (RFC 791 3.1, RFC 9293 3.2).
///
/// The walk ends at the end-of-list option, and at one whose length is below 2 or runs past the header.
struct HeaderOptions {
    private var place: Int
    private let end: Int

    /// One option of more than one byte.
    struct Option {
        var kind: UInt8
        /// Bytes with kind and length themselves, at least 2.
        var length: Int
        /// Where its kind stands.
        var place: Int
    }

    /// The options in the bytes from `first` to `end`, all of them captured.
    init(from first: Int, to end: Int) {
        place = first
        self.end = end
    }

    /// The next option that is more than padding; nil at the end.
    mutating func next(_ bytes: RawSpan) -> Option? {
        while place < end, bytes.byte(place) == 1 { place += 1 }
        guard place + 1 < end, bytes.byte(place) != 0 else { return nil }
        let length = Int(bytes.byte(place + 1))
        guard length >= 2, place + length <= end else { return nil }
        defer { place += length }
        return Option(kind: bytes.byte(place), length: length, place: place)
    }
}
