import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Rows of tables")
struct TableRowTests {
    private static func event(number: UInt64 = 0) -> SegmentEvent {
        let segment = Segment(time: 1, source: Samples.client, destination: Samples.server)
        return SegmentEvent(segment: segment, marks: [.keepAlive, .zeroWindowProbe], kind: .probe, connection: number)
    }

    /// The cells of the event of a file.
    private static func cells(_ syntax: TableSyntax, file: String) -> String {
        var row = TableRow(TableFormat(.events, syntax))
        row.appendRecord(event(), frame: 7, file: file, hasStreamNumbers: false)
        return row.text.string
    }

    @Test(
        "A name from outside cannot end its cell or its row, nor be a formula",
        arguments: [
            ("plain.pcap", "plain.pcap", "plain.pcap"), ("a,b", "\"a,b\"", "a,b"), ("a\"b", "\"a\"\"b\"", "a\"b"),
            ("a\nb", "a\\x0ab", "a\\nb"), ("a\tb", "a\\x09b", "a\\tb"), ("a\rb", "a\\x0db", "a\\rb"),
            ("a\\b", "a\\b", "a\\\\b"), ("\u{1B}[31m", "\\x1b[31m", "\\x1b[31m"), ("=cmd", "./=cmd", "./=cmd"),
            ("@SUM(1,2)", "\"./@SUM(1,2)\"", "./@SUM(1,2)"), ("-", "-", "-"), ("+1", "./+1", "./+1"),
            ("\"", "\"\"\"\"", "\""),
        ])
    func escapes(name: String, csv: String, tsv: String) {
        #expect(
            Self.cells(.csv, file: name).hasPrefix(csv + ",7,,1,1970-01-01T00:00:00.000000001Z,4,192.0.2.10,40000,"))
        #expect(Self.cells(.tsv, file: name).hasPrefix(tsv + "\t7\t\t1\t1970-01-01T00:00:00.000000001Z\t4\t"))
    }

    @Test("Every row has a cell for each column, and unknown values are empty", arguments: [TableSyntax.csv, .tsv])
    func width(syntax: TableSyntax) {
        let format = TableFormat(.connections, syntax)
        var row = TableRow(format)
        let separator = Character(Unicode.Scalar(syntax.separator))
        for diagnosis in [Samples.diagnosis(), Samples.diagnosis(9, to: Samples.client)] {
            row.appendRecord(diagnosis, files: ["a", "b"])
            // The sentences of these connections have no comma.
            let cells = row.text.string.dropLast().split(separator: separator, omittingEmptySubsequences: false)
            #expect(cells.count >= format.records.columns.count && cells[1].isEmpty)
            #expect(cells[0] == "\(diagnosis.connection.number)" && row.text.string.hasSuffix("\n"))
        }
    }

    @Test("Columns are unique, and the header has all of them", arguments: TableRecords.allCases)
    func columns(records: TableRecords) {
        #expect(Set(records.columns).count == records.columns.count)
        var row = TableRow(TableFormat(records, .tsv))
        row.writeHeader()
        #expect(row.text.string == records.columns.joined(separator: "\t") + "\n")
    }

    @Test("Items of a list are separated by semicolons")
    func lists() {
        #expect(Self.cells(.csv, file: "a").contains(",keep_alive;zero_window_probe,probe,"))
        var row = TableRow(TableFormat(.summary, .csv))
        var summary = Summary(version: .newest)
        summary.files = ["a", "=b", "c,d"]
        row.appendRecord(summary)
        #expect(row.text.string.contains(",\"a;./=b;c,d\",0,0,"))
    }

    @Test("The events of a watch are written as they come, below one header")
    func live() throws {
        var reporter = Reporter(format: .table(TableFormat(.events, .csv)), to: Output(to: nil))
        try reporter.begin(file: "eth0")
        #expect(reporter.pendingText.hasPrefix("file,frame,"))
        try reporter.event(Self.event(), frame: 1)
        try reporter.event(Self.event(number: 1), frame: 2)
        #expect(reporter.pendingText.split(separator: "\n").count == 3)
        let wanted = (reporter.wantsEvents, reporter.wantsFindings)
        #expect(wanted == (true, false))
        let connections = Reporter(format: .table(TableFormat(.connections, .csv)), to: Output(to: nil))
        let wantsEvents = connections.wantsEvents
        #expect(!wantsEvents)
    }
}
