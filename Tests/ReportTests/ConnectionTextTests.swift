import Platform
import Sockets
import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Table of connections")
struct ConnectionTextTests {
    private static let client = Endpoint(IPAddress(v4: 0x0A00_0001), 40000)
    private static let server = Endpoint(IPAddress(v4: 0xC0A8_64FF), 80)
    /// 2023-11-14 22:13:20.
    private static let start = 1_700_000_000 * Samples.second

    /// A connection that began `seconds` after the start and took `duration` seconds.
    private static func connection(
        _ number: UInt64, after seconds: Int64 = 0, taking duration: Double = 0.5, handshakeSeen: Bool = true,
        from originator: Endpoint = client, to responder: Endpoint = server, ending: Connection.Ending = .open
    ) -> Connection {
        let first = start + seconds * Samples.second
        return Connection(
            number: number, originator: originator, responder: responder, handshakeSeen: handshakeSeen,
            firstTime: first, lastTime: first + Int64(duration * Double(Samples.second)), ending: ending)
    }

    /// An end that sent `probes`, with an answer to `answered` of them.
    private static func side(_ probes: UInt64, answered: UInt64) -> ConnectionSide {
        var side = ConnectionSide()
        (side.probes, side.answered) = (probes, answered)
        (side.firstProbe, side.lastProbe) = (start, start)
        return side
    }

    /// The whole table of `connections`.
    private static func table(
        _ connections: [Connection], of total: UInt64, _ change: (inout TextStyle) -> Void = { _ in }
    ) -> String {
        var style = TextStyle()
        change(&style)
        var table = ConnectionText(style)
        var text = TextBuffer()
        let diagnoses = connections.map { Diagnosis(of: $0) }
        for diagnosis in diagnoses { table.measure(diagnosis) }
        table.appendHead(of: total, to: &text)
        for diagnosis in diagnoses { table.append(diagnosis, to: &text) }
        table.appendFoot(to: &text)
        return text.string
    }

    @Test("Columns are at least as wide as their titles, and no line ends with spaces")
    func narrow() {
        var probed = Self.connection(7, handshakeSeen: false, ending: .closedByResponder)
        probed.fromResponder = Self.side(2, answered: 2)
        let text = Self.table([Self.connection(0), probed], of: 2)
        #expect(
            text == """
                2 connections, 2023-11-14 UTC

                stream  verdict          originator, responder  probes  answered  first     last      duration  ended
                0       not_established  10.0.0.1:40000              -         -  22:13:20  22:13:20    0.500s  open
                                         192.168.100.255:80          -         -
                7?      healthy          10.0.0.1:40000              -         -  22:13:20  22:13:20    0.500s\
                  closed by responder
                                         192.168.100.255:80          2         2

                ? handshake not captured: the smaller endpoint is listed first

                """)
    }

    @Test("Cells that are not measured are never wider than their title")
    func widest() {
        let broadcast = Endpoint(IPAddress(v4: .max), .max)
        let connections = [-999.99, -0.000_000_001, 0, 999.99].map {
            Self.connection(1, taking: $0 * 86_400, from: broadcast, to: broadcast, ending: .closedByOriginator)
        }
        let lines = Self.table(connections, of: 4).split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.contains("255.255.255.255:65535  ") }.count == 8)
        #expect(lines.filter { $0.contains("  closed by originator") }.count == 4)
        #expect(lines.contains { $0.contains("  -999d23h  ") } && lines.contains { $0.contains("   999d23h  ") })
    }

    @Test("Columns are as wide as their widest cell; settings and zero-window probes are shown if there are any")
    func wide() {
        var probed = Self.connection(1_234_567, after: 90_000, taking: 12.5 * 86_400, handshakeSeen: false)
        probed.originator = Endpoint(IPAddress(v6: 0x2001_0DB8_1234_5678, 0x9ABC_DEF0_1234_5678), 65535)
        probed.responder = Endpoint(IPAddress(v6: 0x2001_0DB8_0000_0000, 1), 443)
        probed.fromOriginator = Self.side(4_000_000_000, answered: 123_456_789)
        probed.fromOriginator.firstWait = Wait(since: .segment, gap: 7200 * Samples.second)
        probed.fromOriginator.idleGaps.add(7200 * Samples.second)
        probed.fromOriginator.intervalGaps.add(75 * Samples.second)
        probed.fromOriginator.unanswered = 9
        probed.fromOriginator.hasGivenUp = true
        probed.fromOriginator.reset = Self.start + 75 * Samples.second
        probed.fromResponder.zeroWindowProbes = 12
        let brief = Self.connection(9, after: 2, taking: -1.5, ending: .resetByOriginator)
        let long = Self.connection(10, taking: 1000 * 86_400, ending: .closed)
        let text = Self.table([brief, long, probed], of: 1_234_568)
        #expect(
            text == """
                3 of 1,234,568 connections, times in UTC

                stream    verdict          originator, responder                                  probes     answered\
                        idle  interval  count  zero-window  first                last                 duration  ended
                9         not_established  10.0.0.1:40000                                              -            -\
                           -         -      -            -  2023-11-14 22:13:22  2023-11-14 22:13:20   -1.500s  reset by originator
                                           192.168.100.255:80                                          -            -\
                           -         -      -            -
                10        not_established  10.0.0.1:40000                                              -            -\
                           -         -      -            -  2023-11-14 22:13:20  2026-08-10 22:13:20  1000d00h  closed
                                           192.168.100.255:80                                          -            -\
                           -         -      -            -
                1234567?  healthy          [2001:db8:1234:5678:9abc:def0:1234:5678]:65535  4,000,000,000  123,456,789\
                  6873-7200s    70-75s      9            -  2023-11-15 23:13:20  2023-11-28 11:13:20    12d12h  open
                                           [2001:db8::1]:443                                           -            -\
                           -         -      -           12

                ? handshake not captured: the smaller endpoint is listed first

                """)
    }

    /// A connection with cells in all columns.
    private static func full() -> Connection {
        var full = connection(0, ending: .resetByOriginator)
        full.fromOriginator = side(5, answered: 0)
        full.fromOriginator.firstWait = Wait(since: .segment, gap: 60 * Samples.second)
        full.fromOriginator.idleGaps.add(60 * Samples.second)
        full.fromOriginator.intervalGaps.add(15 * Samples.second)
        full.fromOriginator.zeroWindowProbes = 1
        return full
    }

    /// The titles of the columns in `text`.
    private static func titles(_ text: String) -> String {
        text.split(separator: "\n").first { $0.hasPrefix("stream") }.map(String.init) ?? ""
    }

    @Test(
        "A narrow terminal omits the least important columns, and a note names them",
        arguments: [
            (200, ""), (140, "duration"), (130, "last, duration"), (120, "first, last, duration"),
            (100, "count, zero-window, first, last, duration"), (90, "zero-window, first, last, duration, ended"),
            (75, "count, zero-window, first, last, duration, ended"),
            (50, "idle, interval, count, zero-window, last, duration"),
        ])
    func columns(width: Int, omitted: String) {
        let text = Self.table([Self.full()], of: 1) { $0.width = width }
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= width && !$0.hasSuffix(" ") }, "\(text)")
        let words = text.replacing("\n   ", with: " ")
        let note = "\n\nOmitted to fit \(width) columns: \(omitted). Use a wider terminal, or --format csv.\n"
        #expect(omitted.isEmpty ? !text.contains("Omitted") : words.hasSuffix(note), "\(text)")
        let kept = ["stream  ", "verdict", "  originator, responder", "  probes"]
        for title in kept { #expect(text.contains(title), "\(text)") }
        for title in omitted.components(", ") { #expect(!Self.titles(text).contains("  \(title)"), "\(text)") }
    }

    @Test("If the ending is omitted, the line ends with the last time that has room, or with the numbers")
    func withoutEnding() {
        let connections = [Self.connection(0, ending: .closedByOriginator)]
        let table = { width in
            Self.table(connections, of: 1) { $0.width = width }.split(separator: "\n").dropFirst().prefix(3).joined(
                separator: "\n")
        }
        #expect(
            table(80) == """
                stream  verdict          originator, responder  probes  answered  first
                0       not_established  10.0.0.1:40000              -         -  22:13:20
                                         192.168.100.255:80          -         -
                """)
        #expect(
            table(70) == """
                stream  verdict          originator, responder  probes  answered
                0       not_established  10.0.0.1:40000              -         -
                                         192.168.100.255:80          -         -
                """)
    }

    @Test("If the ends of IPv6 are too wide, they have lines of their own")
    func stacked() {
        var connection = Self.full()
        connection.number = 12
        connection.handshakeSeen = false
        connection.originator = Endpoint(IPAddress(v6: 0x2001_0DB8_1234_5678, 0x9ABC_DEF0_1234_5678), 65535)
        connection.responder = Endpoint(IPAddress(v6: 0x2001_0DB8_0000_0000, 1), 443)
        let text = Self.table([connection], of: 1) { $0.width = 74 }
        #expect(
            text == """
                1 connection, 2023-11-14 UTC

                stream  verdict  first     last      duration  ended
                        originator, responder                           probes  answered
                12?     unknown  22:13:20  22:13:20    0.500s  reset by originator
                        [2001:db8:1234:5678:9abc:def0:1234:5678]:65535       5         0
                        [2001:db8::1]:443                                    -         -

                ? handshake not captured: the smaller endpoint is listed first
                Omitted to fit 74 columns: idle, interval, count, zero-window. Use a wider
                   terminal, or --format csv.

                """, "\(text)")
    }

    @Test("Times are in the zone of each time; if there are two, each time has its own, and a date")
    func zones() {
        let change = Self.start / Samples.second + 10
        let zone: @Sendable (Int64) -> ZoneOffset = { seconds in
            seconds < change ? ZoneOffset(seconds: 7200, name: "CEST") : ZoneOffset(seconds: 3600, name: "CET")
        }
        let before = Self.table([Self.connection(0)], of: 1) { $0.zone = zone }
        #expect(before.hasPrefix("1 connection, 2023-11-15 CEST\n") && before.contains("  00:13:20  00:13:20  "))
        let both = Self.table([Self.connection(0), Self.connection(1, after: 9, taking: 2)], of: 2) { $0.zone = zone }
        #expect(both.hasPrefix("2 connections, local times\n"), "\(both)")
        #expect(both.contains("  2023-11-15 00:13:29 CEST  2023-11-14 23:13:31 CET     2.000s  open\n"), "\(both)")
    }

    @Test("The verdict has the colour of its severity, which moves no column")
    func colors() {
        let plain = Self.table([Self.full(), Self.connection(1)], of: 2)
        let text = Self.table([Self.full(), Self.connection(1)], of: 2) { $0.palette = Palette(isOn: true) }
        #expect(text.contains("\n0       \u{1B}[32munknown\u{1B}[0m          10.0.0.1:40000"), "\(text)")
        #expect(text.contains("\n1       \u{1B}[32mnot_established\u{1B}[0m  10.0.0.1:40000"), "\(text)")
        #expect(text.replacing(#/\u{1B}\[[0-9]+m/#, with: "") == plain)
    }

    @Test("Names widen the column of the ends, unless they are too long for the terminal")
    func names() {
        let names = HostNames { $0.version == .v4 && $0.low & 1 == 1 ? "a-rather-long-name.example.org" : nil }
        let text = Self.table([Self.connection(0)], of: 1) { $0.names = names }
        #expect(text.contains("a-rather-long-name.example.org:40000  ") || text.contains("example.org:80  "), "\(text)")
        let narrow = Self.table([Self.connection(0)], of: 1) {
            $0.names = names
            $0.width = 55
        }
        #expect(!narrow.contains("example.org") && narrow.contains("10.0.0.1:40000"), "\(narrow)")
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        isEmpty ? [] : split(separator: separator).map(String.init)
    }
}
