import KeepAlive

/// Compares inferred settings with the true ones, if the capture is complete.
struct StoryPolicies {
    let view: StoryView

    func falsehoods() -> [String] {
        guard view.story.observation.isComplete, !view.isMixed, view.story.world.ends[view.connection][0].count == 1
        else { return [] }
        return [Side.client, .server].flatMap(falsehoods)
    }

    private func falsehoods(_ side: Side) -> [String] {
        let inferred = view.diagnosis.policy(of: side == view.originator ? .originator : .responder)
        let stack = view.story.plan.hosts[side.rawValue].stack
        var reasons: [String] = []
        guard isAllShown(side) else { return [] }
        guard let policy = view.end(side).policy else {
            return inferred.isEmpty ? [] : ["\(side.letter) has no keep-alives, and settings were inferred"]
        }
        func check(_ name: String, _ range: ClosedRange<Int64>?, _ truth: Int64) {
            guard let range, truth % Nanoseconds.second == 0 else { return }
            let seconds = truth / Nanoseconds.second
            if !range.contains(seconds) {
                reasons.append(
                    "\(side.letter): \(name) is \(seconds) s, inferred \(range.lowerBound)...\(range.upperBound)")
            }
        }
        check("idle", inferred.idle, policy.idle)
        if stack != .illumos { check("interval", inferred.interval, policy.interval) }
        if let count = inferred.count {
            switch view.cause(side) {
            case .keepAliveGaveUp(let unanswered):
                if UInt64(unanswered) != count {
                    reasons.append("\(side.letter): count is \(unanswered), inferred \(count)")
                }
            case .userTimeout: break
            case let cause:
                reasons.append("\(side.letter): it did not give up (\(cause)), inferred a count of \(count)")
            }
        }
        return reasons
    }

    /// Whether everything that `side` sent passed the capture point, and everything that passed toward it arrived.
    private func isAllShown(_ side: Side) -> Bool {
        view.story.world.packets.allSatisfy { packet in
            guard packet.connection == view.connection, packet.sentAt <= view.until - Nanoseconds.second else {
                return true
            }
            if packet.side == side { return packet.isForged || packet.passedAt != nil }
            return packet.passedAt == nil || packet.deliveredAt != nil || view.end(side).cause == .hostDied
        }
    }
}
