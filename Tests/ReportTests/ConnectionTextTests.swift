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
    private static func table(_ connections: [Connection], of total: UInt64) -> String {
        var table = ConnectionText()
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
}
