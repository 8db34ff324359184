// What the capture can show: not_established, one_direction, incomplete_capture, half_open.

extension VerdictRules {
    mutating func judgeVisibility() {
        judgeHalfOpen()
        if !capture.isEstablished { add(Finding(.notEstablished, connection.handshakeSeen ? .medium : .low)) }
        guard capture.isEstablished else { return }
        if let end = capture.uncaptured {
            let isSure =
                // A RST in the name of that end shows that its direction is captured, unless another one sent it.
                resetTime == nil && !hasCopies && !originator.hasClosedWindow && !responder.hasClosedWindow
                && !side(end).evidence.missing.isDisjoint(with: [.acknowledged, .echoed])
            var finding = Finding(.oneDirection, isSure ? .high : .medium, end)
            finding.frames.append(side(end).evidence.missingFrame)
            add(finding)
        } else if let end = [Connection.End.originator, .responder].first(where: { capture.missing(from: $0) != nil }) {
            var finding = Finding(.incompleteCapture, .medium, end)
            finding.details.duration = capture.missing(from: end).map { max(0, $0 &- connection.firstTime) }
            finding.frames.append(side(end).evidence.missingFrame)
            add(finding)
        }
    }

    /// A SYN was answered by the acknowledgment of an older connection: the other end still holds that one.
    ///
    /// Alternatives: TIME_WAIT, where the older connection had been closed; a SYN that arrived late.
    private mutating func judgeHalfOpen() {
        let challenge = connection.evidence.challenge
        guard let time = challenge.time, !challenge.wasClosed else { return }
        var finding = Finding(.halfOpen, challenge.isKnownConnection ? .medium : .low, .responder)
        finding.details.alternative = .timeWait
        if let heard = challenge.clientLastHeard { finding.details.idle = max(0, time &- heard) }
        finding.frames.append(challenge.synFrame)
        finding.frames.append(challenge.frame)
        add(finding)
    }
}
