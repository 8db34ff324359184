import Foundation
import Testing

/// The client and real ICMP errors of the kernel.
@Suite("The client in the lab", .enabled(if: Lab.isPossible, Lab.needs))
struct ClientTests {
    private static let options = ["--tick", "1", "--idle", "2", "--interval", "1", "--count", "3"]

    @Test("The client names a router without a route to the peer, and the idle connection lives until it times out")
    func router() async throws {
        let lab = try await Lab()
        // The peer's host is also a router, and the address behind it disappears.
        try await lab.inside(lab.peer, "ip", "addr", "add", "10.9.7.7/32", "dev", "lo")
        try await lab.inside(lab.prober, "ip", "route", "add", "10.9.7.7/32", "via", "10.9.0.2")
        try await lab.listener(in: lab.peer, on: "10.9.7.7")
        let client = try lab.start(lab.prober, ["client"] + Self.options + ["10.9.7.7", "5001"])
        try await client.wait(for: "A silent peer is given up")
        let script = """
            sysctl -q -w net.ipv4.ip_forward=1
            ip addr del 10.9.7.7/32 dev lo
            ip route add unreachable 10.9.7.7/32
            """
        try await lab.inside(lab.peer, "sh", "-ec", script)
        #expect(try await client.end() == 10, "\(client.text)\(client.errorText)")
        let report =
            "10.9.0.2 reports: host unreachable (ICMP type 3 code 1); the kernel ignores this on an idle connection"
        // The first one is printed, the others are counted.
        #expect(client.text.components(separatedBy: report).count == 2, "\(client.text)")
        #expect(client.text.contains(" ICMP errors so far"), "\(client.text)")
        let end = try #require(client.text.split(separator: "\n").last)
        for words in [
            "3 keep-alive probes unanswered", "10.9.0.2 reported ", " times: host unreachable (ICMP type 3 code 1).",
            "Check whether the peer is powered on and connected: its last router cannot reach it.",
        ] {
            #expect(end.contains(words), "\(end)")
        }
    }

    @Test("Without the capability ICMP errors are counted, and not attributed to the connection")
    func withoutCapability() async throws {
        let lab = try await Lab()
        try await lab.listener(in: lab.peer, on: "10.9.0.2")
        let dropping = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
        let client = try lab.start(
            lab.prober, through: dropping, ["client"] + Self.options + ["10.9.0.2", "5001"])
        try await client.wait(for: "A silent peer is given up")
        try await lab.filter(
            lab.peer, "input", "meta l4proto tcp reject with icmpx type host-unreachable")
        #expect(try await client.end() == 10, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("The kernel ignored 3 ICMP errors meanwhile (OutOfWindowIcmps, all connections"))
        #expect(!client.text.contains("report"), "\(client.text)")
    }

    @Test(
        "The client names the router that refused the connection, from the error queue of the socket",
        arguments: [
            ("10.9.0.2", "10.9.0.2 reports: communication administratively prohibited (filter) (ICMP type 3 code 13)"),
            ("fd09::2", "fd09::2 reports: communication administratively prohibited (filter) (ICMPv6 type 1 code 1)"),
        ])
    func refused(address: String, report: String) async throws {
        let lab = try await Lab()
        try await lab.filter(
            lab.peer, "input", "meta l4proto tcp reject with icmpx type admin-prohibited")
        // The queue needs no capability.
        let dropping = ["setpriv", "--bounding-set", "-net_raw", "--inh-caps", "-net_raw"]
        let client = try lab.start(lab.prober, through: dropping, ["client", address, "5001"])
        #expect(try await client.end() == 13, "\(client.text)\(client.errorText)")
        #expect(client.errorText.contains("; \(report)\n"), "\(client.errorText)")
    }

    @Test("The explanation of a RST that answers a probe is lost state, with the silence before it")
    func lostState() async throws {
        let lab = try await Lab()
        let listener = try lab.start(lab.peer, ["listen", "--reset-after", "0.5"] + Lab.limit + ["10.9.0.2", "5001"])
        try await listener.wait(for: "Listening on")
        // The RST by which the peer ends the connection is lost.
        try await lab.filter(lab.peer, "output", "tcp flags & rst == rst drop")
        let client = try lab.start(lab.prober, ["client", "--idle", "3", "--tick", "1", "10.9.0.2", "5001"])
        try await listener.wait(for: "#1 reset from this end")
        try await lab.inside(lab.peer, "nft", "delete", "table", "inet", "lab")
        #expect(try await client.end() == 11, "\(client.text)\(client.errorText)")
        #expect(client.text.contains("a keep-alive probe was answered with RST"), "\(client.text)")
        #expect(client.text.contains(" of silence, it is the path: set TCP_KEEPIDLE below that"), "\(client.text)")
    }
}
