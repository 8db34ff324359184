// Who really sent what: answered_by_middlebox, middlebox_probes.

extension VerdictRules {
    mutating func judgeIdentity(_ end: End) {
        guard candidates(end).contains(.identity) else { return }
        let own = side(end)
        judgeForeignAnswers(end, own)
        // Alternative: a changed route, so that distance alone is never sure.
        guard own.middleboxProbes >= 3 else { return }
        var finding = Finding(.middleboxProbes, .medium, end)
        finding.details.count = own.middleboxProbes
        finding.details.alternative = .routeChange
        finding.frames.append(own.lastProbeFrame)
        add(finding)
    }

    /// Answers from another distance *and* in another time than the peer itself needs.
    private mutating func judgeForeignAnswers(_ end: End, _ own: ConnectionSide) {
        let peer = side(end.other)
        guard own.foreignAnswers >= 3, let trip = peer.handshakeReply, own.foreignReplies.count > 0,
            own.foreignReplies.longest < trip / 2, trip &- own.foreignReplies.longest >= 1_000_000
        else { return }
        var finding = Finding(.answeredByMiddlebox, .medium, end)
        finding.details.count = own.foreignAnswers
        finding.details.duration = own.foreignReplies.longest
        finding.details.distances = Finding.Distances(
            foreign: own.foreignTimeToLive, own: peer.hops.recent == 0 ? peer.hops.first : peer.hops.recent)
        finding.details.alternative = .routeChange
        finding.frames.append(own.lastProbeFrame)
        finding.frames.append(own.lastAnswerFrame)
        add(finding)
    }
}
