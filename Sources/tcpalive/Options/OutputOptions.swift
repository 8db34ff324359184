public import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
public import Wire

/// How to report, and whose marks.
struct OutputOptions: ParsableArguments {
    /// Which connections the table lists.
    enum Connections: String, CaseIterable, ExpressibleByArgument {
        case notable, all
    }

    @Option(help: "Wireshark version whose marks to use; they differ in a few corner cases.")
    var wireshark = WiresharkVersion.newest

    /// The formats of a report.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case text, json, jsonl, csv, tsv

        /// How a table separates cells; nil: the format is no table.
        fileprivate var tableSyntax: TableSyntax? {
            switch self {
            case .csv: .csv
            case .tsv: .tsv
            case .text, .json, .jsonl: nil
            }
        }
    }

    @Option(name: .customLong("format"), help: "Report format (default: text).")
    var chosenFormat: Format?

    @Option(
        name: .customLong("records"),
        help: "Rows of --format csv or tsv; the columns have the names of the JSON members (default: connections).")
    var chosenRecords: TableRecords?

    @Flag(help: "Print only frame numbers and Wireshark's marks, one frame per line.")
    var marks = false

    @Flag(name: .customShort("q"), help: "Print only the connections, findings and summary.")
    var isQuiet = false

    @Option(
        help: "Connections to list: those with keep-alives, findings or long idle periods, or all.")
    var connections = Connections.notable

    /// The format that the options amount to.
    var format: ReportFormat {
        if marks { return .marks }
        let chosen = chosenFormat ?? .text
        if let syntax = chosen.tableSyntax { return .table(TableFormat(chosenRecords ?? .connections, syntax)) }
        return chosen == .json ? .json : chosen == .jsonl ? .jsonl : .text
    }

    func validate() throws {
        if marks {
            if let chosenFormat, chosenFormat != .tsv {
                throw ValidationError("--marks means --format tsv, not \(chosenFormat.rawValue).")
            }
            if let chosenRecords {
                throw ValidationError("--marks has its own columns: omit --records \(chosenRecords.rawValue).")
            }
            if isQuiet { throw ValidationError("-q would leave nothing of --marks.") }
            if connections == .all { throw ValidationError("--marks lists no connections.") }
        }
        guard case .table(let table) = format else {
            if chosenRecords != nil, !marks { throw ValidationError("--records requires --format csv or tsv.") }
            return
        }
        if table.records == .events, isQuiet { throw ValidationError("-q would leave nothing of --records events.") }
        // The idle times of a path are those of the connections that are listed.
        if [.events, .summary].contains(table.records), connections == .all {
            throw ValidationError("--records \(table.records.rawValue) lists no connections: omit --connections all.")
        }
    }

    /// Whether the format has verdicts on connections, or what they show about paths.
    var listsConnections: Bool {
        switch format {
        case .text, .json, .jsonl: true
        case .marks: false
        case .table(let table): table.records == .connections || table.records == .paths
        }
    }

    /// A reporter to `descriptor`, in `style`; with `namesFiles`, where frame numbers alone would be ambiguous; one that
    /// `printsTimelines` of connections, or `keepsEvents` for other reports, in `memory` bytes. `isFiltered`: a filter leaves out packets of the files.
    func reporter(
        _ style: TextStyle, namesFiles: Bool, printsTimelines: Bool = false, keepsEvents: Bool = false,
        memory: Int, isFiltered: Bool = false, to descriptor: OutputDescriptor = .standardOutput
    ) -> Reporter {
        Reporter(
            format: format, to: Output(to: descriptor), showsEvents: !isQuiet, namesFiles: namesFiles,
            style: style, printsTimelines: printsTimelines,
            keepsEvents: keepsEvents, memory: memory,
            isFiltered: isFiltered)
    }
}

extension TableRecords: ExpressibleByArgument {}
extension WiresharkVersion: ExpressibleByArgument {
    /// The version that a user writes, as in `4.4`.
    public init?(argument: String) {
        self.init(name: argument)
    }

    /// The versions as `--help` lists them.
    public static var allValueStrings: [String] { allCases.map(\.name) }

    /// The version as `--help` shows the default.
    public var defaultValueDescription: String { name }
}
