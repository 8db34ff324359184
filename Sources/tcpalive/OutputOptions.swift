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

    @Option(name: .customLong("format"), help: "Report format (default: text).")
    var chosenFormat: ReportFormat?

    @Flag(help: "Print only frame numbers and Wireshark's marks, one frame per line: short for --format tsv.")
    var marks = false

    @Flag(name: .customShort("q"), help: "Print only the connections, findings and summary.")
    var isQuiet = false

    @Option(
        help: "Connections to list: those with keep-alives, findings or long idle periods, or all.")
    var connections = Connections.notable

    /// The format that the options amount to.
    var format: ReportFormat { chosenFormat ?? (marks ? .tsv : .text) }

    func validate() throws {
        if marks, format != .tsv { throw ValidationError("--marks means --format tsv, not \(format.rawValue).") }
        if format == .tsv, isQuiet { throw ValidationError("-q would leave nothing of --format tsv.") }
        if format == .tsv, connections == .all { throw ValidationError("--format tsv lists no connections.") }
    }

    /// Whether the format has verdicts on connections.
    var listsConnections: Bool { format != .tsv }

    /// A reporter to standard output, in `style`; with `namesFiles`, where frame numbers alone would be ambiguous; one that
    /// `printsTimelines` of connections, or `keepsEvents` for other reports. `isFiltered`: a filter leaves out packets of the files.
    func reporter(
        _ style: TextStyle, namesFiles: Bool, printsTimelines: Bool = false, keepsEvents: Bool = false,
        isFiltered: Bool = false
    ) -> Reporter {
        Reporter(
            format: format, to: Output(to: .standardOutput), showsEvents: !isQuiet, namesFiles: namesFiles,
            style: style, printsTimelines: printsTimelines,
            keepsEvents: keepsEvents,
            isFiltered: isFiltered)
    }
}

extension ReportFormat: ExpressibleByArgument {}
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
