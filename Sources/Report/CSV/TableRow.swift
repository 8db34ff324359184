import KeepAlive
import Wire

/// A row of a table. The members of a record become cells; those that the record lacks are empty.
///
/// It is reused for all rows, so that a row needs no allocation.
struct TableRow: RecordWriter {
    private let syntax: TableSyntax
    private let columns: [String]
    /// The row so far; with `endRecord`, the line.
    private(set) var text = TextBuffer()
    /// The index of the first column that is not passed yet.
    private var next = 0
    /// The number of separators in `text`.
    private var separators = 0

    /// A row of a table in `format`.
    init(_ format: TableFormat) {
        self.init(columns: format.records.columns, format.syntax)
    }

    /// A row of a table with `columns` in `syntax`.
    init(columns: [String], _ syntax: TableSyntax) {
        self.syntax = syntax
        self.columns = columns
    }

    /// Makes this the line with the names of the columns.
    mutating func writeHeader() {
        beginRecord("")
        for column in columns { member(column, word: { $0.append(column) }) }
        endRecord()
    }

    mutating func beginRecord(_ type: String) {
        text.removeAll()
        (next, separators) = (0, 0)
    }

    mutating func endRecord() {
        separate(upTo: columns.count - 1)
        text.append(byte: UInt8(ascii: "\n"))
    }

    mutating func member(_ name: String, plain write: (inout TextBuffer) -> Void) {
        if begin(name) { write(&text) }
    }

    mutating func member(_ name: String, word write: (inout TextBuffer) -> Void) {
        if begin(name) { write(&text) }
    }

    mutating func member(_ name: String, _ value: String) {
        if begin(name) { text.append(cell: value, syntax) }
    }

    mutating func members(_ prefix: String, _ endpoint: Endpoint) {
        member(prefix + "ip", endpoint.address)
        member(prefix + "port", UInt64(endpoint.port))
    }

    // A semicolon separates the items of a list, because it needs no quotes.

    mutating func member(_ name: String, _ marks: Marks) {
        if begin(name) { text.append(names: marks, quote: "", separator: ";") }
    }

    mutating func member(_ name: String, _ texts: [String]) {
        guard begin(name) else { return }
        text.append(cell: texts.map(TextBuffer.harmless).joined(separator: ";"), syntax)
    }

    mutating func member(_ name: String, _ numbers: [Int64]) {
        guard begin(name) else { return }
        for (index, number) in numbers.enumerated() {
            if index > 0 { text.append(byte: UInt8(ascii: ";")) }
            text.append(signed: number)
        }
    }

    mutating func member(_ name: String, _ counts: [(name: String, value: UInt64)]) {
        for count in counts { member("\(name)_\(count.name)", count.value) }
    }

    mutating func member(_ name: String, count: Int, _ write: (inout TextBuffer, Int) -> Void) {
        member(name, UInt64(count))
    }

    /// Goes on to the column `name`; false: there is none after those that were passed.
    private mutating func begin(_ name: String) -> Bool {
        var column = next
        while column < columns.count, columns[column] != name { column += 1 }
        guard column < columns.count else {
            assertionFailure("\(name) is not a column, or not in this order")
            return false
        }
        separate(upTo: column)
        next = column + 1
        return true
    }

    private mutating func separate(upTo count: Int) {
        while separators < count {
            text.append(byte: syntax.separator)
            separators += 1
        }
    }
}

extension TextBuffer {
    /// Appends a cell with any text.
    ///
    /// Each row stays one line: control characters become `\xNN`, in TSV also `\t`, `\n` and `\r`.
    fileprivate mutating func append(cell value: String, _ syntax: TableSyntax) {
        let value = Self.harmless(value)
        switch syntax {
        case .csv:
            guard value.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") }) else {
                return append(printable: value)
            }
            append(byte: UInt8(ascii: "\""))
            var isFirst = true
            for piece in value.split(separator: "\"", omittingEmptySubsequences: false) {
                if !isFirst { append("\"\"") }
                isFirst = false
                append(printable: String(piece))
            }
            append(byte: UInt8(ascii: "\""))
        case .tsv:
            guard value.utf8.contains(where: { $0 < 0x20 || $0 == UInt8(ascii: "\\") }) else {
                return append(printable: value)
            }
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\t": append("\\t")
                case "\n": append("\\n")
                case "\r": append("\\r")
                case "\\": append("\\\\")
                default: append(printable: String(scalar))
                }
            }
        }
    }

    /// `value`, with `./` before it if it begins like a formula of a spreadsheet.
    ///
    /// Only names of files come from outside, and `./=name` is the same file. `-` alone is standard input.
    fileprivate static func harmless(_ value: String) -> String {
        switch value.utf8.first {
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"):
            value.utf8.count > 1 ? "./" + value : value
        default: value
        }
    }
}
