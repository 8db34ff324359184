import KeepAlive
import Wire

/// One diagnosed connection with the truth about it.
struct StoryView {
    let story: Story, diagnosis: Diagnosis
    /// The index of the connection in the story.
    let connection: Int
    /// The socket of each side.
    let ends: [StoryEnd]
    /// Whether it includes a later connection on the same ports.
    let isMixed: Bool
    /// The end that the tracker calls the originator.
    let originator: Side
    /// The times of its first captured segment and of the last packet of the capture.
    let from: Int64
    let until: Int64
    /// The time of its last captured segment.
    let last: Int64
    /// The packets that passed the capture point in that time, in the order in which they were sent.
    let passed: [Int]
    /// Those that were captured.
    let captured: [Int]

    /// nil: the connection belongs to the background.
    init?(_ story: Story, _ diagnosis: Diagnosis) {
        let found = diagnosis.connection
        let ports = [found.originator.port, found.responder.port]
        guard let index = story.plan.connections.firstIndex(where: { ports.contains($0.clientPort) }) else {
            return nil
        }
        self.story = story
        self.diagnosis = diagnosis
        connection = index
        originator = found.originator.port == story.plan.connections[index].clientPort ? .client : .server
        from = story.trueTime(found.firstTime)
        let clients = story.world.ends[index][0]
        let last = story.trueTime(found.lastTime)
        self.last = last
        let isLater = clients.count > 1 && from >= clients[clients.count - 1].createdAt
        // A later connection on the same ports is another one.
        let next = clients.count > 1 && !isLater ? clients[clients.count - 1].createdAt : Int64.max
        until = min(story.capturedUntil, next)
        isMixed = clients.count > 1 && !isLater && last >= clients[clients.count - 1].createdAt
        ends = story.world.ends[index].map { isLater ? $0[$0.count - 1] : $0[0] }
        let (begin, end) = (from, until)
        passed = story.passed[index].filter {
            guard let time = story.passTime($0) else { return false }
            return time >= begin && time <= end
        }
        let first = isLater ? clients[clients.count - 1].createdAt : 0
        captured = story.capturedPackets[index].filter {
            guard clients.count > 1 else { return true }
            let time = story.passTime($0) ?? 0
            return story.world.packets[$0].sentAt >= first && time >= begin - Nanoseconds.millisecond
                && time <= last + Nanoseconds.millisecond
        }
    }

    func packet(_ index: Int) -> StoryPacket { story.world.packets[index] }
    func end(_ side: Side) -> StoryEnd { ends[side.rawValue] }
    func time(_ index: Int) -> Int64 { story.passTime(index) ?? packet(index).sentAt }

    func side(_ end: Diagnosis.End) -> Side { end == .originator ? originator : originator.other }

    /// The ends that a finding may be about.
    func sides(_ finding: Finding) -> [Side] { finding.end.map { [side($0)] } ?? [.client, .server] }

    var roundTrip: Int64 { 2 * (story.plan.path.delay[0] + story.plan.path.delay[1]) + 2_000_000 }

    // MARK: Probes

    /// The captured probes that `side` itself sent.
    func probes(_ side: Side) -> [Int] {
        captured.filter { packet($0).purpose == .probe && packet($0).side == side && !packet($0).isForged }
    }

    /// The answer to a probe that arrived at the prober while the capture ran; nil: none.
    func deliveredAnswer(_ probe: Int) -> Int? {
        story.answers[probe]?.first { packet($0).deliveredAt != nil && (story.passTime($0) ?? .max) <= until }
    }

    /// An answer to a probe that passed the capture point, whether or not it arrived at the prober.
    func passedAnswer(_ probe: Int) -> Int? {
        story.answers[probe]?.first { (story.passTime($0) ?? .max) <= until }
    }

    /// How `side` ended; `.open` if that was after the end of the capture.
    func cause(_ side: Side) -> StoryEnd.Cause {
        // A RST that was the last packet of the capture arrived after it.
        if case .reset(let by) = end(side).cause, let time = story.passTime(by), time <= until {
            return end(side).cause
        }
        // The clock of a second capture may be a little behind.
        guard let time = end(side).endedAt, time <= until + Nanoseconds.millisecond else { return .open }
        return end(side).cause
    }

    /// When the application of `side` closed; nil: not before the capture ended.
    func closedByApplication(_ side: Side) -> Int64? {
        end(side).closedByApplicationAt.flatMap { $0 <= until ? $0 : nil }
    }

    /// The longest time with only probes and answers, from the start of the connection to its end or that of the capture.
    var longestApplicationIdle: Int64 {
        // A close that was not captured does not end the period in the capture.
        let closing = captured.first {
            (packet($0).flags.contains(.fin) || packet($0).flags.contains(.rst)) && packet($0).purpose != .refusedReset
        }
        let closed = closing.map(time) ?? until
        var last: Int64?
        var longest: Int64 = 0
        for index in story.passed[connection] where packet(index).isApplication {
            let time = time(index)
            guard time <= min(until, closed) else { break }
            longest = max(longest, time - (last ?? time))
            last = time
        }
        return max(longest, min(until, closed) - (last ?? until))
    }

    /// How long only probes and answers had passed at `moment`.
    func applicationIdle(at moment: Int64) -> Int64 {
        let last = story.passed[connection].last { packet($0).isApplication && packet($0).sentAt < moment - 1000 }
        return last.map { moment - time($0) } ?? 0
    }

    func hasCaptured(_ condition: (StoryPacket) -> Bool) -> Bool { captured.contains { condition(packet($0)) } }

    /// Whether the capture shows that a packet is missing: a later segment continues it, acknowledges it or echoes its
    /// timestamp.
    var hasVisibleGap: Bool {
        let captured = Set(captured)
        return passed.contains { index in
            guard !captured.contains(index) else { return false }
            let gap = packet(index)
            let end =
                gap.sequence &+ UInt32(gap.length)
                &+ (gap.flags.isDisjoint(with: [.syn, .fin]) ? 0 : 1)
            return self.captured.contains { later in
                let packet = packet(later)
                guard time(later) > time(index) else { return false }
                if packet.side != gap.side, packet.hasTimestamps, gap.hasTimestamps,
                    packet.timestampEcho == gap.timestampValue
                {
                    return true
                }
                guard end != gap.sequence else { return false }
                let number = packet.side == gap.side ? packet.sequence : packet.acknowledgment
                guard packet.side == gap.side || packet.flags.contains(.ack) else { return false }
                return Int32(bitPattern: number &- end) >= 0
            }
        }
    }
}
