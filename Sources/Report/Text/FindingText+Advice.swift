import KeepAlive
import Wire

/// What to do about a finding.
extension FindingText {
    /// The advice; empty: none.
    var advice: String {
        switch finding.verdict {
        case .healthy:
            return own.closedIdle == nil
                ? ""
                : "Keep-alives do not refresh the idle timeout of an application or proxy: lengthen it, or send data."
        case .idleClose:
            // Nothing was lost, so this matters only if the connection should live longer.
            return own.probes + peer.probes > 0
                ? "Keep-alives do not refresh that timeout: lengthen it, send data, or let the pool drop connections sooner."
                : ""
        case .noKeepalive: return noKeepaliveAdvice
        case .peerLostState, .silentDrop, .tooLateForPath, .resetWhenIdle:
            guard let idle = details.idle else {
                return "Set TCP_KEEPIDLE below the idle timeout of the path on either end."
            }
            let prefix = finding.verdict == .peerLostState ? "If it is the path: set" : "Set"
            return
                "\(prefix) TCP_KEEPIDLE on either end so that probes come before \(seconds(idle)) of idleness: that was too long."
        case .peerUnreachable:
            return unreachableAdvice
        case .receiverStalled:
            return
                "Look at the application on \(name): its receive queue is full (`ss -tm`). TCP_USER_TIMEOUT on \(other) "
                + "bounds how long the data may wait."
        case .userTimeout:
            return
                "One lost probe ends the connection: raise TCP_USER_TIMEOUT above idle + count × interval, or the count."
        case .peerNeverAnswers:
            let heartbeat = "Use a heartbeat of the application: some small stacks answer only probes with one byte."
            return peer.hasSentPureAcknowledgment
                ? heartbeat : "Look for a filter that drops segments without data. \(heartbeat)"
        default: return finding.severity == .ok ? "" : finding.verdict.guide.remedy
        }
    }

    private var noKeepaliveAdvice: String {
        let survived = diagnosis.connection.idleness.longestSurvived
        let idle =
            survived >= 60_000_000_000
            ? " short enough that probes come within \(seconds(survived)) of idleness, which this path survived"
            : " below the idle timeout of the path"
        return "Enable SO_KEEPALIVE at the end that must detect a dead peer, with TCP_KEEPIDLE\(idle)."
    }

    /// Whole seconds of at least 1, rounded down.
    private func seconds(_ nanoseconds: Int64) -> String { "\(max(1, nanoseconds / 1_000_000_000)) s" }

    /// What to do about the last ICMP error.
    private var unreachableAdvice: String {
        guard let last = diagnosis.connection.evidence.errors.last else { return "" }
        if last.router == diagnosis.endpoint(end).address, !last.isTooBig {
            return "Check the interface and the route of that host, and whether its next hop answers ARP or neighbour "
                + "discovery."
        }
        return ICMPText(isVersion6: last.router.version == .v6, type: last.type, code: last.code).advice
    }
}
