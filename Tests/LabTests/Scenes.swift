import Foundation

/// The scenes in which the peer does not answer.
extension Scene {
    static let unanswered = [
        dead("The peer drops what comes to it"),
        dead("The peer drops what comes to it, over IPv6", address: "fd09::2"),
        Scene(
            name: "The peer drops what comes to it, and the interval is longer than the idle time", triple: [2, 3, 2],
            act: { try await $0.lab.cutPeer() }, says: ["ETIMEDOUT", "2 keep-alive probes unanswered"], probes: 2...2,
            verdict: "peer_dead", shortestGap: 3),
        Scene(
            name: "A user timeout shorter than the count takes lets one probe out", triple: [2, 1, 4],
            more: ["--user-timeout", "2.5"], act: { try await $0.lab.cutPeer() },
            says: ["ETIMEDOUT", "by the user timeout"], probes: 1...1, verdict: "user_timeout"),
        Scene(
            name: "A user timeout longer than the count takes lets more probes out than the count", triple: [2, 1, 2],
            more: ["--user-timeout", "5.5"], act: { try await $0.lab.cutPeer() },
            says: ["ETIMEDOUT", "by the user timeout"], probes: 4...4, verdict: "peer_dead", shortestGap: 1),
        unreachable(
            "A router says that the host is unreachable, and an idle connection does not care",
            reason: "10.9.0.2 reported 3 times: host unreachable (ICMP type 3 code 1)"),
        unreachable(
            "A router says that the host is unreachable, and an idle connection does not care, over IPv6",
            address: "fd09::2", reason: "fd09::2 reported 3 times: address unreachable (ICMPv6 type 1 code 3)"),
        forgotten("The peer has forgotten the connection"),
        forgotten("The peer has forgotten the connection, over IPv6", address: "fd09::2"),
    ]

    /// The scenes in which the probes never reach the wire, though the kernel counts them.
    static let unseen = [
        Scene(
            name: "A filter of this host drops what goes out", triple: [2, 1, 3],
            act: { try await $0.lab.filter($0.lab.prober, "output", "meta l4proto tcp drop") },
            says: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchSays: ["none was seen from this host"],
            probes: 3...3, seen: []),
        Scene(
            name: "A filter of this host drops what goes out, while the peer probes too",
            listener: ["--idle", "3", "--interval", "30", "--count", "2"], triple: [2, 1, 3],
            act: { try await $0.lab.filter($0.lab.prober, "output", "meta l4proto tcp drop") },
            says: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchSays: ["none was seen from this host"],
            // The peer sends one probe in this time, and one unanswered probe shows nothing.
            probes: 3...3, seen: [.probesOfPeer], verdict: "unknown"),
        Scene(
            name: "The interface of this host goes down", triple: [2, 1, 3],
            act: { try await $0.lab.inside($0.lab.prober, "ip", "link", "set", "va", "down") },
            says: ["ETIMEDOUT", "3 keep-alive probes unanswered"],
            watchSays: ["va is down", "none was seen"], probes: 3...3, seen: []),
        // The kernel takes the queue from an interface without carrier, so that nothing comes to where taps listen.
        Scene(
            name: "The interface of the peer goes down, and with it the carrier of this host's", triple: [2, 1, 3],
            act: { stage in
                try await stage.lab.inside(stage.lab.peer, "ip", "link", "set", "vb", "down")
            }, says: ["ETIMEDOUT", "3 keep-alive probes unanswered"], watchSays: ["none was seen"],
            probes: 3...3, seen: []),
    ]

    /// The scenes in which the peer answers, and at last resets the connection.
    ///
    /// A FIN may overtake the acknowledgment before it, on two processors: Wireshark then takes that for a keep-alive.
    static let answered = [
        alive("The peer is alive"), alive("The peer is alive, over IPv6", address: "fd09::2"),
        Scene(
            name: "The period on a live peer is the interval where that is longer than the idle time",
            listener: ["--reset-after", "6.5"], triple: [1, 2, 3], status: 11, says: ["ECONNRESET"], probes: 2...3,
            isAnswered: true, verdict: "interval_exceeds_idle", shortestGap: 2),
        Scene(
            name: "Both ends probe",
            listener: ["--reset-after", "5.2", "--idle", "3", "--interval", "1", "--count", "3"], triple: [2, 1, 3],
            status: 11, says: ["ECONNRESET"], probes: 1...2,
            seen: [.probes, .probesOfPeer], isAnswered: true, verdict: "healthy"),
    ]

    /// The scenes in which other timers are at work than that of keep-alives.
    static let otherTimers = [
        inFlight(
            "Data in flight: no keep-alives, the retransmissions decide", cut: { try await $0.cutPeer() },
            status: 10, says: ["ETIMEDOUT", "14 bytes sent and never acknowledged"], verdict: "data_in_flight"),
        inFlight(
            "Data in flight, and a router says that the host is unreachable", cut: { try await $0.reject() },
            status: 12,
            says: [
                "Unreachable (No route to host)", "retransmitted ",
                "10.9.0.2 reports: host unreachable (ICMP type 3 code 1); the kernel "
                    + "keeps retransmitting the data in flight",
            ], verdict: "peer_unreachable"),
        // Wireshark takes the window probes of Linux, which are like its keep-alives, for keep-alives.
        Scene(
            name: "A zero window: window probes, which Wireshark calls keep-alives", listener: ["--stop-reading"],
            triple: [1, 1, 2], more: ["--duration", "5"],
            act: { try $0.client.type(String(repeating: "more than fits\n", count: 4000)) }, status: 0,
            says: [
                "The duration is over: closed from this end. The peer is alive but does not read: window closed for ",
                " window probes.", "so no keep-alive probes; ",
            ], probes: 0...0,
            // A window that is closed for less than 10 s is ordinary.
            seen: [.windowProbes], verdict: "unknown"),
    ]

    static let all = unanswered + unseen + answered + otherTimers

    static func dead(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, triple: [2, 1, 3], act: { try await $0.lab.cutPeer() },
            says: ["ETIMEDOUT", "3 keep-alive probes unanswered"], probes: 3...3, verdict: "peer_dead", shortestGap: 1)
    }

    private static func alive(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, listener: ["--reset-after", "4.5"], triple: [1, 1, 2], status: 11,
            says: ["ECONNRESET"], probes: 3...4, isAnswered: true, verdict: "healthy", shortestGap: 1)
    }

    private static func unreachable(_ name: String, address: String = "10.9.0.2", reason: String) -> Scene {
        Scene(
            name: name, address: address, triple: [2, 1, 3], act: { try await $0.lab.reject() },
            says: [
                "ETIMEDOUT", "3 keep-alive probes unanswered", reason, "the kernel ignores this on an idle connection",
            ], probes: 3...3, ignoredErrors: 3,
            verdict: "peer_unreachable")
    }

    private static func inFlight(
        _ name: String, cut: @escaping @Sendable (Lab) async throws -> Void, status: Int32, says: [String],
        verdict: String
    ) -> Scene {
        Scene(
            name: name, triple: [2, 1, 2],
            prepare: { try await $0.inside($0.prober, "sysctl", "-q", "-w", "net.ipv4.tcp_retries2=3") },
            act: { stage in
                try await cut(stage.lab)
                try stage.client.type("into the void\n")
            }, status: status, says: says, probes: 0...0, seen: [], verdict: verdict)
    }

    private static func forgotten(_ name: String, address: String = "10.9.0.2") -> Scene {
        Scene(
            name: name, address: address, listener: ["--reset-after", "0.5"], triple: [3, 1, 3],
            // The RST by which the peer forgets is lost.
            prepare: { try await $0.filter($0.peer, "output", "tcp flags & rst == rst drop") },
            act: { stage in
                try await stage.listener.wait(for: "#1 reset from this end")
                try await stage.lab.inside(stage.lab.peer, "nft", "delete", "table", "inet", "lab")
            }, status: 11, says: ["ECONNRESET"], probes: 1...1, verdict: "peer_lost_state")
    }
}

extension Lab {
    /// Has the peer answer by ICMP that the host is unreachable, as a router would.
    fileprivate func reject() async throws {
        try await filter(peer, "input", "meta l4proto tcp reject with icmpx type host-unreachable")
    }
}
