/// A table with a header: one kind of record, one per line.
package struct TableFormat: Sendable, Equatable {
    /// The records that are its rows.
    package var records: TableRecords
    /// How cells are separated and escaped.
    package var syntax: TableSyntax

    /// A table of `records` in `syntax`.
    package init(_ records: TableRecords, _ syntax: TableSyntax) {
        self.records = records
        self.syntax = syntax
    }
}

/// The records that a table can have.
package enum TableRecords: String, CaseIterable, Sendable {
    case events, connections, paths, summary
}

/// How the cells of a table are separated and escaped. A line ends with LF, and no cell contains a line break.
package enum TableSyntax: Sendable {
    /// RFC 4180: commas; a cell with a comma or a quote is in quotes.
    case csv
    /// Tabs; in a cell, `\t`, `\n`, `\r` and `\\` stand for tab, LF, CR and backslash.
    case tsv

    /// The byte between cells.
    var separator: UInt8 { self == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t") }
}
