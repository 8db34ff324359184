import KeepAlive
import Testing
import Wire

@testable import Report
@testable import Sockets

/// What the audit says about a socket.
@Suite("Assessment of sockets")
struct SocketAssessmentTests {
    /// A connection to `remote`, silent for `heard` seconds, with a timer of `purpose`.
    static func socket(
        _ purpose: ConnectionTimer.Purpose?, heard: UInt32 = 1, unanswered: UInt8 = 0,
        state: SocketState = .established,
        remote: IPAddress = IPAddress(v4: 0xC633_6414)
    ) -> HostSocket {
        let details = HostSocket.Details(
            sinceDataReceived: heard * 1000, sinceAckReceived: heard * 1000, sinceDataSent: heard * 1000,
            retransmissionTimeout: 204_000, roundTrip: 100, retransmissions: 0, unacknowledged: 0, bytesReceived: 9,
            dataSegmentsReceived: 1)
        return HostSocket(
            local: Endpoint(IPAddress(v4: 0xC000_020A), 40000), remote: Endpoint(remote, 443), interface: 0,
            isIPv6: false,
            state: state, timer: purpose, unanswered: unanswered, expires: 12_345, receiveQueue: 0, sendQueue: 0,
            user: 0,
            inode: 1, cookie: 7, details: details, time: .now)
    }

    private static func options(_ idle: Int, _ interval: Int, _ count: Int, user: Int = 0) -> KeepAliveOptions {
        KeepAliveOptions(idle: idle, interval: interval, count: count, userTimeout: user)
    }

    private static func reading(silence: Int) -> TimerReading {
        var reading = TimerReading()
        reading.silence = silence * 1000
        return reading
    }

    private static func reading(inCloseWait: Int) -> TimerReading {
        var reading = TimerReading()
        reading.inCloseWait = inCloseWait * 1000
        return reading
    }

    private struct Case: Sendable {
        var socket: HostSocket
        var options: KeepAliveOptions?
        var reading = TimerReading()
        var path: Int?
        var verdicts: [Verdict]
        var severity: Severity
    }

    private static let loopback = IPAddress(v4: 0x7F00_0001)
    private static let off = KeepAliveOptions(isEnabled: false)

    private static let cases: [Case] = [
        Case(socket: socket(.keepAlive), options: options(60, 15, 4), verdicts: [], severity: .ok),
        Case(socket: socket(nil), verdicts: [.noKeepalive], severity: .notice),
        Case(socket: socket(nil, heard: 239), verdicts: [.noKeepalive], severity: .notice),
        Case(socket: socket(nil, heard: 240), verdicts: [.noKeepalive], severity: .warning),
        Case(socket: socket(nil, heard: 240), path: 900, verdicts: [.noKeepalive], severity: .notice),
        Case(socket: socket(nil, heard: 9999, remote: loopback), verdicts: [], severity: .ok),
        Case(socket: socket(nil, heard: 9999, remote: IPAddress(v6: 0, 1)), verdicts: [], severity: .ok),
        Case(socket: socket(.retransmission), options: off, verdicts: [.noKeepalive], severity: .notice),
        Case(socket: socket(.keepAlive), options: options(239, 15, 4), verdicts: [], severity: .ok),
        Case(socket: socket(.keepAlive), options: options(240, 15, 4), verdicts: [.tooLateForPath], severity: .notice),
        Case(
            socket: socket(.keepAlive), options: options(7200, 75, 9), verdicts: [.tooLateForPath], severity: .warning),
        Case(
            socket: socket(.keepAlive), options: options(350, 75, 9), path: 350, verdicts: [.tooLateForPath],
            severity: .warning),
        Case(socket: socket(.keepAlive), options: options(349, 75, 9), path: 350, verdicts: [], severity: .ok),
        Case(socket: socket(.keepAlive, remote: loopback), options: options(7200, 75, 9), verdicts: [], severity: .ok),
        // The timer alone shows that no probe is sent before.
        Case(
            socket: socket(.keepAlive), reading: reading(silence: 901), verdicts: [.tooLateForPath], severity: .warning),
        Case(socket: socket(.keepAlive), reading: reading(silence: 200), verdicts: [], severity: .ok),
        Case(
            socket: socket(.keepAlive), options: options(30, 31, 4), verdicts: [.intervalExceedsIdle], severity: .notice
        ),
        Case(
            socket: socket(.keepAlive), options: options(5, 3, 4, user: 7000), verdicts: [.userTimeout],
            severity: .warning),
        Case(
            socket: socket(.keepAlive), options: options(5, 3, 4, user: 12_000), verdicts: [.userTimeout],
            severity: .notice),
        Case(socket: socket(.keepAlive), options: options(5, 3, 4, user: 17_000), verdicts: [], severity: .ok),
        Case(socket: socket(.keepAlive, unanswered: 1), verdicts: [.unresponsive], severity: .notice),
        Case(socket: socket(.keepAlive, unanswered: 2), verdicts: [.unresponsive], severity: .warning),
        Case(
            socket: socket(.keepAlive, unanswered: 2, remote: loopback), verdicts: [.unresponsive], severity: .warning),
        Case(socket: socket(.retransmission), verdicts: [], severity: .ok),
        Case(socket: socket(.retransmission, unanswered: 1), verdicts: [.dataInFlight], severity: .notice),
        Case(socket: socket(.retransmission, unanswered: 3), verdicts: [.dataInFlight], severity: .warning),
        Case(socket: socket(.windowProbe, unanswered: 1), verdicts: [.receiverStalled], severity: .notice),
        Case(socket: socket(.windowProbe, unanswered: 3), verdicts: [.receiverStalled], severity: .warning),
        Case(socket: socket(nil, heard: 59, state: .closeWait), verdicts: [], severity: .ok),
        Case(socket: socket(nil, heard: 60, state: .closeWait), verdicts: [.closeWait], severity: .notice),
        Case(socket: socket(nil, heard: 3600, state: .closeWait), verdicts: [.closeWait], severity: .warning),
        // Its peer answers probes.
        Case(
            socket: socket(.keepAlive, heard: 5, state: .closeWait), options: options(20, 10, 9),
            reading: reading(inCloseWait: 59), verdicts: [], severity: .ok),
        Case(
            socket: socket(.keepAlive, heard: 5, state: .closeWait), options: options(20, 10, 9),
            reading: reading(inCloseWait: 60), verdicts: [.closeWait], severity: .notice),
        Case(socket: socket(nil, heard: 9999, state: .listen), verdicts: [], severity: .ok),
        Case(socket: socket(.closing, heard: 9999, state: .timeWait), verdicts: [], severity: .ok),
    ]

    @Test("Each state of a socket has its verdicts and severity", arguments: cases.indices)
    func verdicts(index: Int) {
        let sample = Self.cases[index]
        let assessment = SocketAssessment(sample.socket, sample.reading, sample.options, pathTimeout: sample.path)
        #expect(assessment.findings.map(\.verdict) == sample.verdicts)
        #expect(assessment.severity == sample.severity)
        #expect(assessment.verdict == sample.verdicts.first && assessment.count == sample.verdicts.count)
    }

    @Test("The warnings come before the notices")
    func order() {
        let assessment = SocketAssessment(
            Self.socket(.keepAlive, unanswered: 1), TimerReading(), Self.options(7200, 8000, 9), pathTimeout: nil)
        #expect(assessment.findings.map(\.verdict) == [.tooLateForPath, .unresponsive, .intervalExceedsIdle])
    }

    // MARK: Totals and text

    private static func row(
        _ socket: HostSocket, _ options: KeepAliveOptions? = nil, cookie: UInt64, process: Int32? = 812
    ) -> AuditedSocket {
        var socket = socket
        socket.cookie = cookie
        return AuditedSocket(
            socket, owner: process.map { SocketOwner(process: $0, descriptor: 5) },
            program: process.map { _ in "ng\u{1B}inx" },
            user: "www", namespace: nil, reading: TimerReading(socket), options: options,
            assessment: SocketAssessment(socket, TimerReading(socket), options, pathTimeout: nil))
    }

    @Test("The worst rows are kept, however many come before and after", arguments: [1, 10, 500, nil])
    func worstRows(limit: Int?) {
        var totals = AuditTotals(limit: limit)
        for index in 0..<2000 {
            let heard = UInt32((index * 7919) % 2000)
            totals.add(Self.row(Self.socket(nil, heard: heard), cookie: UInt64(index)), looksForProcesses: true)
        }
        totals.finish()
        let kept = totals.rows.map { ($0.socket.idleNow ?? 0) / 1000 }
        #expect(kept == (0..<2000).reversed().prefix(limit ?? 2000).map { UInt32($0) })
        #expect(totals.all.sockets == 2000 && totals.all.off == 2000 && totals.all.warnings == 1760)
    }

    @Test("Services are remote ends, and ports on which this host listens")
    func services() {
        var totals = AuditTotals(limit: 0)
        totals.listeningPorts = [22]
        for port: UInt16 in [22, 40000] {
            var socket = Self.socket(nil)
            socket.local.port = port
            totals.add(Self.row(socket, cookie: 1), looksForProcesses: true)
        }
        #expect(Set(totals.services.keys) == [.local(22), .remote(Self.socket(nil).remote)])
        for address in 0..<20_000 {
            let remote = IPAddress(v4: 0x0A00_0000 + UInt32(address))
            totals.add(Self.row(Self.socket(nil, remote: remote), cookie: 1), looksForProcesses: true)
        }
        #expect(totals.services.count == 10_001 && totals.services[.port(443)] != nil)
    }

    private static var sampleTotals: AuditTotals {
        var totals = AuditTotals(limit: 2)
        totals.add(
            row(socket(.keepAlive), KeepAliveOptions(idle: 7200, interval: 75, count: 9, userTimeout: 0), cookie: 1),
            looksForProcesses: true)
        totals.add(row(socket(nil), cookie: 2, process: nil), looksForProcesses: true)
        totals.add(
            row(socket(.keepAlive), KeepAliveOptions(idle: 60, interval: 15, count: 4, userTimeout: 0), cookie: 3),
            looksForProcesses: true)
        totals.finish()
        return totals
    }

    @Test("The text has the worst rows, what their verdicts mean, and totals")
    func text() {
        var text = TextBuffer()
        AuditText(Self.sampleTotals, TextStyle(), pathTimeout: nil).append(to: &text, notes: ["A note."])
        let lines = text.string.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(
            lines[0..<4] == [
                "verdict            process         local             remote             state  keep-alive  idle now  next probe",
                "too_late_for_path  ng\\x1binx[812]  192.0.2.10:40000  198.51.100.20:443  ESTAB  7200/75/9   1.000s    12.3s",
                "no_keepalive       ?(www)          192.0.2.10:40000  198.51.100.20:443  ESTAB  off         1.000s    -",
                "... and 1 more socket, none worse (--limit all)",
            ], "\(text.string)")
        #expect(text.string.contains("\n3 sockets: keep-alive is off on 1, 1 warning, 1 notice\nA note.\n"))
        #expect(text.string.contains("Azure Load Balancer and outbound NAT after 240 s"))
        #expect(text.string.contains("ng\\x1binx[812]         2         0         0         1\n"), "\(text.string)")
    }

    @Test("Lines fit the terminal if there is room for what matters most", arguments: [80, 100, 120])
    func width(columns: Int) {
        var style = TextStyle()
        style.width = columns
        var text = TextBuffer()
        AuditText(Self.sampleTotals, style, pathTimeout: nil).append(to: &text, notes: [])
        for line in text.string.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
    }

    @Test(
        "On a screen the report has fewer totals and rows, and the worst remain",
        arguments: [12, 16, 24, 40, 100, 1000])
    func height(lines: Int) {
        var totals = AuditTotals(limit: 50)
        for number in 0..<83 as Range<UInt64> {
            let process = SocketOwner(process: Int32(number % 20) + 1, descriptor: 3)
            let isOff = number % 10 == 0
            var row = Self.row(
                Self.socket(isOff ? nil : .keepAlive),
                KeepAliveOptions(isEnabled: !isOff, idle: 60, interval: 15, count: 4),
                cookie: number)
            row.owner = process
            totals.add(row, looksForProcesses: true)
        }
        totals.finish()
        // The rows are wider, so that each takes two lines.
        for width in [60, 70] {
            var style = TextStyle()
            style.width = width
            style.palette = Palette(isOn: true)
            var text = TextBuffer()
            AuditText(totals, style, pathTimeout: nil).append(to: &text, notes: [], height: lines)
            let visible = text.string.replacing(#/\u{1B}\[[0-9;]*m/#, with: "").split(
                separator: "\n", omittingEmptySubsequences: false)
            let onScreen = visible.dropLast().reduce(0) { $0 + max(1, ($1.count + width - 1) / width) }
            #expect(onScreen < max(lines, 24), "\(width): \(text.string)")
        }
        var text = TextBuffer()
        AuditText(totals, TextStyle(), pathTimeout: nil).append(to: &text, notes: ["A note."], height: lines)
        let printed = text.string.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(printed.count < lines, "\(text.string)")
        #expect(printed[1].hasPrefix("no_keepalive") && text.string.hasSuffix("A note.\n"))
        let rows = printed.count { $0.hasPrefix("no_keepalive  ") || $0.hasPrefix("ok ") }
        #expect(rows >= min(50, lines / 3), "\(text.string)")
        #expect(text.string.contains("... and \(83 - rows) more sockets, none worse"))
    }

    @Test("Meanings and notes give way to the table on a small screen", arguments: [8, 12, 24])
    func notes(lines: Int) {
        var text = TextBuffer()
        let notes = (1...20).map { "Note \($0)." }
        AuditText(Self.sampleTotals, TextStyle(), pathTimeout: nil).append(to: &text, notes: notes, height: lines)
        let printed = text.string.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(printed.count < lines && printed[2].hasPrefix("no_keepalive"), "\(text.string)")
        #expect(!text.string.contains("Note") && text.string.contains("3 sockets: "))
    }

    @Test(
        "The interface is part of the local end",
        arguments: [
            (IPAddress(v4: 0xC000_020A), "192.0.2.10%eth0:40000"),
            (IPAddress(v6: 0xFE80_0000_0000_0000, 1), "[fe80::1%eth0]:40000"),
        ])
    func interface(address: IPAddress, expected: String) {
        var row = Self.row(Self.socket(nil), cookie: 1)
        row.socket.local.address = address
        #expect(row.local == row.socket.local.description)
        row.interface = "eth0"
        #expect(row.local == expected)
    }

    @Test("Settings of a socket without keep-alive are those that it will have")
    func settingsText() {
        let options = KeepAliveOptions(isEnabled: false, idle: 60, interval: 15, count: 4, userTimeout: 7000)
        #expect(options.settingsText == "off u7s" && options.allSettingsText == "off (60/15/4) u7s")
    }

    @Test("A row of a table has a cell for each column, and JSON the same names")
    func records() {
        let row = Self.row(Self.socket(.keepAlive), KeepAliveOptions(idle: 7200, interval: 75, count: 9), cookie: 1)
        var table = SocketTable(.csv)
        var text = TextBuffer()
        table.appendHeader(to: &text)
        table.append(row, at: 1_000_000_000, to: &text)
        let lines = text.string.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 2 && lines[0].count == lines[1].count)
        var json = TextBuffer()
        json.appendRecord(row, at: 1_000_000_000)
        for (name, cell) in zip(lines[0], lines[1]) where !cell.isEmpty {
            #expect(json.string.contains("\"\(name)\":"), "\(name)")
        }
    }
}
