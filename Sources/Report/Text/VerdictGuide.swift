package import KeepAlive

/// The explanation of a verdict, for `tcpalive explain` and `docs/verdicts.md`.
package struct VerdictGuide: Sendable {
    /// The meaning, in one or two sentences.
    package var meaning: String
    /// The conditions that the capture must meet, each a clause without a full stop.
    package var requirements: [String]
    /// Other explanations that the rule excludes or names, each a clause.
    package var alternatives: [String] = []
    /// What to do; empty: nothing.
    package var remedy = ""
    /// The sources of the rule and its numbers.
    package var sources: String
}

extension Verdict {
    /// The capture in the repository whose verdict this is.
    package var scene: String { "captures/verdicts/verdict-\(dashed).pcap" }

    /// A capture that looks much like `scene` and has another verdict.
    package var nearMiss: String { "captures/verdicts/near-\(dashed).pcap" }

    private var dashed: String { rawValue.replacing("_", with: "-") }

    /// The explanation.
    package var guide: VerdictGuide {
        switch self {

        // MARK: What the capture can show

        case .notEstablished:
            VerdictGuide(
                meaning: "No connection was established: the capture shows neither data nor a completed handshake.",
                requirements: ["no segment with data", "no handshake that was completed"],
                alternatives: ["the packets that would show the connection are missing from the capture"],
                sources: "RFC 9293 3.5")
        case .oneDirection:
            VerdictGuide(
                meaning:
                    "The capture contains the packets of one end only. It cannot show whether the other end answers, or "
                    + "what is lost.",
                requirements: ["one end acknowledges data, and none of the data it acknowledges was captured"],
                remedy:
                    "Capture where both directions pass, for example on the host itself, or mirror both directions of the "
                    + "port.",
                sources: "RFC 9293 3.4: an acknowledgment proves that the data arrived")
        case .incompleteCapture:
            VerdictGuide(
                meaning: "Packets of this connection are missing from the capture.",
                requirements: [
                    "at least one of: an end acknowledges more than was captured from its peer; it echoes a timestamp that is "
                        + "newer than the newest captured one; its SACK blocks leave exactly the missing ranges; the "
                        + "connection has no pure ACK at all; data is unacknowledged, is never retransmitted, and the capture "
                        + "continues for 3 s or more"
                ],
                alternatives: ["only one direction was captured (one_direction)"],
                remedy: "Capture again with a larger buffer, without sampling, and at a point that all packets pass.",
                sources: "RFC 9293 3.4, RFC 7323 3 (timestamps), RFC 2018 (SACK)")

        // MARK: Nothing wrong

        case .healthy:
            VerdictGuide(
                meaning:
                    "Keep-alive probes are sent, and the peer itself answers them: the peer is alive and the path stays "
                    + "open.",
                requirements: [
                    "at least one keep-alive probe",
                    "probes are answered, except perhaps the last before the end of the capture",
                    "the answers have the hop distance of the peer's other segments",
                ],
                alternatives: ["a middlebox answers for the peer (answered_by_middlebox)"],
                sources: "RFC 1122 4.2.3.6, RFC 9293 3.8.4")
        case .closed:
            VerdictGuide(
                meaning: "The connection ended normally or by decision of an application, and nothing was lost.",
                requirements: [
                    "a FIN or a RST, and no data that remains unacknowledged because of it",
                    "a RST counts as normal if it carries an ACK for the segment that triggered it (the socket still existed, "
                        + "as with an LDAP unbind, SO_LINGER 0 or unread data), if it answers a TLS close_notify with FIN, or "
                        + "if both ends had sent FIN before; a lost FIN counts as normal too",
                ],
                alternatives: ["the end came after 30 s or more without application data (idle_close)"],
                sources: "RFC 9293 3.6 and 3.10.7; RFC 1122 4.2.2.13")
        case .neverIdle:
            VerdictGuide(
                meaning: "The connection was in use all the time. A keep-alive was never due.",
                requirements: [
                    "open for 60 s or more", "never 60 s or more without application data", "no keep-alive probe",
                ],
                remedy:
                    "Nothing, unless probes are expected: they are sent only if TCP_KEEPIDLE is shorter than the longest "
                    + "idle period.",
                sources: "RFC 1122 4.2.3.6: probes are sent only after an idle period")
        case .idleClose:
            VerdictGuide(
                meaning:
                    "One end closed the connection after a period without application data. This is the idle timeout of "
                    + "an application or a proxy, and keep-alives do not refresh it.",
                requirements: [
                    "30 s or more without application data; probes and their answers do not count as data",
                    "then a FIN, or a RST whose hop distance is that of its sender's other segments",
                    "severity notice instead of ok if a request was lost because of it",
                ],
                alternatives: ["a middlebox sent the RST in the name of an end (reset_when_idle)"],
                remedy:
                    "Lengthen the idle timeout of that application or proxy, send data more often, or discard connections "
                    + "in the pool before that time.",
                sources: "the documented defaults of servers and proxies, listed in Sources/Report/idle-timeouts.tsv")
        case .unknown:
            VerdictGuide(
                meaning: "The capture supports no other verdict.",
                requirements: ["no other rule applies"],
                remedy:
                    "The sentence names what is missing. If the capture started midway, start it before the connection "
                    + "opens.",
                sources: "none")

        // MARK: Could be better

        case .noKeepalive:
            VerdictGuide(
                meaning: "The connection was idle for a minute or longer, and neither end probes. A dead peer would go "
                    + "unnoticed, and a NAT, firewall or load balancer may drop the connection.",
                requirements: [
                    "established and not half-closed",
                    "60 s or more without application data",
                    "no keep-alive probe of either end",
                    "the idle period is not explained by idle_close",
                    "other connections were captured during the idle period",
                ],
                alternatives: [
                    "the capture was stopped, or merged from pieces, and shows nothing at all in that period"
                ],
                remedy: "Enable SO_KEEPALIVE and set TCP_KEEPIDLE below the shortest idle timeout of the path.",
                sources: "RFC 1122 4.2.3.6 (keep-alives are off by default), RFC 5382 REQ-5")
        case .closeWait:
            VerdictGuide(
                meaning:
                    "An application never closed its socket after the peer had closed, and later its keep-alive probe "
                    + "was answered with RST.",
                requirements: [
                    "one end sent FIN",
                    "the other sent no FIN for 30 s or more",
                    "then its keep-alive probe was answered by RST",
                ],
                alternatives: ["the path lost its state; here the FIN explains the RST"],
                remedy:
                    "Fix the application that holds the socket (CLOSE_WAIT): it must close it after reading the end of "
                    + "the stream.",
                sources: "RFC 9293 3.6; tcp(7): tcp_fin_timeout")
        case .aborted:
            VerdictGuide(
                meaning: "An application reset the connection while its own probe was in flight. The gap says nothing "
                    + "about the keep-alive settings.",
                requirements: [
                    "an end sends a RST after its own unanswered probe",
                    "the RST comes sooner after the probe than the smaller known of its interval and its round-trip time, or "
                        + "sooner than 1 s if neither is known",
                ],
                alternatives: [
                    "the kernel gave up (peer_dead, user_timeout): then the RST comes one interval after the last probe"
                ],
                remedy: "Look for the reason in that application: a timeout of its own, a restart, SO_LINGER 0.",
                sources: "tcp(7): keep-alive timers fire after the interval, never before it")
        case .receiverStalled:
            VerdictGuide(
                meaning: "The peer is alive but does not read: its receive window stays closed.",
                requirements: ["window probes are answered with a closed window for 10 s or more"],
                alternatives: ["players and printers close their window on purpose; confidence is always low"],
                remedy:
                    "Find out why the application on that end stopped reading. TCP sends no keep-alives in this state.",
                sources: "RFC 9293 3.8.6.1, RFC 1122 4.2.2.17")
        case .applicationSilent:
            VerdictGuide(
                meaning:
                    "The peer's TCP acknowledged a request and answers probes, but its application does not reply.",
                requirements: [
                    "the last data came from the client and was acknowledged",
                    "no data from the server for 30 s or more",
                    "keep-alive probes are answered meanwhile",
                ],
                alternatives: [
                    "a one-way protocol", "long polling or another protocol that waits; confidence is always low",
                ],
                remedy:
                    "Look at the application on that end: TCP is fine. Keep-alives do not detect this; a timeout in the "
                    + "client does.",
                sources: "RFC 1122 4.2.3.6: a probe tests the peer's TCP, not its application")
        case .intervalExceedsIdle:
            VerdictGuide(
                meaning:
                    "TCP_KEEPINTVL is longer than TCP_KEEPIDLE. While the peer answers, Linux probes at the longer of "
                    + "the two.",
                requirements: ["the smallest interval consistent with the probes exceeds the largest idle time"],
                remedy: "Set TCP_KEEPINTVL below TCP_KEEPIDLE. Otherwise a dead peer is detected late.",
                sources: "measured on Linux 6.18: the timer runs for TCP_KEEPINTVL after each probe")
        case .tooManyProbes:
            VerdictGuide(
                meaning: "Probes are far more frequent than any known path needs. They cost battery and traffic.",
                requirements: ["30 or more probes", "none later than 10 s after the one before"],
                remedy: "Use a longer TCP_KEEPIDLE: the shortest idle timeouts of paths are 60 s.",
                sources: "RFC 1122 4.2.3.6: the default idle time is two hours or more")

        // MARK: Does not do what it is for

        case .unresponsive:
            VerdictGuide(
                meaning: "The last probes are unanswered, and the capture ends before the prober gave up.",
                requirements: [
                    "two or more distinct probes without an answer",
                    "each was unanswered for 1 s, or for three times the slowest answer if that is longer",
                    "this is the state at the end of the capture, even if data follows the probes",
                ],
                alternatives: ["only one direction was captured", "packets are missing from the capture"],
                remedy: "Keep capturing until the prober gives up or the peer answers.",
                sources: "RFC 1122 4.2.3.6: one lost probe must not count as a dead peer")
        case .peerNeverAnswers:
            VerdictGuide(
                meaning: "The peer sends data but answers none of the probes.",
                requirements: [
                    "three or more distinct probes, each unanswered for 1 s, or for three times the slowest answer if that is "
                        + "longer",
                    "data from the peer in between",
                    "an answer is any later segment whose acknowledgment number exceeds the sequence number of the probe, or "
                        + "a D-SACK of its byte",
                ],
                alternatives: ["only one direction was captured", "packets are missing from the capture"],
                remedy:
                    "If the peer's pure ACKs arrive, its TCP ignores probes without data (some stacks require one byte). "
                    + "If none arrives, look for a filter that drops segments without data.",
                sources: "RFC 1122 4.2.3.6, RFC 2883 (D-SACK)")
        case .answeredByMiddlebox:
            VerdictGuide(
                meaning:
                    "A middlebox answers the probes. The answers show that the middlebox is alive, and nothing about the peer.",
                requirements: [
                    "three or more answers",
                    "their hop distance differs by 2 or more from that of the peer's own segments",
                    "their round-trip time also differs from that of the peer",
                ],
                alternatives: ["the route changed; then data and answers change together"],
                remedy:
                    "Test the peer at the application level, or enable keep-alives between the middlebox and the peer.",
                sources: "RFC 791 3.2: each hop decrements the TTL")
        case .middleboxProbes:
            VerdictGuide(
                meaning: "A middlebox sends probes in the name of an end.",
                requirements: [
                    "three or more probes whose hop distance differs by 2 or more from that of the end's recent segments",
                    "they are not duplicates of other probes",
                    "their IP ID does not continue that of the end, where it has one",
                ],
                alternatives: ["the route changed"],
                remedy:
                    "These probes belong to the middlebox (for example dead connection detection of a firewall). They do "
                    + "not show that the end has keep-alives enabled.",
                sources: "RFC 791 3.2; Cisco ASA configuration guide: dead connection detection")
        case .staleReuse:
            VerdictGuide(
                meaning:
                    "New data was sent on a connection that the peer had already closed, and the peer answered with RST. "
                    + "The request was lost.",
                requirements: [
                    "the peer's FIN was acknowledged",
                    "new data came 1 s or more, and more than a round trip, after that",
                    "it was answered by RST",
                    "no FIN of the sender within 1 s",
                ],
                alternatives: ["the sender was about to close too"],
                remedy:
                    "Have the connection pool discard a connection when its peer closes, and keep idle connections for "
                    + "less than the server's timeout.",
                sources: "RFC 9293 3.6 and 3.10.7")
        case .halfOpen:
            VerdictGuide(
                meaning: "A client opens a connection on ports on which the other end still holds an old one.",
                requirements: [
                    "a SYN with a new initial sequence number",
                    "answered by a challenge ACK of the old connection",
                    "no FIN before",
                ],
                alternatives: ["the old connection is in TIME_WAIT", "a duplicate of an old SYN arrived late"],
                remedy:
                    "Enable keep-alives on the end that holds the old connection, so that it detects that its peer is "
                    + "gone.",
                sources: "RFC 9293 3.5.1 and 3.10.7.4, RFC 5961 4")
        case .unitError:
            VerdictGuide(
                meaning: "Probes come a fraction of a second apart. Seconds and milliseconds were probably confused.",
                requirements: ["three or more probes, 1 ms to 0.9 s apart"],
                alternatives: [
                    "the times of the capture are artificial: all gaps are equal or below 1 ms",
                    "a deliberate setting below one second, as Windows and lwIP allow",
                ],
                remedy:
                    "TCP_KEEPIDLE and TCP_KEEPINTVL are in seconds; SIO_KEEPALIVE_VALS of Windows is in milliseconds.",
                sources: "tcp(7); Microsoft Learn: SIO_KEEPALIVE_VALS")

        // MARK: The connection died

        case .peerDead:
            VerdictGuide(
                meaning: "The kernel of the prober gave up, because its probes had no answer.",
                requirements: [
                    "two or more unanswered probes at the end",
                    "then a RST of the prober one interval after the last of them, or no further probe for more than two "
                        + "intervals (Windows may not send a RST)",
                ],
                alternatives: ["only one direction was captured, so the answers may exist"],
                remedy: "Check the peer and its network: power, link, route, a firewall that drops packets.",
                sources: "RFC 1122 4.2.3.6, RFC 9293 3.8.4; tcp(7): TCP_KEEPCNT")
        case .peerUnreachable:
            VerdictGuide(
                meaning:
                    "ICMP errors report that the peer cannot be reached. The kernel ignores them for an idle connection.",
                requirements: [
                    "the conditions of unresponsive, peer_dead or data_in_flight; or two errors, and no segment of the peer since",
                    "ICMP errors that quote a segment of the connection, with matching ports and sequence number",
                    "\"packet too big\" counts only if a segment of the same size is lost again",
                    "severity warning instead of failure while the connection continues",
                ],
                remedy:
                    "Follow the sentence: it names the router and its reason. Host unreachable: the peer is off or its "
                    + "link is down. Network unreachable: a route is missing. Prohibited: a filter rejects it.",
                sources: "RFC 792, RFC 1812 5.2.7.1, RFC 4443; RFC 5927 (why the kernel ignores them)")
        case .peerLostState:
            VerdictGuide(
                meaning:
                    "A probe, or data after an idle period, was answered by a RST of a TCP that has no such connection.",
                requirements: [
                    "a RST without ACK whose sequence number is the acknowledgment number of the probe or data",
                    "its sender had not sent FIN",
                    "the prober had not sent RST",
                ],
                alternatives: [
                    "the peer restarted",
                    "a NAT or firewall dropped its state, likely if it happens again after the same idle time of the path",
                    "a load balancer passed the packet to another server",
                ],
                remedy: "Reconnect. If it happens again after the same idle time, set TCP_KEEPIDLE below that time.",
                sources: "RFC 9293 3.10.7.1, reset generation for a closed connection")
        case .silentDrop:
            VerdictGuide(
                meaning:
                    "After an idle period the path dropped what was sent, without a RST and without an ICMP error.",
                requirements: [
                    "established and not half-closed",
                    "the path was idle for 30 s or more, and for longer than in any idle period that was survived, beyond "
                        + "timer slack",
                    "then data was retransmitted three times or more without an answer",
                ],
                alternatives: [
                    "the peer died: excluded only if its host was active while the retransmissions had no answer",
                    "the address belongs to several hosts (load balancer, NAT)",
                ],
                remedy:
                    "Enable SO_KEEPALIVE with TCP_KEEPIDLE below the idle period that failed; the sentence gives the "
                    + "number.",
                sources: "RFC 5382 REQ-5; vendors' idle timeouts in Sources/Report/idle-timeouts.tsv")
        case .tooLateForPath:
            VerdictGuide(
                meaning: "Keep-alives are enabled, but the first probe came after the path had dropped the connection.",
                requirements: [
                    "established and not half-closed",
                    "the path was idle for 30 s or more, and for longer than in any idle period that was survived, beyond "
                        + "timer slack",
                    "then a first probe and its successors had no answer",
                ],
                alternatives: [
                    "the peer died: excluded only if its host was active while the probes had no answer",
                    "the address belongs to several hosts (load balancer, NAT): confidence is medium at most",
                ],
                remedy: "Set TCP_KEEPIDLE below the idle period that failed; the sentence gives the number.",
                sources: "RFC 5382 REQ-5; vendors' idle timeouts in Sources/Report/idle-timeouts.tsv")
        case .blocked:
            VerdictGuide(
                meaning: "Something on the path started to drop the packets of a connection in use.",
                requirements: [
                    "data or probes had no answer, as in silent_drop or too_late_for_path",
                    "the path had been idle for less than 30 s",
                    "the peer's host was active meanwhile",
                    "not half-closed",
                ],
                alternatives: ["the peer's process or its host hangs", "the address belongs to several hosts"],
                remedy:
                    "Look for a change on the path at that time: a firewall rule, a failover, a rate limit. Keep-alives "
                    + "do not prevent this.",
                sources: "RFC 9293 3.8.3")
        case .resetWhenIdle:
            VerdictGuide(
                meaning: "A middlebox reset the connection after an idle period.",
                requirements: [
                    "a RST without a trigger after 30 s or more in which no packet crossed the path",
                    "evidence that neither end sent it: another hop distance, RSTs to both ends within one round trip, or the "
                        + "TTL of the handshake's answer and not that of the data (load balancer)",
                ],
                alternatives: ["an application ended the connection (idle_close)"],
                remedy: "Set TCP_KEEPIDLE below that idle time, or lengthen the timeout of the middlebox.",
                sources: "vendors' idle timeouts in Sources/Report/idle-timeouts.tsv")
        case .resetByPath:
            VerdictGuide(
                meaning: "A device on the path sent a RST in the name of an end.",
                requirements: [
                    "a RST whose hop distance differs by 2 or more from that of the end's recent segments",
                    "its IP ID does not continue the counter of that end, where it has one",
                    "the RST took effect: the connection did not continue",
                ],
                alternatives: ["the route changed", "the kernel of that end builds a RST with its default TTL"],
                remedy: "Look for a firewall, intrusion prevention or load balancer at that hop distance.",
                sources: "RFC 791 3.2; RFC 5961 3.2 (which RSTs take effect)")
        case .userTimeout:
            VerdictGuide(
                meaning: "The prober gave up after a single unanswered probe.",
                requirements: ["one unanswered probe", "then a RST of the prober one interval later"],
                alternatives: ["TCP_KEEPCNT is 1; the packets are the same, so confidence is never high"],
                remedy:
                    "TCP_USER_TIMEOUT replaces TCP_KEEPCNT. Set it to TCP_KEEPIDLE + TCP_KEEPINTVL x TCP_KEEPCNT, or "
                    + "raise TCP_KEEPCNT.",
                sources: "tcp(7): TCP_USER_TIMEOUT; RFC 5482")
        case .dataInFlight:
            VerdictGuide(
                meaning:
                    "Data was retransmitted repeatedly and never acknowledged. TCP sends no keep-alives meanwhile.",
                requirements: [
                    "data, not a SYN or FIN, retransmitted three times or more over 3 s or more",
                    "no acknowledgment of it up to the first RST",
                    "the peer's window was open",
                ],
                alternatives: [
                    "only one direction was captured",
                    "packets are missing from the capture",
                    "the peer's window is closed (receiver_stalled)",
                ],
                remedy: "Check the peer and the path. TCP_USER_TIMEOUT limits how long data may stay unacknowledged; "
                    + "keep-alives do not.",
                sources: "RFC 1122 4.2.3.6: probes are for connections without data in flight; RFC 6298")
        }
    }
}
