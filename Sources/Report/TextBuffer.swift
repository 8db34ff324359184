/// A buffer of UTF-8 to which all formatters of this module append.
///
/// Numbers are written as bytes, without a `String`. A buffer that is reused does not allocate.
package struct TextBuffer: Sendable {
    /// The text so far, in UTF-8.
    package private(set) var bytes: [UInt8] = []

    /// An empty text.
    package init() {}

    /// The length of the text (bytes).
    package var count: Int { bytes.count }

    /// The text as a string.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The text that `write` appends to an empty buffer.
    static func string(_ write: (inout TextBuffer) -> Void) -> String {
        var text = TextBuffer()
        write(&text)
        return text.string
    }

    /// Removes the text and keeps the capacity.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Removes the text from offset `start` on.
    mutating func removeAll(from start: Int) {
        bytes.removeSubrange(start...)
    }

    /// Removes spaces at the ends of lines from offset `start` on.
    mutating func trimLines(from start: Int) {
        var end = start
        for index in start..<bytes.count {
            if bytes[index] == UInt8(ascii: "\n") {
                while end > start, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
            }
            bytes[end] = bytes[index]
            end += 1
        }
        bytes.removeSubrange(end...)
    }

    /// Inserts `text` at `offset`.
    mutating func insert(_ text: String, at offset: Int) {
        bytes.insert(contentsOf: text.utf8, at: offset)
    }

    /// Appends `text` as it is.
    package mutating func append(_ text: String) {
        // In one piece: byte by byte, strings take a third of the time of a long report.
        var text = text
        text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
    }

    /// Appends one byte.
    mutating func append(byte: UInt8) {
        bytes.append(byte)
    }

    /// Appends `number` in decimal, right-aligned with `fill` to `width` columns.
    mutating func append(_ number: UInt64, width: Int = 1, fill: UInt8 = UInt8(ascii: " ")) {
        if number < 10, width <= 1 { return append(byte: UInt8(ascii: "0") + UInt8(number)) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var count = 0
        var rest = number
        repeat {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            digits[count] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            count += 1
            rest = quotient
        } while rest > 0
        bytes.append(addingCapacity: max(width, count)) { output in
            for _ in 0..<max(0, width - count) { output.append(fill) }
            while count > 0 {
                count -= 1
                output.append(digits[count])
            }
        }
    }

    /// Appends `number` in decimal, with leading zeros up to `width` digits.
    mutating func append(zeros number: UInt64, width: Int) {
        append(number, width: width, fill: UInt8(ascii: "0"))
    }

    /// Appends `number` in decimal, with a sign if it is negative.
    mutating func append(signed number: Int64) {
        if number < 0 { append(byte: UInt8(ascii: "-")) }
        append(number.magnitude)
    }

    /// Appends `number` in decimal, with commas between groups of three digits: `1,234,567`.
    ///
    /// For counts in text. Numbers in JSON, times, ports, frames and sequence numbers have no separators.
    mutating func append(grouped number: UInt64) {
        if number < 1000 { return append(number) }
        append(grouped: number / 1000)
        append(byte: UInt8(ascii: ","))
        append(zeros: number % 1000, width: 3)
    }

    /// Appends `number` and what it counts: `1 packet`, `1,234 packets`.
    mutating func append(_ number: UInt64, of noun: String) {
        append(grouped: number)
        append(" ")
        append(noun)
        if number != 1 { append("s") }
    }

    /// Appends `nibble`, 0 to 15, as a hexadecimal digit.
    mutating func append(hex nibble: UInt8) {
        append(byte: nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
    }

    /// Appends spaces until `column` bytes follow the offset `start`.
    mutating func pad(to column: Int, from start: Int) {
        let missing = start + column - bytes.count
        guard missing > 0 else { return }
        bytes.append(addingCapacity: missing) { output in
            for _ in 0..<missing { output.append(UInt8(ascii: " ")) }
        }
    }

    /// Appends `width` spaces, into which `write` writes cells.
    mutating func append(row width: Int, _ write: (inout MutableSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: width) { output in
            output.append(repeating: UInt8(ascii: " "), count: width)
            var row = output.mutableSpan
            write(&row)
        }
    }

    /// Appends the text of `other`.
    mutating func append(_ other: TextBuffer) {
        bytes.append(contentsOf: other.bytes)
    }

    /// Appends the bytes of UTF-8 that `body` writes, at most `count`.
    mutating func append(addingCapacity count: Int, _ body: (inout OutputSpan<UInt8>) -> Void) {
        bytes.append(addingCapacity: count, initializingWith: body)
    }
}
