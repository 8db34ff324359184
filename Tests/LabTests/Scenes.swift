import Foundation

/// Scenes in which the peer does not answer.
extension Scene {
    static let unanswered = [
        dead("The peer drops all packets"),
        dead("The peer drops all packets, over IPv6", address: "fd09::2"),
        Scene(
            name: "The peer drops all packets, and the interval is longer than the idle time", triple: [2, 3, 2],
            act: { try await $0.lab.cutPeer() }, prints: ["ETIMEDOUT", "2 keep-alive probes unanswered"], probes: 2...2,
            verdict: "peer_dead", shortestGap: 3),
        Scene(
            name: "With a user timeout shorter than the count takes, one probe is sent", triple: [2, 1, 4],
            more: ["--user-timeout", "2.5"], act: { try await $0.lab.cutPeer() },
            prints: ["ETIMEDOUT", "by the user timeout"], probes: 1...1, verdict: "user_timeout"),
        Scene(
            name: "With a user timeout longer than the count takes, more probes are sent than the count",
            triple: [2, 1, 2],
            more: ["--user-timeout", "5.5"], act: { try await $0.lab.cutPeer() },
            prints: ["ETIMEDOUT", "by the user timeout"], probes: 4...4, verdict: "peer_dead", shortestGap: 1),
        unreachable(
            "An ICMP error says that the host is unreachable, and the idle connection ignores it",
            reason: "10.9.0.2 reported 3 times: host unreachable (ICMP type 3 code 1)"),
        unreachable(
            "An ICMP error says that the host is unreachable, and the idle connection ignores it, over IPv6",
            address: "fd09::2", reason: "fd09::2 reported 3 times: address unreachable (ICMPv6 type 1 code 3)"),
        lostState("The peer has lost the state of the connection"),
        lostState("The peer has lost the state of the connection, over IPv6", address: "fd09::2"),
    ]

    /// Scenes in which the kernel counts probes that do not reach the wire.
    static let unseen = [
        Scene(
            name: "A filter of this host drops all outgoing segments", triple: [2, 1, 3],
            act: { try await $0.lab.filter($0.lab.prober, "output", "meta l4proto tcp drop") },
            prints: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchPrints: ["none was seen from this host"],
            probes: 3...3, seen: []),
        Scene(
            name: "A filter of this host drops all outgoing segments, and the peer probes too",
            listener: ["--idle", "3", "--interval", "30", "--count", "2"], triple: [2, 1, 3],
            act: { try await $0.lab.filter($0.lab.prober, "output", "meta l4proto tcp drop") },
            prints: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchPrints: ["none was seen from this host"],
            // The peer sends one probe in this time, and one unanswered probe gives no verdict.
            probes: 3...3, seen: [.probesOfPeer], verdict: "unknown"),
        Scene(
            name: "The interface of this host goes down", triple: [2, 1, 3],
            act: { try await $0.lab.inside($0.lab.prober, "ip", "link", "set", "va", "down") },
            prints: ["ETIMEDOUT", "3 keep-alive probes unanswered"],
            watchPrints: ["va is down", "none was seen"], probes: 3...3, seen: []),
        // Without carrier the kernel drops packets before the tap of packet sockets.
        Scene(
            name: "The interface of the peer goes down, and this host's loses carrier", triple: [2, 1, 3],
            // ARP gives up after 3 s and reports the held probes to their socket, at the moment of the timeout.
            // With more attempts, it is still asking then.
            prepare: { try await $0.inside($0.prober, "sysctl", "-q", "-w", "net.ipv4.neigh.va.mcast_solicit=20") },
            act: { stage in
                try await stage.lab.inside(stage.lab.peer, "ip", "link", "set", "vb", "down")
            }, prints: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchPrints: ["none was seen"],
            probes: 3...3, seen: []),
    ]

    /// Scenes in which the peer answers, and finally resets the connection.
    ///
    /// With a FIN, on two processors, it may overtake the acknowledgment before it, which Wireshark then marks as a
    /// keep-alive.
    static let answered = [
        alive("The peer is alive"), alive("The peer is alive, over IPv6", address: "fd09::2"),
        Scene(
            name: "The period of probes to a live peer is the interval if that is longer than the idle time",
            listener: ["--reset-after", "6.5"], triple: [1, 2, 3], status: 11, prints: ["ECONNRESET"], probes: 2...3,
            isAnswered: true, verdict: "interval_exceeds_idle", shortestGap: 2),
        Scene(
            name: "Both ends probe",
            listener: ["--reset-after", "5.2", "--idle", "3", "--interval", "1", "--count", "3"], triple: [2, 1, 3],
            status: 11, prints: ["ECONNRESET"], probes: 1...2,
            seen: [.probes, .probesOfPeer], isAnswered: true, verdict: "healthy"),
    ]

    /// Scenes in which other timers run than the keep-alive timer.
    static let otherTimers = [
        inFlight(
            "Data in flight: no keep-alives, and the retransmissions time out", cut: { try await $0.cutPeer() },
            status: 10, prints: ["ETIMEDOUT", "14 bytes sent and never acknowledged"], verdict: "data_in_flight"),
        inFlight(
            "Data in flight, and an ICMP error says that the host is unreachable", cut: { try await $0.reject() },
            status: 12,
            prints: [
                "Unreachable (No route to host)", "retransmitted ",
                "10.9.0.2 reports: host unreachable (ICMP type 3 code 1); the kernel "
                    + "keeps retransmitting the data in flight",
            ], verdict: "peer_unreachable"),
        // The window probes of Linux are like its keep-alives, and Wireshark marks them as keep-alives.
        Scene(
            name: "A zero window: window probes, which Wireshark calls keep-alives", listener: ["--stop-reading"],
            triple: [1, 1, 2], more: ["--duration", "5"],
            act: { try $0.client.type(String(repeating: "more than fits\n", count: 4000)) }, status: 0,
            prints: [
                "The duration is over: closed from this end. The peer is alive but does not read: window closed for ",
                " window probes.", "so no keep-alive probes; ",
            ], probes: 0...0,
            // A window that is closed for less than 10 s gives no verdict.
            seen: [.windowProbes], verdict: "unknown"),
    ]

    static let all = unanswered + unseen + answered + otherTimers

    static func dead(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, triple: [2, 1, 3], act: { try await $0.lab.cutPeer() },
            prints: ["ETIMEDOUT", "3 keep-alive probes unanswered"], probes: 3...3, verdict: "peer_dead", shortestGap: 1
        )
    }

    private static func alive(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, listener: ["--reset-after", "4.5"], triple: [1, 1, 2], status: 11,
            prints: ["ECONNRESET"], probes: 3...4, isAnswered: true, verdict: "healthy", shortestGap: 1)
    }

    private static func unreachable(_ name: String, address: String = "10.9.0.2", reason: String) -> Scene {
        Scene(
            name: name, address: address, triple: [2, 1, 3], act: { try await $0.lab.reject() },
            prints: [
                "ETIMEDOUT", "3 keep-alive probes unanswered", reason, "the kernel ignores this on an idle connection",
            ], probes: 3...3, ignoredErrors: 3,
            verdict: "peer_unreachable")
    }

    private static func inFlight(
        _ name: String, cut: @escaping @Sendable (Lab) async throws -> Void, status: Int32, prints: [String],
        verdict: String
    ) -> Scene {
        Scene(
            name: name, triple: [2, 1, 2],
            prepare: { try await $0.inside($0.prober, "sysctl", "-q", "-w", "net.ipv4.tcp_retries2=3") },
            act: { stage in
                try await cut(stage.lab)
                try stage.client.type("into the void\n")
            }, status: status, prints: prints, probes: 0...0, seen: [], verdict: verdict)
    }

    private static func lostState(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, listener: ["--reset-after", "0.5"], triple: [3, 1, 3],
            // The RST by which the peer ends the connection is lost.
            prepare: { try await $0.filter($0.peer, "output", "tcp flags & rst == rst drop") },
            act: { stage in
                try await stage.listener.wait(for: "#1 reset from this end")
                try await stage.lab.inside(stage.lab.peer, "nft", "delete", "table", "inet", "lab")
            }, status: 11, prints: ["ECONNRESET"], probes: 1...1, verdict: "peer_lost_state")
    }
}

extension Lab {
    /// Makes the peer reject packets with the ICMP error "host unreachable".
    fileprivate func reject() async throws {
        try await filter(peer, "input", "meta l4proto tcp reject with icmpx type host-unreachable")
    }
}
