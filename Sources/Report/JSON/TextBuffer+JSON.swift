import KeepAlive
import Wire

/// The members of a JSON object (RFC 8259), each with the comma before it.
///
/// Integers are exact. `ts_ns` needs 61 bits: a reader that stores numbers as doubles should use `ts`.
extension TextBuffer: RecordWriter {
    /// Appends `{"type":"NAME"`. Members follow.
    mutating func beginRecord(_ type: String) {
        append("{\"type\":\"")
        append(type)
        append("\"")
    }

    /// Appends `}`.
    mutating func endRecord() {
        append("}")
    }

    /// Appends `,"name":`.
    mutating func member(_ name: String) {
        append(",\"")
        append(name)
        append("\":")
    }

    mutating func member(_ name: String, plain write: (inout TextBuffer) -> Void) {
        member(name)
        write(&self)
    }

    mutating func member(_ name: String, word write: (inout TextBuffer) -> Void) {
        member(name)
        append("\"")
        write(&self)
        append("\"")
    }

    mutating func member(_ name: String, _ text: String) {
        member(name)
        append(json: text)
    }

    mutating func members(_ prefix: String, _ endpoint: Endpoint) {
        append(",\"")
        append(prefix)
        append("ip\":\"")
        append(endpoint.address)
        append("\",\"")
        append(prefix)
        append("port\":")
        append(UInt64(endpoint.port))
    }

    mutating func member(_ name: String, _ marks: Marks) {
        member(name)
        append(byte: UInt8(ascii: "["))
        append(names: marks, quote: "\"")
        append(byte: UInt8(ascii: "]"))
    }

    mutating func member(_ name: String, _ texts: [String]) {
        member(name)
        appendArray(texts) { $0.append(json: $1) }
    }

    mutating func member(_ name: String, _ numbers: [Int64]) {
        member(name)
        appendArray(numbers) { $0.append(signed: $1) }
    }

    mutating func member(_ name: String, _ counts: [(name: String, value: UInt64)]) {
        member(name)
        append("{")
        for (index, item) in counts.enumerated() {
            append(index > 0 ? ",\"" : "\"")
            append(item.name)
            append("\":")
            append(item.value)
        }
        append("}")
    }

    mutating func member(_ name: String, count: Int, _ write: (inout TextBuffer, Int) -> Void) {
        member(name)
        appendArray(0..<count, write)
    }

    /// Appends an array, of which `appendItem` appends one item.
    mutating func appendArray<Items: Collection>(
        _ items: Items, _ appendItem: (inout TextBuffer, Items.Element) -> Void
    ) {
        append("[")
        var isFirst = true
        for item in items {
            if !isFirst { append(",") }
            isFirst = false
            appendItem(&self, item)
        }
        append("]")
    }

    /// Appends the names of `marks`, each in `quote`s, with `separator` between them.
    mutating func append(names marks: Marks, quote: String, separator: String = ",") {
        var isFirst = true
        for (mark, name) in Marks.named where marks.contains(mark) {
            if !isFirst { append(separator) }
            isFirst = false
            append(quote)
            append(name)
            append(quote)
        }
    }

    /// Appends a duration of `nanoseconds`, 0 or more, in seconds with nine decimal digits.
    mutating func append(seconds nanoseconds: Int64) {
        append(nanoseconds.magnitude / 1_000_000_000)
        append(".")
        append(zeros: nanoseconds.magnitude % 1_000_000_000, width: 9)
    }

    /// Appends `text` as a JSON string, with quotes and escapes (RFC 8259 section 7).
    ///
    /// Control and invisible characters are escaped, too, because the string may be shown in a terminal.
    mutating func append(json text: String) {
        append("\"")
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": append("\\\"")
            case "\\": append("\\\\")
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case " "..."~": append(byte: UInt8(truncatingIfNeeded: scalar.value))
            default:
                if scalar.isPrintable {
                    append(printable: String(scalar))
                } else {
                    for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                        append("\\u")
                        for shift in [12, 8, 4, 0] {
                            append(hex: UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 15)
                        }
                    }
                }
            }
        }
        append("\"")
    }
}
