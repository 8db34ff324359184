import KeepAlive

/// The findings that the first connection of a story deserves if its capture is complete: shows too cautious rules.
struct StoryRecall {
    let view: StoryView

    /// What happened, and the verdicts that are right for it; nil: nothing that has a verdict of its own.
    func expectation() -> (name: String, verdicts: [Verdict])? {
        let story = view.story
        guard story.observation.isComplete, view.connection == 0, !view.isMixed else { return nil }
        if story.world.ends[0][0].count > 1 {
            return view.hasCaptured { $0.purpose == .challenge } ? ("half open", [.halfOpen]) : nil
        }
        for side in [Side.client, .server] { if let found = ending(side) { return found } }
        return living()
    }

    private func ending(_ side: Side) -> (String, [Verdict])? {
        let flow = view.story.world.flows[0]
        switch view.cause(side) {
        case .keepAliveGaveUp(let count):
            if count == 1 { return ("gave up after one probe", [.userTimeout]) }
            let captured = view.hasCaptured { $0.purpose == .giveUpReset && $0.side == side }
            if flow.forgotten != nil, flow.firstDrop != nil {
                return ("gave up, path forgot", [.tooLateForPath, .peerDead])
            }
            return captured
                ? ("gave up", [.peerDead, .blocked, .tooLateForPath, .silentDrop])
                : ("gave up without RST", [.peerDead, .unresponsive])
        case .reset(let by):
            let reset = view.packet(by)
            guard view.captured.contains(by) else { return nil }
            switch reset.purpose {
            case .idleReset: return ("path reset when idle", [.resetWhenIdle, .resetByPath])
            case .injectedReset: return ("RST injected", [.resetByPath, .resetWhenIdle])
            case .pathReset: return ("path forgot and rejects", [.peerLostState, .resetWhenIdle])
            case .stateless:
                if view.end(side.other).cause == .hostDied { return ("host restarted", [.peerLostState]) }
                if let finish = view.end(side.other).finishSentAt {
                    guard let trigger = reset.trigger >= 0 ? view.packet(reset.trigger) : nil else { return nil }
                    if trigger.purpose == .probe, trigger.sentAt - finish > 31 * Nanoseconds.second {
                        return ("CLOSE_WAIT leak", [.closeWait])
                    }
                    if trigger.purpose == .data, trigger.sentAt - finish > 2 * Nanoseconds.second {
                        return ("stale reuse", [.staleReuse])
                    }
                }
                return nil
            default: return nil
            }
        case .applicationAbort:
            guard let abort = view.captured.last(where: { view.packet($0).purpose == .abortReset }) else { return nil }
            let probes = view.probes(side)
            if let probe = probes.last, view.deliveredAnswer(probe) == nil,
                view.time(abort) - view.time(probe) < 5 * Nanoseconds.second
            {
                return ("aborted while probing", [.aborted])
            }
            return nil
        default: break
        }
        return nil
    }

    private func living() -> (String, [Verdict])? {
        let flow = view.story.world.flows[0]
        for side in [Side.client, .server] {
            let lost = view.captured.filter {
                view.packet($0).side == side && view.packet($0).purpose == .retransmission
                    && view.packet($0).deliveredAt == nil
            }
            if lost.count >= 4, let first = lost.first, let last = lost.last,
                view.time(last) - view.time(first) > 5 * Nanoseconds.second,
                view.end(side).outstanding.count > 0 || view.cause(side) == .retransmissionGaveUp
            {
                if flow.forgotten != nil { return ("data lost, path forgot", [.silentDrop]) }
                if view.story.plan.path.device?.blocksFrom != nil {
                    return ("data lost, path blocks", [.blocked, .dataInFlight, .silentDrop])
                }
                return ("data lost", [.dataInFlight, .silentDrop, .blocked])
            }
        }
        for side in [Side.client, .server] {
            if let closed = view.closedByApplication(side), view.end(side).finishSentAt != nil,
                view.applicationIdle(at: closed) > 31 * Nanoseconds.second,
                view.ends.allSatisfy({ $0.state == .gone || $0.state == .timeWait })
            {
                return ("idle close", [.idleClose])
            }
        }
        let forged = view.captured.filter { view.packet($0).isForged }
        if forged.filter({ view.packet($0).purpose == .answer }).count >= 3 {
            return ("middlebox answers", [.answeredByMiddlebox])
        }
        if forged.filter({ view.packet($0).purpose == .probe }).count >= 3 {
            return ("middlebox probes", [.middleboxProbes])
        }
        for side in [Side.client, .server] where view.end(side).state == .established {
            let probes = view.probes(side)
            if probes.count >= 3, let last = probes.last,
                probes.suffix(2).allSatisfy({ view.deliveredAnswer($0) == nil }),
                view.until - view.time(last) > 2 * Nanoseconds.second
            {
                return (
                    "unanswered probes", [.unresponsive, .tooLateForPath, .blocked, .silentDrop, .peerNeverAnswers]
                )
            }
            if probes.count >= 3, probes.allSatisfy({ view.deliveredAnswer($0) != nil }),
                view.end(side.other).state == .established
            {
                return ("answered probes", [.healthy, .intervalExceedsIdle, .tooManyProbes, .unitError])
            }
        }
        let isEnded = view.ends.contains {
            ($0.state == .gone && $0.cause != .hostDied) || $0.finishSentAt != nil || $0.establishedAt == nil
        }
        if isEnded { return nil }
        if view.probes(.client).isEmpty, view.probes(.server).isEmpty,
            view.longestApplicationIdle > 62 * Nanoseconds.second,
            forged.isEmpty
        {
            return ("idle without keep-alive", [.noKeepalive])
        }
        return nil
    }
}
