import KeepAlive
import Wire

/// A false finding or a false inferred setting.
struct StoryContradiction: CustomStringConvertible {
    /// The name of the verdict; "settings" for an inferred setting.
    var verdict: String
    var connection: UInt64
    var reason: String

    var isSettings: Bool { verdict == "settings" }
    var description: String { "\(verdict) of connection \(connection): \(reason)" }
}

/// Compares findings with the truth: one function for each verdict returns the reason why the finding is false, or nil.
///
/// The end of a finding is the prober, the sender of lost data, the end that closed or aborted, or the end whose address a
/// middlebox uses for probes. Findings about resets, lost state and windows may name either end.
struct StoryRules {
    let view: StoryView
    let finding: Finding

    private static let second = Nanoseconds.second

    /// Why `finding` is false; nil: it is true, or says nothing.
    ///
    /// If a capture dropped packets at random and the rest looks complete, no rule can know, and nothing counts as false.
    func falsehood() -> String? {
        guard let reason = reason() else { return nil }
        let observation = view.story.observation
        let isRandom = observation.dropRate > 0 || observation.dropsOne != nil
        if isRandom, !missing.isEmpty, !view.hasVisibleGap { return nil }
        return reason
    }

    private func reason() -> String? {
        if view.isMixed { return finding.verdict == .halfOpen ? halfOpen() : nil }
        return switch finding.verdict {
        case .notEstablished: notEstablished()
        case .oneDirection: oneDirection()
        case .incompleteCapture: incompleteCapture()
        case .healthy: each(healthy)
        case .closed: closed()
        case .neverIdle: neverIdle()
        case .idleClose: each(idleClose)
        case .noKeepalive: noKeepalive()
        case .closeWait: closeWait()
        case .aborted: each(aborted)
        case .receiverStalled: receiverStalled()
        case .applicationSilent: applicationSilent()
        case .intervalExceedsIdle: each(intervalExceedsIdle)
        case .tooManyProbes: each(tooManyProbes)
        case .unresponsive: each(unresponsive)
        case .peerNeverAnswers: each(peerNeverAnswers)
        case .answeredByMiddlebox: answeredByMiddlebox()
        case .middleboxProbes: each(middleboxProbes)
        case .staleReuse: staleReuse()
        case .halfOpen: halfOpen()
        case .unitError: each(unitError)
        case .peerDead: each(peerDead)
        case .peerUnreachable: "no ICMP error was sent"
        case .peerLostState: peerLostState()
        case .silentDrop: each { forgotten($0, probes: false) }
        case .tooLateForPath: each { forgotten($0, probes: true) }
        case .blocked: blocked()
        case .resetWhenIdle: resetWhenIdle()
        case .resetByPath: resetByPath()
        case .userTimeout: "a user timeout and a count of 1 look the same: it is never sure"
        case .dataInFlight: each(dataInFlight)
        case .unknown: nil
        }
    }

    /// A finding that names no end is false if it is false for both.
    private func each(_ rule: (Side) -> String?) -> String? {
        var reason: String?
        for side in view.sides(finding) {
            guard let found = rule(side) else { return nil }
            reason = "\(side.letter): \(found)"
        }
        return reason
    }

    private func text(_ time: Int64) -> String { StoryDump.seconds(time) }

    // MARK: What the capture can show

    private func notEstablished() -> String? {
        let isEstablished = view.ends.allSatisfy { ($0.establishedAt ?? .max) <= view.last }
        return isEstablished ? "it was established" : nil
    }

    /// The packets that passed the capture point and were not captured.
    private var missing: [Int] {
        let captured = Set(view.captured)
        return view.passed.filter { !captured.contains($0) }
    }

    private func oneDirection() -> String? {
        if let side = view.story.observation.missing {
            return view.sides(finding).contains(side) ? nil : "it is the other direction that is missing"
        }
        if missing.isEmpty { return "nothing is missing" }
        let hasBoth = [Side.client, .server].allSatisfy { side in view.hasCaptured { $0.side == side } }
        return hasBoth ? "both directions were captured" : nil
    }

    private func incompleteCapture() -> String? {
        missing.isEmpty ? "nothing is missing" : nil
    }

    // MARK: Nothing wrong

    private func healthy(_ prober: Side) -> String? {
        let probes = view.probes(prober)
        guard let answered = probes.last(where: { view.passedAnswer($0) != nil }) else {
            return "no captured probe was answered"
        }
        if let answer = view.passedAnswer(answered), view.packet(answer).isForged {
            return "a middlebox answered the probes"
        }
        if let answer = view.passedAnswer(answered), view.packet(answer).flags.contains(.rst) {
            return "the last answer is a RST"
        }
        if case .keepAliveGaveUp = view.cause(prober), let last = probes.last, let policy = view.end(prober).policy {
            // Packets lost before the capture point show only in the absence of further probes.
            let isSeen = view.hasCaptured { $0.side == prober && $0.purpose == .giveUpReset }
            let patience = 2 * max(policy.idle, policy.interval) + 10 * Self.second
            if isSeen || view.until - view.time(last) > patience { return "it gave up" }
        }
        if probes.count >= 2, let last = probes.last {
            let patience = max(Self.second, 3 * view.roundTrip)
            let silent = probes.suffix(2).filter { view.passedAnswer($0) == nil && view.deliveredAnswer($0) == nil }
            // A peer that was heard later is alive.
            let isHeard = view.passed.contains {
                let packet = view.packet($0)
                return packet.side != prober && !packet.isForged && packet.deliveredAt != nil
                    && view.time($0) > view.time(last)
            }
            if silent.count == 2, !isHeard, view.until - view.time(last) > patience {
                return "the last probes had no answer"
            }
        }
        return nil
    }

    private func closed() -> String? {
        let causes = [view.cause(.client), view.cause(.server)]
        if causes.contains(.refused) { return nil }
        let closings = [Side.client, .server].compactMap { view.closedByApplication($0) }
        guard let first = closings.min() else { return "no application closed it" }
        for side in [Side.client, .server] {
            guard let ended = view.end(side).endedAt, ended < first else { continue }
            switch view.cause(side) {
            case .keepAliveGaveUp, .userTimeout, .retransmissionGaveUp:
                guard view.hasCaptured({ $0.side == side && $0.purpose == .giveUpReset }) else { continue }
                return "\(side.letter) gave up before"
            case .reset(let by):
                // A connection that is closed after the path has forgotten it loses only the close.
                guard view.packet(by).isForged, view.captured.contains(by) else { continue }
                return "a middlebox had reset it before"
            default: break
            }
        }
        for side in [Side.client, .server] { if let reason = lostData(of: side) { return reason } }
        return nil
    }

    /// Data that `side` sent while the capture ran, and that never arrived at a peer whose application wanted it.
    private func lostData(of side: Side) -> String? {
        let (own, peer) = (view.end(side), view.end(side.other))
        guard own.establishedAt != nil, peer.establishedAt != nil else { return nil }
        let ownNext = own.next - (own.isFinishSent ? 1 : 0)
        // Data that was received out of order never arrived at the application.
        guard peer.expected < ownNext else { return nil }
        let number = own.initial &+ UInt32(truncatingIfNeeded: peer.expected)
        let lost = view.passed.first {
            let packet = view.packet($0)
            return packet.side == side && !packet.isForged && packet.purpose == .data
                && Int32(bitPattern: packet.sequence &+ UInt32(packet.length) &- number) > 0
        }
        guard let lost else { return nil }
        let sent = view.packet(lost).sentAt
        if let closed = view.closedByApplication(side.other) {
            // The application ended the connection while the data was on its way.
            guard sent > closed + Self.second + view.roundTrip else { return nil }
            if let own = view.closedByApplication(side), own <= sent + Self.second { return nil }
        } else if view.story.world.endedAt - sent < 10 * Self.second, view.cause(side.other) == .open {
            return nil
        }
        return "data that \(side.letter) sent at \(text(sent)) was lost"
    }

    private func truePolicyProbes() -> String? {
        for index in view.passed {
            let packet = view.packet(index)
            if packet.purpose == .probe, !packet.isForged {
                return "\(packet.side.letter) sent a probe at \(text(view.time(index)))"
            }
        }
        return nil
    }

    private func neverIdle() -> String? {
        if let reason = truePolicyProbes() { return reason }
        let idle = view.longestApplicationIdle
        return idle > 60 * Self.second + Self.second / 2 ? "it was idle for \(text(idle))" : nil
    }

    private func noKeepalive() -> String? {
        if let reason = truePolicyProbes() { return reason }
        let idle = view.longestApplicationIdle
        if let reported = finding.details.idle, reported > idle + Self.second {
            return "it was idle for \(text(idle)) and not \(text(reported))"
        }
        return idle < 59 * Self.second ? "it was never idle for longer than \(text(idle))" : nil
    }

    private func idleClose(_ side: Side) -> String? {
        guard let closed = view.closedByApplication(side) else { return "its application did not close" }
        if let other = view.closedByApplication(side.other), other + view.roundTrip < closed {
            return "the other end closed first"
        }
        let idle = view.applicationIdle(at: closed)
        // It is longer if a FIN was lost before the capture point.
        let passed = view.passed.first { view.packet($0).side == side && view.packet($0).sentAt >= closed }
        let longest = idle + (passed.map { view.time($0) - closed } ?? 0)
        if longest < 29 * Self.second { return "it had been idle for \(text(longest)) only" }
        if let reported = finding.details.idle, reported > longest + Self.second {
            return "it had been idle for \(text(idle)) and not \(text(reported))"
        }
        return nil
    }

    // MARK: Could be better

    private func closeWait() -> String? {
        for side in [Side.client, .server] {
            guard let finish = view.end(side.other).finishSentAt else { continue }
            if let closed = view.closedByApplication(side), closed < finish + 29 * Self.second { continue }
            let meetsReset = view.probes(side).contains {
                view.story.answers[$0]?.contains { view.packet($0).purpose == .stateless } ?? false
            }
            if meetsReset { return nil }
        }
        return "no end that was half closed for 30 s met RST by its probe"
    }

    private func aborted(_ side: Side) -> String? {
        let isAborted = view.hasCaptured { $0.side == side && $0.purpose == .abortReset }
        return isAborted ? nil : "its application did not abort it"
    }

    private func receiverStalled() -> String? {
        for side in [Side.client, .server] {
            var since: Int64?
            for index in view.passed where view.packet(index).side == side {
                let packet = view.packet(index)
                guard packet.flags.contains(.ack), !packet.flags.contains(.rst) else { continue }
                if packet.window > 0 {
                    since = nil
                } else {
                    since = since ?? view.time(index)
                    if view.time(index) - (since ?? 0) >= 9 * Self.second { return nil }
                }
            }
        }
        return "no window was closed for 10 s"
    }

    private func applicationSilent() -> String? {
        let data = view.passed.filter { view.packet($0).length > 0 && view.packet($0).purpose == .data }
        guard let last = data.last else { return "there was no request" }
        return view.packet(last).side == view.originator ? nil : "the last data is a reply"
    }

    private func intervalExceedsIdle(_ side: Side) -> String? {
        guard let policy = view.end(side).policy else { return "it does not probe" }
        if view.story.plan.hosts[side.rawValue].stack == .illumos {
            return "its interval is its retransmission timeout"
        }
        return policy.interval > policy.idle ? nil : "its interval is not longer than its idle time"
    }

    private func tooManyProbes(_ side: Side) -> String? {
        view.probes(side).count >= 10 ? nil : "it sent \(view.probes(side).count) probes"
    }

    // MARK: Will not do what it is for

    private func unresponsive(_ prober: Side) -> String? {
        let probes = view.probes(prober)
        guard probes.count >= 2 else { return "it sent \(probes.count) captured probes" }
        for probe in probes.suffix(2) where view.deliveredAnswer(probe) != nil {
            return "the probe of \(text(view.time(probe))) was answered"
        }
        return nil
    }

    private func peerNeverAnswers(_ prober: Side) -> String? {
        let probes = view.probes(prober)
        guard !probes.isEmpty else { return "it sent no captured probe" }
        for probe in probes {
            if let answer = view.deliveredAnswer(probe), !view.packet(answer).isForged {
                return "the probe of \(text(view.time(probe))) was answered"
            }
        }
        return nil
    }

    private func answeredByMiddlebox() -> String? {
        view.hasCaptured { $0.isForged && $0.purpose == .answer } ? nil : "no middlebox answered"
    }

    private func middleboxProbes(_ side: Side) -> String? {
        let isForged = view.hasCaptured { $0.isForged && $0.purpose == .probe && $0.side == side }
        return isForged ? nil : "no middlebox probed with its address"
    }

    private func staleReuse() -> String? {
        for index in view.captured {
            let packet = view.packet(index)
            guard packet.purpose == .data, let finish = view.end(packet.side.other).finishSentAt else { continue }
            if packet.sentAt > finish + Self.second * 9 / 10 { return nil }
        }
        return "no data was sent 1 s after a FIN of the peer"
    }

    private func halfOpen() -> String? {
        view.story.world.ends[view.connection][0].count > 1 ? nil : "the ports were used once"
    }

    private func unitError(_ side: Side) -> String? {
        guard let policy = view.end(side).policy else { return "it does not probe" }
        return min(policy.idle, policy.interval) < Self.second && view.story.plan.hosts[side.rawValue].stack != .illumos
            ? nil : "its settings are idle \(text(policy.idle)), interval \(text(policy.interval))"
    }

    // MARK: The connection died

    private func peerDead(_ prober: Side) -> String? {
        switch view.cause(prober) {
        case .keepAliveGaveUp(let unanswered), .userTimeout(let unanswered):
            if let count = finding.details.count, count > UInt64(unanswered) {
                return "it gave up after \(unanswered) probes and not \(count)"
            }
            return nil
        case .applicationAbort where isAbortWhenDue(prober): return nil
        case let cause: return "it did not give up: \(cause)"
        }
    }

    /// Whether an application aborted when the kernel might have given up: no capture shows the difference.
    private func isAbortWhenDue(_ prober: Side) -> Bool {
        guard let policy = view.end(prober).policy, let last = view.probes(prober).last,
            let abort = view.captured.last(where: { view.packet($0).purpose == .abortReset })
        else { return false }
        let gap = view.time(abort) - view.time(last)
        return gap > policy.interval * 97 / 100 && gap < policy.interval * 115 / 100 + Self.second / 10
    }

    private func peerLostState() -> String? {
        for index in view.captured {
            let packet = view.packet(index)
            if packet.purpose == .pathReset {
                if let reason = belowTimeout() { return reason }
                return nil
            }
            guard packet.purpose == .stateless else { continue }
            // No capture shows a FIN that never passed.
            let hasFinish = view.story.passed[view.connection].contains {
                view.packet($0).side == packet.side && view.packet($0).flags.contains(.fin)
            }
            if hasFinish { continue }
            if view.end(packet.side).finishSentAt != nil { return nil }
            switch view.end(packet.side).cause {
            case .hostDied, .keepAliveGaveUp, .userTimeout, .retransmissionGaveUp: return nil
            case .reset(let by): if view.packet(by).isForged { return nil }
            case .applicationAbort:
                // A lost RST leaves one end without state.
                let aborts = view.story.passed[view.connection].filter {
                    view.packet($0).purpose == .abortReset && view.packet($0).side == packet.side
                }
                if aborts.allSatisfy({ view.packet($0).deliveredAt == nil }), aborts.count > 0 { return nil }
            default: break
            }
        }
        return "no end and no middlebox had lost it"
    }

    /// The contradiction if the path survives the idle time that is reported as failed.
    private func belowTimeout() -> String? {
        guard let reported = finding.details.idle, let forgotten = view.story.world.flows[view.connection].forgotten,
            reported < forgotten.timeout - Self.second / 10
        else { return nil }
        return "the path survives \(text(forgotten.timeout)), and \(text(reported)) is reported as failed"
    }

    private func forgotten(_ side: Side, probes: Bool) -> String? {
        let flow = view.story.world.flows[view.connection]
        if isBlockedWhenIdle(flow) { return nil }
        guard flow.forgotten != nil, let drop = flow.firstDrop, drop <= view.until else {
            return "no middlebox had forgotten it"
        }
        let dropped = flow.dropped.map { view.packet($0) }.filter { $0.side == side }
        if dropped.isEmpty { return "nothing of this end was dropped" }
        if probes, !dropped.contains(where: { $0.purpose == .probe }) { return "no probe was dropped" }
        if !probes, !dropped.contains(where: { $0.length > 0 }) { return "no data was dropped" }
        return belowTimeout()
    }

    /// Whether a middlebox began to drop the connection in an idle period of 30 s or more: it dropped its state, too, but not
    /// because of a timeout.
    private func isBlockedWhenIdle(_ flow: StoryFlow) -> Bool {
        guard let from = view.story.plan.path.device?.blocksFrom, view.connection == 0, let drop = flow.firstDrop,
            drop <= view.until
        else { return false }
        let before = view.story.passed[0].last { view.time($0) < from }
        return before.map { drop - view.time($0) >= 30 * Self.second } ?? false
    }

    private func blocked() -> String? {
        let flow = view.story.world.flows[view.connection]
        if view.story.plan.path.device?.blocksFrom != nil, let drop = flow.firstDrop, drop <= view.until { return nil }
        for case .outage(_, let from, _) in view.story.plan.incidents where from <= view.until { return nil }
        return "nothing started to drop it"
    }

    private func resetWhenIdle() -> String? {
        let purposes: [StoryPacket.Purpose] = [.idleReset, .pathReset, .injectedReset]
        guard view.hasCaptured({ $0.isForged && purposes.contains($0.purpose) }) else {
            return "no middlebox reset it"
        }
        return view.hasCaptured { $0.purpose == .injectedReset } ? nil : belowTimeout()
    }

    private func resetByPath() -> String? {
        let isForged = view.hasCaptured { $0.isForged && $0.flags.contains(.rst) && $0.purpose != .refusedReset }
        if isForged { return nil }
        return view.hasCaptured { $0.purpose == .refusedReset } ? "the RST was refused" : "no middlebox reset it"
    }

    private func dataInFlight(_ side: Side) -> String? {
        let own = view.end(side)
        // The highest acknowledgment number that arrived.
        var acknowledged: Int64 = 0
        for index in view.passed where view.packet(index).side == side.other {
            let packet = view.packet(index)
            guard packet.flags.contains(.ack), packet.deliveredAt != nil, !packet.isForged else { continue }
            let offset = Int64(Int32(bitPattern: packet.acknowledgment &- own.initial))
            if offset <= own.next { acknowledged = max(acknowledged, offset) }
        }
        var first: [UInt32: (time: Int64, count: Int)] = [:]
        for index in view.passed {
            let packet = view.packet(index)
            guard packet.side == side, !packet.isForged, packet.purpose == .data || packet.purpose == .retransmission,
                Int64(Int32(bitPattern: packet.sequence &- own.initial)) + packet.length > acknowledged
            else { continue }
            let seen = first[packet.sequence] ?? (view.time(index), 0)
            first[packet.sequence] = (seen.time, seen.count + 1)
            if seen.count + 1 >= 3, view.time(index) - seen.time >= 2 * Self.second { return nil }
        }
        return "none of its data was sent three times and never acknowledged"
    }
}
