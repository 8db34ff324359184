import Wire

/// What the capture shows of a connection, and what it does not.
struct ConnectionVisibility {
    /// A sender without an acknowledgment retransmits within this time (ns): 3 s.
    private static let retransmissionDue: Int64 = 3_000_000_000

    /// Whether there was data, a completed handshake, or a probe, which proves a connection.
    let isEstablished: Bool
    /// The end whose packets are all missing from the capture although the other end hears it.
    let uncaptured: Connection.End?
    /// The time from which packets of each end are missing (ns since 1970); nil: none are.
    private let missingSince: PerEnd<Int64?>
    /// Whether anything of each end was captured.
    private let isHeard: PerEnd<Bool>

    init(_ connection: Connection, end: Int64) {
        let (originator, responder) = (connection.fromOriginator, connection.fromResponder)
        isEstablished = Self.isEstablished(connection)
        let isHeard = PerEnd(originator: originator.isHeard, responder: responder.isHeard)
        uncaptured =
            if !isHeard.responder, !responder.evidence.missing.isEmpty {
                .responder
            } else if !isHeard.originator, !originator.evidence.missing.isEmpty {
                .originator
            } else {
                nil
            }
        let areHeard = isHeard.originator && isHeard.responder
        self.isHeard = isHeard
        missingSince = PerEnd(
            originator: Self.missingSince(.originator, of: connection, areHeard: areHeard, end: end),
            responder: Self.missingSince(.responder, of: connection, areHeard: areHeard, end: end))
    }

    private static func isEstablished(_ connection: Connection) -> Bool {
        let (originator, responder) = (connection.fromOriginator, connection.fromResponder)
        let hasData =
            (originator.hasSentData && originator.isEstablished) || (responder.hasSentData && responder.isEstablished)
        let isCompleted = connection.sawSYNACK && originator.isEstablished
        let beganMidway =
            !connection.handshakeSeen
            && (originator.isEstablished && responder.isEstablished || !originator.evidence.missing.isEmpty
                || !responder.evidence.missing.isEmpty)
        return hasData || isCompleted || beganMidway || originator.probes + responder.probes > 0
    }

    /// The time from which packets of `end` are missing (ns since 1970); nil: none are.
    ///
    /// `areHeard`: something of both ends was captured. `captureEnd` is in ns since 1970.
    private static func missingSince(
        _ end: Connection.End, of connection: Connection, areHeard: Bool, end captureEnd: Int64
    ) -> Int64? {
        let (own, peer) = (connection[end], connection[end.other])
        if !own.evidence.missing.isEmpty { return own.evidence.missingSince }
        // A capture of data alone has no acknowledgment at all, not even that of the handshake.
        let isLong = connection.lastTime &- connection.firstTime >= Idleness.patience
        if areHeard, isLong, peer.hasSentData, !own.hasSentPureAcknowledgment, own.probes == 0, peer.probes == 0,
            (end == .originator && connection.sawSYNACK)
                || (!peer.hasSentPureAcknowledgment && !connection.handshakeSeen)
        {
            return connection.firstTime
        }
        if peer.hasUnacknowledged, !peer.awaitsCloseOnly, connection.evidence.errors.last == nil,
            peer.evidence.retransmissions == 0,
            connection.evidence.reset.time == nil, peer.zeroWindowProbes == 0, !own.hasClosedWindow,
            let sent = peer.lastSpoke, captureEnd &- sent >= Self.retransmissionDue, peer.unanswered == 0
        {
            return sent
        }
        return nil
    }

    /// Whether anything of `end` was captured.
    func hears(_ end: Connection.End) -> Bool { isHeard[end] }

    /// The time from which packets of `end` are missing (ns since 1970); nil: none are.
    func missing(from end: Connection.End) -> Int64? { missingSince[end] }

    /// Whether nothing that `end` sent until `time` (ns since 1970) is known to be missing.
    func isComplete(_ end: Connection.End, until time: Int64) -> Bool {
        guard let missing = missing(from: end) else { return true }
        return missing > time
    }

    /// Whether nothing of either end is known to be missing.
    var isComplete: Bool { missingSince.originator == nil && missingSince.responder == nil }
}

extension ConnectionSide {
    /// Whether anything of it was captured.
    fileprivate var isHeard: Bool { lastSpoke != nil || probes + zeroWindowProbes > 0 }
}
