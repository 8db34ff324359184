/// Text in the making: UTF-8 octets that every formatter of this module appends to.
///
/// Numbers go straight to octets, so that a line costs no `String`. Reused, it allocates nothing.
public struct TextBuffer: Sendable {
    /// The text so far, in UTF-8.
    public private(set) var octets: [UInt8] = []

    /// An empty text.
    public init() {}

    /// Octets of text so far.
    public var count: Int { octets.count }

    /// The text as a string.
    public var string: String { String(decoding: octets, as: UTF8.self) }

    /// Forgets the text and keeps the room.
    public mutating func removeAll() {
        octets.removeAll(keepingCapacity: true)
    }

    /// Appends `text` as it is.
    public mutating func append(_ text: String) {
        octets.append(contentsOf: text.utf8)
    }

    /// Appends one octet.
    mutating func append(octet: UInt8) {
        octets.append(octet)
    }

    /// Appends `number` in decimal, with `fill` in front up to `width` columns.
    mutating func append(_ number: UInt64, width: Int = 1, fill: UInt8 = UInt8(ascii: " ")) {
        var digits = 1
        var rest = number
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        let end = octets.count + max(width, digits)
        octets.append(contentsOf: repeatElement(fill, count: end - octets.count))
        rest = number
        for place in 1...digits {
            octets[end - place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    /// Appends `number` in decimal, with zeros in front up to `width` digits.
    mutating func append(zeros number: UInt64, width: Int) {
        append(number, width: width, fill: UInt8(ascii: "0"))
    }

    /// Appends `number` in decimal, with its sign when it is negative.
    mutating func append(signed number: Int64) {
        if number < 0 { append(octet: UInt8(ascii: "-")) }
        append(number.magnitude)
    }

    /// Appends `number` and what it counts: "1 packet", "2 packets".
    mutating func append(_ number: UInt64, of noun: String) {
        append(number)
        append(" ")
        append(noun)
        if number != 1 { append("s") }
    }

    /// Appends the number `nibble`, 0 to 15, as a hexadecimal digit.
    mutating func append(hex nibble: UInt8) {
        append(octet: nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
    }

    /// Appends spaces until the text is `column` octets long from `start` on.
    mutating func pad(to column: Int, from start: Int) {
        let missing = start + column - octets.count
        if missing > 0 { octets.append(contentsOf: repeatElement(UInt8(ascii: " "), count: missing)) }
    }

    /// Appends the text of `other`.
    mutating func append(_ other: TextBuffer) {
        octets.append(contentsOf: other.octets)
    }

    /// Takes away the spaces at the end.
    mutating func trimEnd() {
        while octets.last == UInt8(ascii: " ") { octets.removeLast() }
    }

    /// Appends text of unknown origin: control characters, which a terminal or a table would obey, become `\xNN`.
    public mutating func append(printable text: String) {
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0:
                append("\\x")
                append(hex: UInt8(scalar.value) >> 4)
                append(hex: UInt8(scalar.value) & 15)
            default:
                octets.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
    }
}
