import Testing

@testable import Sockets

@Suite("Other probers")
struct OtherProbersTests {
    private static let start = ContinuousClock.now

    /// The timer of connection `cookie`, which fires after `seconds`.
    private static func timer(_ cookie: UInt64, _ seconds: Int, unanswered: Int = 0) -> KeepAliveTimer {
        KeepAliveTimer(
            cookie: cookie, ports: (40_000 + UInt16(cookie), 443), addresses: ([10, 0, 0, 1], [10, 0, 0, 2]),
            expires: .seconds(seconds), unanswered: unanswered)
    }

    @Test(
        "Whoever may have probed between two looks is found",
        arguments: [
            ([[timer(1, 600)], [timer(1, 595)]], false),  // does not fire meanwhile
            ([[timer(1, 4)], [timer(1, 60)]], true),  // fired, and runs anew
            ([[timer(1, 4)], []], true),  // fired, and the connection is gone
            ([[], [timer(2, 1)]], true),  // began later: what it did before is not known
            ([[timer(1, 600, unanswered: 1)], []], true),
            ([[], []], false),
        ] as [([[KeepAliveTimer]], Bool)])
    func looks(looks: [[KeepAliveTimer]], hasProber: Bool) throws {
        let ends = try Endpoint.resolve(host: "10.0.0.9", port: "1")
        var others = OtherProbers(beside: ends[0], ends[0])
        for (place, timers) in looks.enumerated() { others.note(timers, at: Self.start + .seconds(5 * place)) }
        #expect(others.mayHaveProbed(until: Self.start + .seconds(5)) == hasProber)
    }

    @Test("One's own connection is none of them")
    func own() throws {
        let local = try Endpoint.resolve(host: "10.0.0.1", port: "40001")[0]
        let remote = try Endpoint.resolve(host: "10.0.0.2", port: "443")[0]
        for (ends, hasProber) in [((local, remote), false), ((remote, local), true)] {
            var others = OtherProbers(beside: ends.0, ends.1)
            others.note([Self.timer(1, 1)], at: Self.start)
            #expect(others.mayHaveProbed(until: Self.start + .seconds(2)) == hasProber)
        }
    }

    #if os(Linux)
        @Test("The kernel tells the timers of all connections, over IPv4 and IPv6", arguments: ["127.0.0.1", "::1"])
        func kernel(address: String) throws {
            let listener = try KeepAliveListener(host: address, port: "0")
            let client = try KeepAliveClient.connect(
                to: [listener.localEndpoint], options: KeepAliveOptions(idle: 600, interval: 15, count: 4))
            let (local, remote) = (client.localEndpoint, client.remoteEndpoint)
            let timer = try #require(KeepAliveTimer.all().first { $0.isOf(local, remote) })
            #expect(timer.expires > .seconds(590) && timer.expires <= .seconds(620) && timer.unanswered == 0)
            #expect(!KeepAliveTimer.all().contains { $0.isOf(remote, local) }, "the listener's end does not probe")
        }
    #endif
}
