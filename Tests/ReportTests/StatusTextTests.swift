import KeepAlive
import Report
import Testing
import Wire

@Suite("Status line")
struct StatusTextTests {
    private static let version4 = Endpoint(IPAddress(v4: 0x0A09_0001), 58902)
    private static let version6 = Endpoint(IPAddress(v6: 0x2001_0DB8_1234_5678, 0x9ABC_DEF0_1234_5678), 58902)

    /// The line of a capture of 12345 packets, 3 connections and 17 keep-alives.
    private static func line(_ next: ExpectedProbe?, _ columns: Int) -> String {
        var summary = Summary(version: .newest)
        summary.tally.packets = 12345
        summary.counts.connections = 3
        summary.counts.kinds[Int(SegmentKind.probe.rawValue)] = 17
        var text = TextBuffer()
        text.append(statusOf: summary, dropped: 0, next: next, at: 1_000_000_000, columns: columns)
        return text.string
    }

    private static func next(_ prober: Endpoint, seconds: Int64?, unanswered: UInt64 = 0) -> ExpectedProbe {
        ExpectedProbe(time: seconds.map { (1 + $0) * 1_000_000_000 }, prober: prober, unanswered: unanswered)
    }

    @Test(
        "Whole parts are left out where there is no room, and who probes next stays the longest",
        arguments: [
            (120, "12345 packets, 0 dropped, 3 connections, 17 keep-alives; next probe in ~12 s by 10.9.0.1:58902"),
            (80, "12345 packets, 0 dropped, 17 keep-alives; next probe in ~12 s by 10.9.0.1:58902"),
            (79, "12345 packets, 0 dropped, 17 keep-alives; next probe in ~12 s by 10.9.0.1:58902"),
            (78, "12345 packets, 0 dropped, 3 connections; next probe in ~12 s by 10.9.0.1:58902"),
            (62, "17 keep-alives; next probe in ~12 s by 10.9.0.1:58902"),
            (40, "next probe in ~12 s by 10.9.0.1:58902"), (36, "12345 packets, 0 dropped"), (8, ""), (0, ""), (-1, ""),
        ])
    func parts(columns: Int, expected: String) {
        #expect(Self.line(Self.next(Self.version4, seconds: 12), columns) == expected)
    }

    @Test("The longest address of IPv6 stands whole in 79 columns")
    func version6() {
        let expected = "next probe in ~7200 s by [2001:db8:1234:5678:9abc:def0:1234:5678]:58902"
        #expect(Self.line(Self.next(Self.version6, seconds: 7200, unanswered: 3), 79) == expected)
    }

    @Test("Unanswered probes are told, also where the next one cannot be expected yet")
    func unanswered() {
        #expect(
            Self.line(Self.next(Self.version4, seconds: 12, unanswered: 3), 79)
                == "12345 packets, 0 dropped; next probe in ~12 s by 10.9.0.1:58902, 3 unanswered")
        #expect(
            Self.line(Self.next(Self.version4, seconds: nil, unanswered: 1), 79)
                == "12345 packets, 0 dropped, 17 keep-alives; 1 probe unanswered, of 10.9.0.1:58902")
    }

    @Test("Without a prober, what was counted is told")
    func nobody() {
        #expect(Self.line(nil, 79) == "12345 packets, 0 dropped, 3 connections, 17 keep-alives")
    }
}
