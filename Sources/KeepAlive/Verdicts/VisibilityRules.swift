// What the capture can show: not_established, one_direction, incomplete_capture, half_open.

extension VerdictRules {
    mutating func applyVisibilityRules() {
        add(halfOpen())
        guard visibility.isEstablished else {
            return add(Finding(.notEstablished, connection.handshakeSeen ? .medium : .low))
        }
        add(oneDirection() ?? incompleteCapture())
    }

    private func oneDirection() -> Finding? {
        guard let end = visibility.uncaptured else { return nil }
        let evidence = connection[end].evidence
        let isSure =
            // A RST from that end shows that its direction is captured, unless another host sent it.
            resetTime == nil && !hasCopies && !originator.hasClosedWindow && !responder.hasClosedWindow
            && !evidence.missing.isDisjoint(with: [.acknowledged, .echoed])
        var finding = Finding(.oneDirection, isSure ? .high : .medium, end)
        finding.frames = FrameList(evidence.missingFrame)
        return finding
    }

    private func incompleteCapture() -> Finding? {
        for end in End.allCases {
            guard let missing = visibility.missing(from: end) else { continue }
            var finding = Finding(.incompleteCapture, .medium, end)
            finding.details.duration = max(0, missing &- connection.firstTime)
            finding.frames = FrameList(connection[end].evidence.missingFrame)
            return finding
        }
        return nil
    }

    /// A SYN was answered by the acknowledgment of an older connection: the other end still holds that one.
    ///
    /// Alternatives: TIME_WAIT, if the older connection had been closed; a SYN that arrived late.
    private func halfOpen() -> Finding? {
        let challenge = connection.evidence.challenge
        guard let time = challenge.time, !challenge.wasClosed else { return nil }
        var finding = Finding(.halfOpen, challenge.isKnownConnection ? .medium : .low, .responder)
        finding.details.alternative = .timeWait
        if let heard = challenge.clientLastHeard { finding.details.idle = max(0, time &- heard) }
        finding.frames = FrameList(challenge.synFrame, challenge.frame)
        return finding
    }
}
