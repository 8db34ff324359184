import ArgumentParser
import Capture
import KeepAlive
import Report
import Wire

/// `tcpalive extract`: the packets that tell what came of the keep-alives, and no others.
struct Extract: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Writes the keep-alives of saved captures, with comments, to a small capture.",
        discussion: """
            Reads captures as `analyze` does and writes, to a pcapng file, every segment that `analyze` prints, with \
            a comment that says the same, and the verdict (frame.comment in Wireshark); the packets on which its marks rest, which are \
            the last of either end before it; and, of connections that have such segments, the handshake and the \
            close: SYN, FIN, RST and their acknowledgments. All other packets and connections are left out. \
            Comments are by the whole capture.

            The captures are read twice, so that they must be files and cannot be standard input or a pipe. The file \
            appears when it is complete; - is standard output.

            Examples:
              tcpalive extract capture.pcapng -w keepalives.pcapng
              tcpalive extract monday.pcap tuesday.pcap port 5432 -w keepalives.pcapng
              tcpalive extract --snaplen 128 capture.pcapng -w headers.pcapng
              tcpalive extract capture.pcapng -w - | wireshark -k -i -

            Exit status:
              0   as expected, also where there was nothing to extract
              2   could not run: no such file, a wrong filter; nothing is written
              3   the input is damaged; what could be read was written
              64  the command line is wrong
            """)

    @OptionGroup(title: "Input")
    var input: InputOptions

    @OptionGroup(title: "File")
    var writing: WritingOptions

    @Option(help: "The version of Wireshark whose marks are wanted; they differ in a few corners.")
    var wireshark = WiresharkVersion.newest

    func validate() throws {
        if writing.file == nil { throw ValidationError("No file to write is named: give -w FILE.") }
        do {
            let files = try input.resolved().files
            if files.contains("-") {
                throw ValidationError(
                    "extract reads its captures twice, and standard input can be read only once: save it to a file.")
            }
            try writing.check(against: files)
        } catch is CaptureError {
            // Not the command line is wrong, but the world: `run` tells that.
        }
    }

    func run() throws {
        Signals.catchStops()
        try exitingOnFailure { try extract() }
    }

    private func extract() throws {
        let source = try input.resolved()
        for path in source.files where !SavedCaptures.isRereadable(path) {
            throw CaptureError("\(path) is no regular file, and extract reads its captures twice: save it to a file")
        }
        var writer = try writing.writer()
        var excerpt = Excerpt()
        let captures = SavedCaptures(files: source.files, filter: source.filter, version: wireshark)
        let survey = try captures.read(packetLimit: input.packetLimit, tellsPlaces: true) { _, analysis in
            analysis.survey(for: &excerpt)
        }
        let conclusions = CommentedConclusions(survey)
        excerpt.rewind()
        var written = 0
        let writing = try captures.read(packetLimit: input.packetLimit, tellsPlaces: true) { file, analysis in
            analysis.describe(file, to: &writer)
            written += try analysis.write(&excerpt, conclusions, to: &writer)
        }
        try writer?.finish()
        let summary = writing.summary
        complain(
            "wrote \(written) of \(summary.tally.packets) packets; \(excerpt.connectionCount) of "
                + "\(summary.counts.connections) connections have keep-alives")
        for (_, damage) in summary.damaged { complain(damage.sentence) }
        if !summary.damaged.isEmpty { throw ExitStatus.damagedInput }
    }
}
