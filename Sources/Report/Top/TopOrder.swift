import KeepAlive
import Sockets
import Wire

/// By what the connections of `tcpalive top` are sorted.
package enum TopOrder: String, CaseIterable, Sendable {
    case severity, process, local, remote
    case settings = "keep-alive"
    case idle
    case next, unanswered, answer

    /// Whether `left` comes before `right`. Rows that are equal in this order have the worse one first.
    func isBefore(_ left: TopRow, _ right: TopRow) -> Bool {
        switch self {
        case .severity: break
        case .process:
            let (name, other) = (left.audited.program ?? "~", right.audited.program ?? "~")
            if name != other { return name < other }
            let (number, otherNumber) = (left.audited.owner?.process ?? .max, right.audited.owner?.process ?? .max)
            if number != otherNumber { return number < otherNumber }
        case .local:
            let (end, other) = (left.audited.socket.local, right.audited.socket.local)
            if end != other { return end.isBefore(other) }
        case .remote:
            let (end, other) = (left.audited.socket.remote, right.audited.socket.remote)
            if end != other { return end.isBefore(other) }
        case .settings:
            let (idle, other) = (left.longestSilence, right.longestSilence)
            if idle != other { return idle > other }
        case .idle:
            let (idle, other) = (left.audited.socket.idleNow ?? 0, right.audited.socket.idleNow ?? 0)
            if idle != other { return idle > other }
        case .next:
            let (next, other) = (left.untilProbe, right.untilProbe)
            if next != other { return next < other }
        case .unanswered:
            if left.unanswered != right.unanswered { return left.unanswered > right.unanswered }
        case .answer:
            let (reply, other) = (left.roundTrip ?? -1, right.roundTrip ?? -1)
            if reply != other { return reply > other }
        }
        if left.severity != right.severity { return left.severity > right.severity }
        return left.audited.isWorse(than: right.audited)
    }
}

extension TopRow {
    /// The idle time that keep-alive allows (s): none is endless, and what is unknown is least.
    fileprivate var longestSilence: Int {
        if audited.isOn == false { return .max }
        return audited.options?.idle ?? audited.reading.idle ?? audited.reading.silence.map { $0 / 1000 } ?? -1
    }

    /// Milliseconds until the next probe.
    fileprivate var untilProbe: UInt32 { audited.socket.timer == .keepAlive ? audited.socket.expires : .max }

    /// How long the last answer took, or else the smoothed round trip of the kernel (ns).
    var roundTrip: Int64? {
        if let reply = wire.lastReply { return reply }
        guard let details = audited.socket.details, details.roundTrip > 0 else { return nil }
        return Int64(details.roundTrip) * 1000
    }
}

extension Endpoint {
    fileprivate func isBefore(_ other: Endpoint) -> Bool {
        address == other.address ? port < other.port : other.address.isGreater(than: address)
    }
}
