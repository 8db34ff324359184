// ICMP errors: peer_unreachable.

extension VerdictRules {
    /// Errors about segments that were not captured, or are too few for the other rules; nothing of the peer came since.
    mutating func applyErrorRules(to end: End) {
        guard let errors = errors(quoting: end), errors.count > 1, let first = errors.firstTime,
            let last = errors.lastTime, last > connection[end.other].lastSpoke ?? .min, connection.ending != .closed
        else { return }
        add(peerUnreachable(end, errors, isOver: resetTime != nil, since: first))
    }

    /// The finding that `errors` reported, since `start` (ns since 1970), that the peer of `end` cannot be reached.
    /// `isOver`: the connection ended.
    func peerUnreachable(_ end: End, _ errors: ErrorEvidence, isOver: Bool, since start: Int64) -> Finding {
        var finding = Finding(.peerUnreachable, .high, end, severity: isOver ? .failure : .warning)
        finding.details.count = errors.count
        finding.details.duration = (errors.lastTime ?? start) &- start
        finding.frames = FrameList(errors.firstFrame, errors.lastFrame)
        return finding
    }

    /// The ICMP errors, other than "too big", that quote segments of `end`; nil: there are none.
    func errors(quoting end: End) -> ErrorEvidence? {
        let errors = connection.evidence.errors
        guard errors.count > 0, self.end(ofSide: errors.side) == end else { return nil }
        return errors
    }
}
