import KeepAlive
import Wire

/// What writes the members of a record: a JSON object, or a row of a table.
///
/// The records call it with the same names and values, so that all formats have the same data. Unknown values are not
/// written.
protocol RecordWriter {
    /// Begins a record of `type`.
    mutating func beginRecord(_ type: String)
    /// Ends the record.
    mutating func endRecord()

    /// Writes a member whose value `write` appends as it is: a number or a truth.
    mutating func member(_ name: String, plain write: (inout TextBuffer) -> Void)
    /// Writes a member whose value `write` appends: text that needs no escapes.
    mutating func member(_ name: String, word write: (inout TextBuffer) -> Void)
    /// Writes a member with any text.
    mutating func member(_ name: String, _ text: String)
    /// Writes the members `PREFIXip` and `PREFIXport`.
    mutating func members(_ prefix: String, _ endpoint: Endpoint)

    /// Writes a list of names.
    mutating func member(_ name: String, _ marks: Marks)
    /// Writes a list of texts.
    mutating func member(_ name: String, _ texts: [String])
    /// Writes a list of numbers.
    mutating func member(_ name: String, _ numbers: [Int64])
    /// Writes counts, each with a name.
    mutating func member(_ name: String, _ counts: [(name: String, value: UInt64)])
    /// Writes a list of `count` objects, of which `write` appends one in JSON.
    mutating func member(_ name: String, count: Int, _ write: (inout TextBuffer, Int) -> Void)
}

extension RecordWriter {
    /// Writes a member whose value is a number.
    mutating func member(_ name: String, _ number: UInt64) {
        member(name, plain: { $0.append(number) })
    }

    /// Writes a member whose value is a time or a duration in nanoseconds.
    mutating func member(_ name: String, nanoseconds: Int64) {
        member(name, plain: { $0.append(signed: nanoseconds) })
    }

    /// Writes a member whose value is a duration of `nanoseconds`, 0 or more, in seconds with nine decimal digits.
    mutating func member(_ name: String, seconds nanoseconds: Int64) {
        member(name, plain: { $0.append(seconds: nanoseconds) })
    }

    /// Writes a member whose value is a time in the form of RFC 3339.
    mutating func member(_ name: String, timestamp: Int64) {
        member(name, word: { $0.append(timestamp: timestamp) })
    }

    /// Writes a member whose value is true or false.
    mutating func member(_ name: String, _ truth: Bool) {
        member(name, plain: { $0.append(truth ? "true" : "false") })
    }

    /// Writes a member whose value is an address.
    mutating func member(_ name: String, _ address: IPAddress) {
        member(name, word: { $0.append(address) })
    }
}
