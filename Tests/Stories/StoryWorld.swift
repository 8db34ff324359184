import Wire

/// Runs a story: hosts, path and clock. Events are taken in the order of their times.
final class StoryWorld {
    enum Stage: Int, BitwiseCopyable { case nearDevice, capture, farDevice, host }

    enum Event: BitwiseCopyable {
        case arrival(Int, Stage)
        case timer(Int, Side, Int, StoryTimer, Int32)
        case start(Int)
        case request(Int, Int)
        case reply(Int, Side, Int64)
        case close(Int, Side, StoryApplication.Close)
        case reading(Int, Side, Bool)
        case patience(Int, Side, asked: Int64)
        case incident(Int)
        case wake(Side)
        case deviceTimer(Int, probes: Bool)
    }

    let plan: StoryPlan
    var random: StoryRandom
    var now: Int64 = 0
    var packets: [StoryPacket] = []
    /// All sockets, by connection and side: the last one is in use.
    private(set) var ends: [[[StoryEnd]]] = []
    private(set) var hostDied: [Int64?] = [nil, nil]
    private(set) var hostBack: [Int64?] = [nil, nil]
    private var counters: [UInt16]
    private var queue = StoryQueue<Event>()
    private var lastArrival = [Int64](repeating: 0, count: 8)
    private var deltaHops: [Int64] = [0, 0]
    private var deltaDelay: [Int64] = [0, 0]
    var flows: [StoryFlow]
    /// What a second capture point at the server sees.
    var atServer: [(packet: Int, time: Int64, timeToLive: UInt8)] = []
    /// When the story ended: too many packets end it early.
    private(set) var endedAt: Int64 = 0
    static let packetLimit = 1500

    init(_ plan: StoryPlan, random: StoryRandom) {
        self.plan = plan
        self.random = random
        counters = plan.hosts.map(\.counterStart)
        flows = plan.connections.map { _ in StoryFlow() }
    }

    func end(_ connection: Int, _ side: Side) -> StoryEnd {
        let all = ends[connection][side.rawValue]
        return all[all.count - 1]
    }

    func isAlive(_ side: Side) -> Bool {
        guard let died = hostDied[side.rawValue], died <= now else { return true }
        return hostBack[side.rawValue].map { $0 <= now } ?? false
    }

    func countIdentification(_ side: Side) -> UInt16 {
        counters[side.rawValue] &+= 1 + UInt16(random.int(0...3) / 3 * random.int(0...9))
        return counters[side.rawValue]
    }

    func schedule(_ event: Event, at time: Int64) {
        queue.add(event, at: max(time, now))
    }

    func run() {
        for (index, connection) in plan.connections.enumerated() {
            ends.append([[], []])
            ends[index][0].append(StoryEnd(self, index, .client, number: 0))
            ends[index][1].append(StoryEnd(self, index, .server, number: 0))
            schedule(.start(index), at: connection.start)
            let application = connection.application
            for (number, request) in application.requests.enumerated() {
                schedule(.request(index, number), at: request.time)
            }
            for close in application.closes { schedule(.close(index, close.side, close.how), at: close.time) }
            if let stop = application.stopsReading {
                schedule(.reading(index, stop.side, false), at: stop.time)
                if let again = application.readsAgain { schedule(.reading(index, stop.side, true), at: again) }
            }
        }
        for (number, incident) in plan.incidents.enumerated() {
            switch incident {
            case .hostDies(_, let time), .hostRestarts(_, let time, _), .routeChange(_, let time, _, _),
                .injectedReset(let time, _), .refusedReset(let time, _), .reconnect(let time):
                schedule(.incident(number), at: time)
            case .outage: break
            }
        }
        endedAt = plan.end
        while let (time, event) = queue.next() {
            guard time <= plan.end else { break }
            now = time
            take(event)
            if packets.count >= Self.packetLimit {
                endedAt = now
                break
            }
        }
        now = endedAt
    }

    private func take(_ event: Event) {
        switch event {
        case .arrival(let index, let stage): arrive(index, stage)
        case .timer(let index, let side, let number, let timer, let generation):
            ends[index][side.rawValue][number].fire(timer, generation)
        case .start(let index): if isAlive(.client) { end(index, .client).connect() }
        case .request(let index, let number):
            let request = plan.connections[index].application.requests[number]
            guard isAlive(request.side) else { return }
            end(index, request.side).write(request.size, reply: request.reply, think: request.think)
        case .reply(let index, let side, let size):
            if isAlive(side) { end(index, side).write(size, reply: 0, think: 0) }
        case .close(let index, let side, let how):
            if isAlive(side) { end(index, side).close(how) }
        case .reading(let index, let side, let reads):
            guard isAlive(side) else { return }
            if reads { end(index, side).readAgain() } else { end(index, side).isReading = false }
        case .patience(let index, let side, let asked):
            let end = end(index, side)
            guard isAlive(side), end.isOpen, !end.isOrphan, end.lastDelivered < asked else { return }
            end.close(end.application.idleClose)
        case .incident(let number): apply(plan.incidents[number])
        case .wake(let side): hostBack[side.rawValue] = now
        case .deviceTimer(let index, let probes): fireDevice(index, probes: probes)
        }
    }

    private func apply(_ incident: StoryIncident) {
        switch incident {
        case .hostDies(let side, _): kill(side)
        case .hostRestarts(let side, _, let back):
            kill(side)
            schedule(.wake(side), at: back)
        case .routeChange(let side, _, let hops, let delay):
            deltaHops[side.rawValue] = hops
            deltaDelay[side.rawValue] = delay
        case .injectedReset(_, let side): forge(0, .injectedReset, .rst, toward: side)
        case .refusedReset(_, let side): forge(0, .refusedReset, .rst, toward: side, beyond: random.int(1...500))
        case .reconnect:
            hostBack[Side.client.rawValue] = now
            ends[0][0].append(StoryEnd(self, 0, .client, number: ends[0][0].count))
            end(0, .client).connect()
        case .outage: break
        }
    }

    private func kill(_ side: Side) {
        hostDied[side.rawValue] = now
        hostBack[side.rawValue] = nil
        for index in ends.indices where end(index, side).state != .listen { end(index, side).end(.hostDied) }
    }

    // MARK: The path of a packet

    private func isCut(_ part: Side) -> Bool {
        for case .outage(let side, let from, let to) in plan.incidents where side == part && from <= now && now < to {
            return true
        }
        return false
    }

    private func isLost(_ part: Side) -> Bool {
        isCut(part) || (plan.path.loss[part.rawValue] > 0 && random.chance(plan.path.loss[part.rawValue]))
    }

    private func hops(_ part: Side) -> Int64 { plan.path.hops[part.rawValue] + deltaHops[part.rawValue] }
    private func delay(_ part: Side) -> Int64 {
        plan.path.delay[part.rawValue] + deltaDelay[part.rawValue]
            + (plan.path.jitter > 0 ? random.int(0...plan.path.jitter) : 0)
    }

    /// A host sends a packet.
    @discardableResult
    func send(_ packet: StoryPacket) -> Int {
        let index = packets.count
        var packet = packet
        packet.sentAt = now
        packets.append(packet)
        let part = packet.side
        if part == .server { atServer.append((index, now, UInt8(packet.timeToLive))) }
        if isLost(part) { return index }
        let time = now + delay(part)
        if let device = plan.path.device, device.part == part {
            packets[index].timeToLive -= hops(part) - device.hopsToCapture
            schedule(index, .nearDevice, now + (time - now) / 2)
        } else {
            packets[index].timeToLive -= hops(part)
            schedule(index, .capture, time)
        }
        return index
    }

    /// Schedules the next stage of a packet: packets never overtake each other.
    func schedule(_ index: Int, _ stage: Stage, _ time: Int64) {
        let lane = packets[index].side.rawValue * 4 + stage.rawValue
        let time = max(time, lastArrival[lane] + 1)
        lastArrival[lane] = time
        queue.add(.arrival(index, stage), at: time)
    }

    private func arrive(_ index: Int, _ stage: Stage) {
        let side = packets[index].side
        switch stage {
        case .nearDevice:
            guard passesDevice(index), let device = plan.path.device else { return }
            packets[index].timeToLive -= device.hopsToCapture
            schedule(index, .capture, now + delay(side) / 2)
        case .capture:
            packets[index].passedAt = now
            packets[index].timeToLiveAtPass = UInt8(max(1, packets[index].timeToLive))
            let part = side.other
            let time = now + delay(part)
            if let device = plan.path.device, device.part == part {
                packets[index].timeToLive -= device.hopsToCapture
                schedule(index, .farDevice, now + (time - now) / 2)
            } else {
                packets[index].timeToLive -= hops(part)
                schedule(index, .host, time)
            }
        case .farDevice:
            guard passesDevice(index), let device = plan.path.device else { return }
            packets[index].timeToLive -= hops(side.other) - device.hopsToCapture
            schedule(index, .host, now + delay(side.other) / 2)
        case .host:
            if isLost(side.other) { return }
            if side.other == .server {
                atServer.append((index, now, UInt8(max(1, packets[index].timeToLive))))
            }
            guard isAlive(side.other) else { return }
            packets[index].deliveredAt = now
            let connection = packets[index].connection
            var receiver = end(connection, side.other)
            if receiver.state == .gone, side.other == .server, packets[index].flags == .syn {
                receiver = StoryEnd(self, connection, .server, number: ends[connection][1].count)
                ends[connection][1].append(receiver)
            }
            receiver.receive(index)
        }
    }

    /// The kernel of a host without a socket for `packet` answers RST (RFC 9293 3.10.7.1).
    func answerStateless(_ packet: StoryPacket, _ index: Int) {
        guard !packet.flags.contains(.rst) else { return }
        let side = packet.side.other
        let host = plan.hosts[side.rawValue]
        let hasNumber = packet.flags.contains(.ack)
        var length = UInt32(packet.length)
        if packet.flags.contains(.syn) { length += 1 }
        if packet.flags.contains(.fin) { length += 1 }
        var reset = StoryPacket(
            connection: packet.connection, side: side, purpose: .stateless, trigger: index,
            flags: hasNumber ? .rst : [.rst, .ack], sequence: hasNumber ? packet.acknowledgment : 0,
            acknowledgment: hasNumber ? 0 : packet.sequence &+ length)
        reset.timeToLive = host.timeToLive
        switch host.identification {
        case .perSocket, .zero: break
        case .perHost: reset.identification = plan.isVersion6 ? 0 : countIdentification(side)
        case .random: reset.identification = plan.isVersion6 ? 0 : UInt16(truncatingIfNeeded: random.next())
        }
        send(reset)
    }
}
