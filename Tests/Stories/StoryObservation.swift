import Wire

/// How a capture of a story is incomplete or distorted.
struct StoryObservation {
    /// The times at which the capture begins and ends.
    var begin: Int64 = 0
    var end: Int64
    /// The end whose packets are not captured from `missingFrom` on; nil: neither.
    var missing: Side?
    var missingFrom: Int64 = 0
    /// The share of packets that the capture dropped.
    var dropRate = 0.0
    /// The number of the only packet that the capture dropped; nil: none.
    var dropsOne: Int?
    var dropsPureAcknowledgments = false
    /// The share of packets that were captured twice, and by how much the TTL of the copy is lower.
    var copyRate = 0.0
    var copyHops: UInt8 = 0
    /// About how much later than the original a copy comes.
    var copyDelay: Int64 = 0
    /// Whether a second capture, at the server, is merged into it; its clock is ahead by `clockOffset`.
    var mergesServer = false
    var clockOffset: Int64 = 0
    var reorders = false
    var isQuantised = false
    var hasEqualGaps = false
    static let artificialGap: Int64 = 10_000_000
    var pause: ClosedRange<Int64>?
    /// Whether another connection is active all the time.
    var hasBackground = false

    /// Whether nothing is missing or distorted.
    private(set) var isComplete = true

    init(of world: StoryWorld, _ random: inout StoryRandom) {
        end = world.endedAt
        hasBackground = random.chance(0.5)
        guard random.chance(0.55) else { return }
        isComplete = false
        for _ in 0..<(random.chance(0.2) ? 2 : 1) { distort(world, &random) }
    }

    private mutating func distort(_ world: StoryWorld, _ random: inout StoryRandom) {
        let side: Side = random.chance(0.5) ? .client : .server
        var moment = random.int(0...max(1, world.endedAt))
        if random.chance(0.6), !world.packets.isEmpty {
            // When something happens, not in the long time after that.
            moment = random.pick(world.packets).sentAt + random.duration(0.000_001, 1)
        }
        switch random.int(0...19) {
        case 0...2: begin = moment
        case 3...4:
            // In the middle of the handshake, or just after it.
            let start = world.plan.connections[0].start
            begin = start + random.int(1...max(2, 3 * (world.plan.path.delay[0] + world.plan.path.delay[1])))
        case 5...6: end = moment
        case 7...8: missing = side
        case 9:
            missing = side
            missingFrom = moment
        case 10: dropsOne = Int(random.int(0...Int64(max(1, world.packets.count))))
        case 11: dropRate = random.pick([0.01, 0.05, 0.3])
        case 12: dropsPureAcknowledgments = true
        case 13...14:
            copyRate = random.chance(0.7) ? 1 : 0.3
            copyHops = UInt8(random.int(0...3))
            copyDelay = random.duration(0.000_01, 0.001_4)
        case 15...16:
            mergesServer = true
            clockOffset = random.int(-100_000...100_000)
        case 17: reorders = true
        case 18: if random.chance(0.6) { isQuantised = true } else { hasEqualGaps = true }
        default: pause = moment...moment + random.duration(1, 1000)
        }
    }

    /// A packet as it was captured.
    struct Captured {
        /// Its number in the story; -1: it belongs to the background.
        var packet: Int
        var time: Int64
        /// The same without the error of the capture's clock.
        var trueTime: Int64 = 0
        var timeToLive: UInt8
        /// Whether the same packet was also captured before or elsewhere.
        var isCopy = false
    }

    /// The captured packets, in the order of the capture.
    func capture(_ world: StoryWorld, _ random: inout StoryRandom) -> [Captured] {
        var captured: [Captured] = []
        for (index, packet) in world.packets.enumerated() {
            guard let time = packet.passedAt, isKept(index, packet, at: time, &random) else { continue }
            captured.append(Captured(packet: index, time: time, timeToLive: packet.timeToLiveAtPass))
            if copyRate > 0, random.chance(copyRate) {
                captured.append(
                    Captured(
                        packet: index, time: time + copyDelay + random.int(0...copyDelay / 3),
                        timeToLive: max(1, packet.timeToLiveAtPass &- min(copyHops, packet.timeToLiveAtPass - 1)),
                        isCopy: true))
            }
        }
        if mergesServer {
            for sight in world.atServer {
                let time = sight.time + clockOffset
                guard isKept(sight.packet, world.packets[sight.packet], at: time, &random) else { continue }
                captured.append(
                    Captured(packet: sight.packet, time: time, timeToLive: sight.timeToLive, isCopy: true))
            }
        }
        if hasBackground { addBackground(&captured, world, &random) }
        if reorders { for index in captured.indices { captured[index].time += random.int(0...50_000) } }
        // Equal times stay in the order in which the packets were sent.
        captured = captured.enumerated().sorted {
            $0.element.time != $1.element.time ? $0.element.time < $1.element.time : $0.offset < $1.offset
        }.map(\.element)
        for index in captured.indices { captured[index].trueTime = captured[index].time }
        if isQuantised {
            let step = Nanoseconds.millisecond
            for index in captured.indices { captured[index].time = captured[index].time / step * step }
        }
        if hasEqualGaps {
            for index in captured.indices { captured[index].time = Int64(index) * Self.artificialGap }
        }
        return captured
    }

    private func isKept(_ index: Int, _ packet: StoryPacket, at time: Int64, _ random: inout StoryRandom) -> Bool {
        if time < begin || time > end { return false }
        if let pause, pause.contains(time) { return false }
        if packet.side == missing, time >= missingFrom { return false }
        if index == dropsOne { return false }
        if dropRate > 0, random.chance(dropRate) { return false }
        if dropsPureAcknowledgments, packet.length == 0, packet.flags == .ack { return false }
        return true
    }

    private func addBackground(_ captured: inout [Captured], _ world: StoryWorld, _ random: inout StoryRandom) {
        let period = max(random.duration(2, 20), (end - begin) / 40)
        var time = begin + random.int(0...period)
        while time < end {
            if !(pause?.contains(time) ?? false) { captured.append(Captured(packet: -1, time: time, timeToLive: 60)) }
            time += period
        }
    }
}
