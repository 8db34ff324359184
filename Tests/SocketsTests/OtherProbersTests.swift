import Testing
import Wire

@testable import Sockets

@Suite("Other probers")
struct OtherProbersTests {
    private static let start = ContinuousClock.now

    /// The timer of connection `cookie`, which fires after `seconds`.
    private static func timer(_ cookie: UInt64, _ seconds: Int, unanswered: Int = 0) -> KeepAliveTimer {
        KeepAliveTimer(
            cookie: cookie, local: Endpoint(IPAddress(v4: 0x0A00_0001), 40_000 + UInt16(cookie)),
            remote: Endpoint(IPAddress(v4: 0x0A00_0002), 443), expires: .seconds(seconds), unanswered: unanswered)
    }

    @Test(
        "A connection that may have probed between two looks is found",
        arguments: [
            ([[timer(1, 600)], [timer(1, 595)]], false),  // does not fire between the looks
            ([[timer(1, 4)], [timer(1, 60)]], true),  // fired, and runs again
            ([[timer(1, 4)], []], true),  // fired, and the connection ended
            ([[], [timer(2, 1)]], true),  // new: it may have probed before the look
            ([[timer(1, 600, unanswered: 1)], []], true),
            ([[], []], false),
        ] as [([[KeepAliveTimer]], Bool)])
    func looks(looks: [[KeepAliveTimer]], hasProber: Bool) throws {
        let end = Endpoint(IPAddress(v4: 0x0A00_0009), 1)
        var others = OtherProbers(besides: end, end)
        for (index, timers) in looks.enumerated() { others.record(timers, at: Self.start + .seconds(5 * index)) }
        #expect(others.mayHaveProbed(until: Self.start + .seconds(5)) == hasProber)
    }

    @Test("One's own connection is excluded")
    func own() throws {
        let local = Endpoint(IPAddress(v4: 0x0A00_0001), 40_001)
        let remote = Endpoint(IPAddress(v4: 0x0A00_0002), 443)
        for (ends, hasProber) in [((local, remote), false), ((remote, local), true)] {
            var others = OtherProbers(besides: ends.0, ends.1)
            others.record([Self.timer(1, 1)], at: Self.start)
            #expect(others.mayHaveProbed(until: Self.start + .seconds(2)) == hasProber)
        }
    }

    #if os(Linux)
        @Test("The kernel reports the timers of all connections, over IPv4 and IPv6", arguments: ["127.0.0.1", "::1"])
        func kernel(address: String) throws {
            let listener = try KeepAliveListener(host: address, port: "0")
            let client = try KeepAliveClient.connect(
                to: [listener.localAddress], options: KeepAliveOptions(idle: 600, interval: 15, count: 4))
            let ends = (client.localAddress.endpoint, client.remoteAddress.endpoint)
            let timer = try #require(KeepAliveTimer.all().first { ($0.local, $0.remote) == ends })
            #expect(timer.expires > .seconds(590) && timer.expires <= .seconds(620) && timer.unanswered == 0)
            let other = (ends.1, ends.0)
            #expect(
                !KeepAliveTimer.all().contains { ($0.local, $0.remote) == other }, "the listener's end does not probe")
        }
    #endif
}
