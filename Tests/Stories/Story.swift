import KeepAlive
import Wire

/// A story that has run: what happened, what was captured, and what the code under test finds.
struct Story {
    let plan: StoryPlan
    let world: StoryWorld
    let observation: StoryObservation
    let captured: [StoryObservation.Captured]
    let segments: [Segment]
    /// The packets that passed the capture point, by connection.
    let passed: [[Int]]
    /// The packets that were captured, by connection, each once.
    let capturedPackets: [[Int]]
    /// The packets that answered a probe, by probe.
    let answers: [Int: [Int]]
    private let serverTimes: [Int: Int64]

    /// 2023-11-14 22:13:20 UTC: when all stories begin.
    static let epoch: Int64 = 1_700_000_000_000_000_000

    init(seed: UInt64) {
        var random: StoryRandom
        (plan, random) = StoryGenerator.plan(seed: seed)
        world = StoryWorld(plan, random: random)
        world.run()
        random = StoryRandom(seed: seed ^ 0xA5A5_5A5A_0F0F_F0F0)
        observation = StoryObservation(of: world, &random)
        captured = observation.capture(world, &random)
        var addresses = StoryAddresses(seed: seed, isVersion6: plan.isVersion6)
        segments = addresses.segments(of: captured, world)
        var times: [Int: Int64] = [:]
        if observation.mergesServer {
            for sight in world.atServer.reversed() { times[sight.packet] = sight.time }
        }
        serverTimes = times
        var passed = plan.connections.map { _ in [Int]() }
        var answers: [Int: [Int]] = [:]
        for (index, packet) in world.packets.enumerated() {
            if packet.passedAt != nil || times[index] != nil { passed[packet.connection].append(index) }
            if packet.trigger >= 0, world.packets[packet.trigger].purpose == .probe {
                answers[packet.trigger, default: []].append(index)
            }
        }
        var isTaken = Array(repeating: false, count: world.packets.count)
        var capturedPackets = plan.connections.map { _ in [Int]() }
        for item in captured where item.packet >= 0 && !isTaken[item.packet] {
            isTaken[item.packet] = true
            capturedPackets[world.packets[item.packet].connection].append(item.packet)
        }
        (self.passed, self.capturedPackets, self.answers) = (passed, capturedPackets, answers)
    }

    /// When a packet passed a capture point; nil: it did not.
    func passTime(_ index: Int) -> Int64? { world.packets[index].passedAt ?? serverTimes[index] }

    /// The diagnoses of the capture: the only call of the code under test. The capture ended at `Story.epoch` plus
    /// `capturedUntil`.
    func diagnoses() -> [Diagnosis] {
        var tracker = ConnectionTracker(seed: plan.seed, keepsAll: true)
        var events: [SegmentEvent] = []
        tracker.track(SegmentBatch(segments), events: &events)
        var context = CaptureContext()
        var pauses = CapturePauses()
        var last = Int64.min
        for segment in segments {
            pauses.add(after: last, at: segment.time)
            last = segment.time
        }
        context.pauses = pauses.pauses
        context.isArtificial = pauses.isArtificial
        return tracker.diagnoses(all: true, in: context)
    }

    /// The idle times of the path between the hosts that are reported as failed and as safe (ns).
    func pathNumbers(_ diagnoses: [Diagnosis]) -> [(failed: Int64, safe: Int64)] {
        diagnoses.paths.map { ($0.shortestFailed, ($0.safeIdle ?? 0) * Nanoseconds.second) }
    }

    /// The time of the last captured packet, in the time of the story.
    var capturedUntil: Int64 { captured.last?.trueTime ?? 0 }

    /// The time of the story at which the capture shows `time`.
    func trueTime(_ time: Int64) -> Int64 {
        let index = (time - Self.epoch) / StoryObservation.artificialGap
        guard observation.hasEqualGaps, captured.indices.contains(Int(index)) else { return time - Self.epoch }
        return captured[Int(index)].trueTime
    }
}

/// The addresses of a story, and its packets as segments.
struct StoryAddresses {
    private let hosts: [IPAddress]
    private let background: [Endpoint]
    private var backgroundNumber: UInt32 = 1

    init(seed: UInt64, isVersion6: Bool) {
        // Either may be the greater one: without a handshake, that decides which end is the originator.
        let (first, second): (UInt32, UInt32) = seed & 1 == 0 ? (0x0A00_0005, 0xC000_0214) : (0xC000_0214, 0x0A00_0005)
        if isVersion6 {
            hosts = [
                IPAddress(v6: 0x2001_0db8_0000_0001, UInt64(first)),
                IPAddress(v6: 0x2001_0db8_0000_0002, UInt64(second)),
            ]
        } else {
            hosts = [IPAddress(v4: first), IPAddress(v4: second)]
        }
        background = [Endpoint(IPAddress(v4: 0xAC10_0001), 41_000), Endpoint(IPAddress(v4: 0xAC10_0102), 5222)]
    }

    static let serverPort: UInt16 = 5432

    func endpoint(_ side: Side, _ connection: StoryConnection) -> Endpoint {
        Endpoint(hosts[side.rawValue], side == .client ? connection.clientPort : Self.serverPort)
    }

    mutating func segments(of captured: [StoryObservation.Captured], _ world: StoryWorld) -> [Segment] {
        var segments: [Segment] = []
        segments.reserveCapacity(captured.count)
        for (index, item) in captured.enumerated() {
            var segment: Segment
            if item.packet < 0 {
                // A heartbeat: new data each time.
                segment = Segment(time: Story.epoch + item.time, source: background[0], destination: background[1])
                segment.flags = [.psh, .ack]
                segment.sequence = SequenceNumber(backgroundNumber)
                segment.acknowledgment = SequenceNumber(1)
                segment.payloadLength = 4
                segment.window = 500
                backgroundNumber += 4
            } else {
                let packet = world.packets[item.packet]
                let connection = world.plan.connections[packet.connection]
                segment = Segment(
                    time: Story.epoch + item.time, source: endpoint(packet.side, connection),
                    destination: endpoint(packet.side.other, connection))
                segment.sequence = SequenceNumber(packet.sequence)
                segment.acknowledgment = SequenceNumber(packet.acknowledgment)
                segment.payloadLength = UInt32(packet.length)
                segment.window = packet.window
                segment.flags = packet.flags
                segment.timestampValue = packet.timestampValue
                segment.timestampEcho = packet.timestampEcho
                segment.hasTimestamps = packet.hasTimestamps
                segment.identification = packet.identification
                segment.headerLength = packet.hasTimestamps ? 32 : 20
                segment.firstPayloadByte = packet.length == 1 ? packet.firstByte : 0
                segment.hasSelectiveAcknowledgment = packet.hasSelectiveAcknowledgment
            }
            segment.record = UInt32(index)
            segment.timeToLive = item.timeToLive
            segments.append(segment)
        }
        return segments
    }
}
