import Wire

/// The members of a JSON object (RFC 8259), each with the comma before it.
///
/// Integers are exact. `ts_ns` needs 61 bits: a reader that stores numbers as doubles should use `ts`.
extension TextBuffer {
    /// Appends `{"type":"NAME"`. Members and `}` follow.
    mutating func beginRecord(_ type: String) {
        append("{\"type\":\"")
        append(type)
        append("\"")
    }

    /// Appends `,"name":`.
    mutating func member(_ name: String) {
        append(",\"")
        append(name)
        append("\":")
    }

    /// Appends a member whose value is a number.
    mutating func member(_ name: String, _ number: UInt64) {
        member(name)
        append(number)
    }

    /// Appends a member whose value is a time in nanoseconds.
    mutating func member(_ name: String, nanoseconds: Int64) {
        member(name)
        append(signed: nanoseconds)
    }

    /// Appends a member whose value is a duration of `nanoseconds`, 0 or more, in seconds with nine decimal digits.
    mutating func member(_ name: String, seconds nanoseconds: Int64) {
        member(name)
        append(seconds: nanoseconds)
    }

    /// Appends a duration of `nanoseconds`, 0 or more, in seconds with nine decimal digits.
    mutating func append(seconds nanoseconds: Int64) {
        append(nanoseconds.magnitude / 1_000_000_000)
        append(".")
        append(zeros: nanoseconds.magnitude % 1_000_000_000, width: 9)
    }

    /// Appends a member whose value is a time in the form of RFC 3339.
    mutating func member(_ name: String, timestamp: Int64) {
        member(name)
        append("\"")
        append(timestamp: timestamp)
        append("\"")
    }

    /// Appends a member whose value is true or false.
    mutating func member(_ name: String, _ truth: Bool) {
        member(name)
        append(truth ? "true" : "false")
    }

    /// Appends a member whose value is a string.
    mutating func member(_ name: String, _ text: String) {
        member(name)
        append(json: text)
    }

    /// Appends the members `PREFIXip` and `PREFIXport`.
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

    /// Appends `text` as a JSON string, with quotes and escapes (RFC 8259 section 7).
    mutating func append(json text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20:
                append("\\u00")
                append(hex: byte >> 4)
                append(hex: byte & 15)
            default: append(byte: byte)
            }
        }
        append("\"")
    }
}
