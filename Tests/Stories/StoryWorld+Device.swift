import Wire

/// The state of a middlebox for one connection.
struct StoryFlow {
    var isKnown = false
    var lastSeen: Int64 = 0
    /// When its timer expired, and after how long an idle period; nil: it did not.
    var forgotten: (time: Int64, timeout: Int64)?
    /// When it first dropped a packet because it had forgotten the connection or blocks it.
    var firstDrop: Int64?
    /// The packets that it dropped.
    var dropped: [Int] = []
    /// By side: the next sequence number, the last acknowledgment and window.
    var next: [UInt32] = [0, 0]
    var acknowledged: [UInt32] = [0, 0]
    var window: [UInt16] = [0, 0]
    var hasFinish = false
    var isReset = false
    var unansweredProbes = 0
    var lastProbe: Int64?
}

extension StoryWorld {
    private func timeout(_ flow: StoryFlow) -> Int64? {
        guard let device = plan.path.device, let timeout = device.idleTimeout else { return nil }
        if flow.hasFinish, let shorter = device.halfClosedTimeout { return min(timeout, shorter) }
        return timeout
    }

    /// A packet arrives at the middlebox. Returns whether it is forwarded.
    func passesDevice(_ index: Int) -> Bool {
        guard let device = plan.path.device else { return true }
        let packet = packets[index]
        var flow = flows[packet.connection]
        defer { flows[packet.connection] = flow }
        let side = packet.side.rawValue
        if let from = device.blocksFrom, packet.connection == 0, now >= from,
            device.blockedSender.map({ $0 == packet.side }) ?? true
        {
            flow.firstDrop = flow.firstDrop ?? now
            flow.dropped.append(index)
            return false
        }
        if packet.flags == .syn {
            flow = StoryFlow()
        } else if let timeout = timeout(flow), flow.isKnown, flow.forgotten != nil || now - flow.lastSeen > timeout {
            if flow.forgotten == nil { flow.forgotten = (flow.lastSeen + timeout, timeout) }
            flow.firstDrop = flow.firstDrop ?? now
            flow.dropped.append(index)
            if device.expiry == .rejects, !packet.flags.contains(.rst) {
                flows[packet.connection] = flow
                forge(
                    packet.connection, .pathReset, .rst, toward: packet.side, trigger: index,
                    sequence: packet.acknowledgment)
            }
            return false
        }
        flow.isKnown = true
        flow.lastSeen = now
        let end = packet.sequence &+ UInt32(packet.length)
        if packet.flags.contains(.syn) || packet.flags.contains(.fin) {
            flow.next[side] = end &+ 1
        } else if Int32(bitPattern: end &- flow.next[side]) > 0 || flow.next[side] == 0 {
            flow.next[side] = end
        }
        if packet.flags.contains(.ack) { flow.acknowledged[side] = packet.acknowledgment }
        if !packet.flags.contains(.rst) { flow.window[side] = packet.window }
        if packet.flags.contains(.fin) { flow.hasFinish = true }
        if packet.flags.contains(.rst) { flow.isReset = true }
        if device.answersHandshake, packet.flags == [.syn, .ack], packet.side == device.part {
            packets[index].timeToLive = device.timeToLive
            packets[index].identification = 0
        }
        setTimers(packet.connection, flow)
        if takeOwnAnswer(packet, &flow, device) { return false }
        return !answer(index, flow, device)
    }

    /// Sets the timers of the middlebox.
    private func setTimers(_ connection: Int, _ flow: StoryFlow) {
        guard let device = plan.path.device, !flow.isReset else { return }
        if let timeout = timeout(flow) {
            switch device.expiry {
            case .silent, .rejects: break
            default: schedule(.deviceTimer(connection, probes: false), at: now + timeout + 1)
            }
        }
        if let idle = device.probeIdle { schedule(.deviceTimer(connection, probes: true), at: now + idle) }
    }

    func fireDevice(_ connection: Int, probes: Bool) {
        guard let device = plan.path.device else { return }
        var flow = flows[connection]
        guard !flow.isReset, flow.forgotten == nil else { return }
        if probes {
            guard let idle = device.probeIdle, !flow.hasFinish, connection == 0 else { return }
            let isDue = flow.lastProbe.map { now - $0 >= device.probeInterval } ?? true
            guard now - flow.lastSeen >= idle, isDue, flow.unansweredProbes < 5 else { return }
            flow.lastProbe = now
            flow.unansweredProbes += 1
            flows[connection] = flow
            let target = device.part.other
            forge(
                connection, .probe, .ack, toward: target,
                sequence: flow.next[target.other.rawValue] &- 1,
                acknowledgment: flow.next[target.rawValue])
            schedule(.deviceTimer(connection, probes: true), at: now + device.probeInterval)
        } else {
            guard let timeout = timeout(flow), now - flow.lastSeen > timeout else { return }
            flow.forgotten = (flow.lastSeen + timeout, timeout)
            flows[connection] = flow
            if device.expiry != .resetsServer { forge(connection, .idleReset, .rst, toward: .client) }
            if device.expiry != .resetsClient { forge(connection, .idleReset, .rst, toward: .server) }
        }
    }

    /// Whether `packet` answers a probe of the middlebox, which does not forward it. Resets the count of probes.
    private func takeOwnAnswer(_ packet: StoryPacket, _ flow: inout StoryFlow, _ device: StoryDevice) -> Bool {
        guard packet.side == device.part.other, flow.unansweredProbes > 0 else { return false }
        let trigger = packet.trigger
        guard trigger >= 0, packets[trigger].isForged, packets[trigger].purpose == .probe else {
            flow.unansweredProbes = 0
            flow.lastProbe = nil
            return false
        }
        flow.unansweredProbes = 0
        return !packet.flags.contains(.rst)
    }

    /// Answers a probe of the end on the other part of the path, which is then not forwarded. Returns whether it did.
    private func answer(_ index: Int, _ flow: StoryFlow, _ device: StoryDevice) -> Bool {
        let packet = packets[index]
        guard let from = device.answersFrom, now >= from, packet.side == device.part.other, packet.purpose == .probe
        else { return false }
        forge(
            packet.connection, .answer, .ack, toward: packet.side, trigger: index,
            sequence: packet.acknowledgment, acknowledgment: flow.next[packet.side.rawValue])
        return true
    }

    /// The middlebox, or an attacker next to it, sends a packet to `side` with the address of the other end.
    func forge(
        _ connection: Int, _ purpose: StoryPacket.Purpose, _ flags: TCPFlags, toward side: Side, trigger: Int = -1,
        beyond: Int64 = 0, sequence: UInt32? = nil, acknowledgment: UInt32 = 0
    ) {
        guard let device = plan.path.device else { return }
        let flow = flows[connection]
        guard flow.isKnown else { return }
        var packet = StoryPacket(
            connection: connection, side: side.other, isForged: true, purpose: purpose, trigger: trigger, flags: flags,
            sequence: (sequence ?? flow.acknowledged[side.rawValue]) &+ UInt32(beyond), acknowledgment: acknowledgment)
        packet.sentAt = now
        packet.window = flags.contains(.rst) ? 0 : max(1, flow.window[side.other.rawValue])
        packet.identification =
            device.hasIdentification && !plan.isVersion6 ? UInt16(truncatingIfNeeded: random.next()) : 0
        packet.timeToLive = device.timeToLive
        let index = packets.count
        if flags.contains(.rst) { flows[connection].isReset = purpose != .refusedReset || flow.isReset }
        if device.part == side {
            packet.timeToLive -= plan.path.hops[side.rawValue] - device.hopsToCapture
            packets.append(packet)
            schedule(index, .host, now + plan.path.delay[side.rawValue] / 2)
        } else {
            packet.timeToLive -= device.hopsToCapture
            packets.append(packet)
            schedule(index, .capture, now + plan.path.delay[device.part.rawValue] / 2)
        }
    }
}
