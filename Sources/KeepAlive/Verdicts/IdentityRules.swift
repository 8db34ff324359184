// Segments that another host sent with the address of an end: answered_by_middlebox, middlebox_probes.

extension VerdictRules {
    mutating func applyIdentityRules(to end: End) {
        guard applicable[end].contains(.identity) else { return }
        let own = connection[end]
        add(answeredByMiddlebox(end, own))
        add(middleboxProbes(end, own))
    }

    /// Answers come from another distance *and* take another time than the peer's own segments.
    ///
    /// Alternative: a changed route.
    private func answeredByMiddlebox(_ end: End, _ own: ConnectionSide) -> Finding? {
        let peer = connection[end.other]
        guard own.foreignAnswers >= 3, let trip = peer.handshakeReply, own.foreignReplies.count > 0,
            own.foreignReplies.longest < trip / 2, trip &- own.foreignReplies.longest >= 1_000_000
        else { return nil }
        var finding = Finding(.answeredByMiddlebox, .medium, end)
        finding.details.count = own.foreignAnswers
        finding.details.duration = own.foreignReplies.longest
        finding.details.distances = Finding.Distances(foreign: own.foreignTimeToLive, own: peer.hops.own)
        finding.details.alternative = .routeChange
        finding.frames = FrameList(own.lastProbeFrame, own.lastAnswerFrame)
        return finding
    }

    /// Probes come from another distance than the end's own segments. Distance alone is never sure.
    ///
    /// Alternative: a changed route.
    private func middleboxProbes(_ end: End, _ own: ConnectionSide) -> Finding? {
        guard own.middleboxProbes >= 3 else { return nil }
        var finding = Finding(.middleboxProbes, .medium, end)
        finding.details.count = own.middleboxProbes
        finding.details.alternative = .routeChange
        finding.frames = FrameList(own.lastProbeFrame)
        return finding
    }
}

extension HopHistory {
    /// The TTL of the end's own segments: of recent ones, or else of its first; 0: not known.
    var own: UInt8 { recent == 0 ? first : recent }
}
