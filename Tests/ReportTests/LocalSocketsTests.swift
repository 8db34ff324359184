import KeepAlive
import Sockets
import Testing
import Wire

@testable import Report

/// Processes and options of local sockets in reports.
@Suite("Local sockets")
struct LocalSocketsTests {
    private static let end = LocalSockets.End(3, Samples.client)
    private static let options = KeepAliveOptions(isEnabled: true, idle: 60, interval: 15, count: 4, userTimeout: 0)

    private static func socket(_ options: KeepAliveOptions? = options, process: Int32? = 812) -> InspectedSocket {
        InspectedSocket(
            cookie: 1, process: process, program: process.map { _ in "psql" }, isOn: options?.isEnabled ?? true,
            options: options)
    }

    private static var sockets: LocalSockets {
        var sockets = LocalSockets()
        _ = sockets.update(end, socket(), at: 0)
        return sockets
    }

    @Test("A socket that becomes known, another process and other options are news; the same again is none")
    func news() {
        var sockets = LocalSockets()
        let isNews1 = sockets.update(Self.end, Self.socket(), at: 0)
        #expect(isNews1)
        let isNews2 = sockets.update(Self.end, Self.socket(), at: 0)
        #expect(!isNews2)
        #expect(sockets[Self.end]?.before == nil)
        var other = Self.options
        other.interval = 20
        let isNews3 = sockets.update(Self.end, Self.socket(other), at: 0)
        #expect(isNews3)
        #expect(sockets[Self.end]?.socket.options == other && sockets[Self.end]?.before == Self.options)
        let isNews4 = sockets.update(Self.end, Self.socket(other, process: 813), at: 0)
        #expect(isNews4)
    }

    @Test("What was known remains if the process is gone or its socket cannot be read any more")
    func remains() {
        var sockets = Self.sockets
        let isNews5 = sockets.update(Self.end, InspectedSocket(cookie: 1, isOn: false), at: 0)
        #expect(!isNews5)
        #expect(sockets[Self.end]?.socket == Self.socket() && sockets[Self.end]?.before == nil)
    }

    @Test("Another socket on the same ports is not that of the connection")
    func reused() {
        var sockets = Self.sockets
        let isNews6 = sockets.update(Self.end, InspectedSocket(cookie: 2, process: 1, program: "other"), at: 0)
        #expect(!isNews6)
        #expect(sockets[Self.end]?.socket == Self.socket())
    }

    @Test("The table has columns for process and settings, and no line ends with spaces")
    func table() {
        let diagnosis = Samples.diagnosis()
        for sockets in [Self.sockets, LocalSockets()] {
            var table = ConnectionText(TextStyle(), sockets: sockets)
            table.measure(diagnosis)
            let text = Samples.text {
                table.appendHead(of: 1, to: &$0)
                table.append(diagnosis, to: &$0)
                table.appendFoot(to: &$0)
            }
            #expect(text.contains("  process    keep-alive  first") == !sockets.isEmpty, "\(text)")
            #expect(text.contains("  psql[812]  60/15/4     ") == !sockets.isEmpty, "\(text)")
            #expect(!text.contains(" \n"), "\(text)")
        }
    }

    @Test("Blocks and lines of findings name the socket")
    func findings() {
        let finding = Samples.finding(.peerDead)
        let block = Samples.text {
            $0.append(block: finding, in: Samples.diagnosis(), files: ["eth0"], sockets: Self.sockets)
        }
        #expect(block.contains("\n   Socket at 192.0.2.10:40000: psql[812], keep-alive 60/15/4\n"), "\(block)")
        let line = Samples.text { $0.append(line: finding, in: Samples.diagnosis(), sockets: Self.sockets) }
        #expect(line.contains("  192.0.2.10:40000 (psql[812]) > "), "\(line)")
    }

    @Test("A name with control characters is escaped everywhere")
    func hostileNames() {
        var sockets = LocalSockets()
        _ = sockets.update(
            Self.end,
            InspectedSocket(cookie: 1, process: 9, program: "\u{1B}[2Jx\"", isOn: true, options: Self.options),
            at: 0)
        var table = ConnectionText(TextStyle(), sockets: sockets)
        table.measure(Samples.diagnosis())
        let texts = [
            Samples.text {
                table.appendHead(of: 1, to: &$0)
                table.append(Samples.diagnosis(), to: &$0)
            },
            Samples.text {
                $0.append(
                    block: Samples.finding(.peerDead), in: Samples.diagnosis(), files: ["eth0"], sockets: sockets)
            },
            Samples.text { $0.appendRecord(Samples.diagnosis(), files: ["eth0"], sockets: sockets) },
        ]
        for text in texts { #expect(!text.contains("\u{1B}") && text.contains("[2Jx"), "\(text)") }
    }

    @Test("Records have the members of the audit, with the end before them")
    func records() {
        let record = Samples.text { $0.appendRecord(Samples.diagnosis(), files: ["eth0"], sockets: Self.sockets) }
        #expect(
            record.contains(
                "\"originator_pid\":812,\"originator_process\":\"psql\",\"originator_keepalive\":true,"
                    + "\"originator_idle_s\":60,\"originator_interval_s\":15,\"originator_count\":4,"
                    + "\"originator_settings_from\":\"socket\",\"responder_probes\""), "\(record)")
        var timer = InspectedSocket(cookie: 1, isOn: true)
        timer.reading.idle = 7
        let inferred = Samples.text { $0.members("", timer) }
        #expect(inferred == ",\"keepalive\":true,\"idle_s\":7,\"settings_from\":\"timer\"", "\(inferred)")
        let off = Samples.text { $0.members("", Self.socket(KeepAliveOptions(isEnabled: false, idle: 60))) }
        #expect(off == ",\"pid\":812,\"process\":\"psql\",\"keepalive\":false", "\(off)")
    }

    @Test("A line says what became known, and what was before")
    func line() throws {
        var reporter = Reporter(format: .text, to: Output(to: nil))
        reporter.sockets = Self.sockets
        try reporter.socket(at: Self.end, isNew: true)
        var other = Self.options
        other.userTimeout = 7000
        _ = reporter.sockets.update(Self.end, Self.socket(other), at: 0)
        try reporter.socket(at: Self.end, isNew: false)
        #expect(
            reporter.pendingText == """
                         socket at 192.0.2.10:40000: psql[812], keep-alive 60/15/4
                         socket at 192.0.2.10:40000: psql[812], keep-alive 60/15/4 u7s, before 60/15/4

                """)
        for format in [ReportFormat.json, .jsonl, .marks] {
            var other = Reporter(format: format, to: Output(to: nil))
            other.sockets = Self.sockets
            try other.socket(at: Self.end, isNew: true)
            #expect(other.pendingText.isEmpty)
        }
    }
}
