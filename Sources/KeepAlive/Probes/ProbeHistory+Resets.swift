import Wire

// RSTs of an end that has probed, and RSTs in the name of its peer.

extension ProbeHistory {
    /// Whether a RST of this end at `time` (ns since 1970) fits its keep-alive timer, which ends the connection one
    /// interval after the last unanswered probe.
    ///
    /// It may come later if probes before it were not captured. With `exactly`, the interval must be the earlier one,
    /// to a few milliseconds.
    func fits(resetAt time: Int64, _ store: borrowing ProbeDetailsStore, exactly: Bool = false) -> Bool {
        guard asked.kind == .probe else { return time &- askedTime >= Idleness.shortestInterval }
        let gap = time &- askedTime
        let gaps = store[details].intervalGaps
        if gaps.count > 0 {
            if exactly {
                let margin = 30_000_000 &+ gaps.longest / 500
                return gaps.count > 0 && gap >= gaps.shortest &- margin && gap <= gaps.longest &+ margin
            }
            let slack = TimerWheel.widestBucket(gaps.longest) &+ 250_000_000 &+ gaps.longest / 100
            return gap >= gaps.shortest &- slack
        }
        // The interval is not longer than the period with a live peer.
        let period = store[details].periodGaps
        if period.count > 0, gap > period.longest &+ TimerWheel.widestBucket(period.longest) { return false }
        return gap >= Idleness.shortestInterval
    }

    /// Records the RST by which this end gives up, and completes its `event`.
    mutating func recordAbort(_ event: inout SegmentEvent, _ store: inout ProbeDetailsStore) {
        recordReset(&event, &store)
        if asked.kind == .probe, store[details].reset == event.segment.time { hasGivenUp = true }
    }

    /// Records a RST of this end and completes its `event`.
    mutating func recordReset(_ event: inout SegmentEvent, _ store: inout ProbeDetailsStore) {
        let time = event.segment.time
        event.unanswered = UInt32(clamping: unanswered)
        if hasAsked, unanswered > 0 || asked.kind != .probe, time >= askedTime {
            event.wait = Wait(since: .unansweredProbe, gap: time &- askedTime)
        }
        guard store[details].reset == nil else { return }
        store.change(&details) { $0.reset = time }
    }

    /// Records a RST in the name of the peer and completes its `event`.
    mutating func recordPeerReset(_ event: inout SegmentEvent, isAwaiting: Bool, _ store: inout ProbeDetailsStore) {
        let time = event.segment.time
        if event.kind == .peerReset, store[details].peerReset == nil {
            store.change(&details) { $0.peerReset = time }
        }
        event.unanswered = UInt32(clamping: unanswered)
        let reply = time &- askedTime
        guard isAwaiting, hasAsked else { return }
        if reply >= 0 { event.reply = reply }
    }

    /// Removes the recorded RSTs, because they were refused and the connection continues.
    mutating func withdrawReset(_ store: inout ProbeDetailsStore) {
        hasGivenUp = false
        guard details != 0 else { return }
        store.change(&details) {
            $0.reset = nil
            $0.peerReset = nil
            $0.closedIdle = nil
        }
    }
}
