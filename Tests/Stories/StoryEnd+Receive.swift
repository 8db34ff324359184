import Wire

extension StoryEnd {
    private func offset(_ number: UInt32, from initial: UInt32, near expected: Int64) -> Int64 {
        let near = initial &+ UInt32(truncatingIfNeeded: expected)
        return expected + Int64(Int32(bitPattern: number &- near))
    }

    /// Receives a segment.
    func receive(_ index: Int) {
        let packet = world.packets[index]
        switch state {
        case .listen: return receiveListening(packet, index)
        case .synSent: return receiveConnecting(packet, index)
        case .gone: return world.answerStateless(packet, index)
        default: break
        }
        let start = offset(packet.sequence, from: peerInitial, near: expected)
        let hasFinish = packet.flags.contains(.fin)
        let end = start + packet.length + (hasFinish ? 1 : 0)
        if packet.flags.contains(.rst) { return receiveReset(index, at: start) }
        lastReceived = world.now
        if packet.flags.contains(.syn) {
            if state == .synReceived, start == 0 {
                retransmit(0)
            } else {
                acknowledgeSpare(.challenge, trigger: index, hasData: false)
            }
            return
        }
        guard packet.flags.contains(.ack) else { return }
        if state == .timeWait {
            if packet.length > 0 || hasFinish { acknowledge(.answer, trigger: index) }
            return
        }
        // An empty segment below what was acknowledged, or one beyond the window, is answered and dropped.
        let isBelow = end < lastAcknowledged || (end == start && start < expected)
        if isBelow || start > expected + max(1, advertised) {
            if host.answersEmptyProbes || packet.length > 0 || end != start {
                acknowledgeSpare(.answer, trigger: index, hasData: packet.length > 0)
            }
            return
        }
        let acknowledged = offset(packet.acknowledgment, from: initial, near: unacknowledged)
        if isWindowByteOut, acknowledged == next + 1, hasUnsent { next += 1 }
        guard acknowledged <= next else { return acknowledgeSpare(.challenge, trigger: index, hasData: false) }
        if packet.hasTimestamps, start <= lastAcknowledged { recentTimestamp = packet.timestampValue }
        takeAcknowledgment(packet, acknowledged, isPure: end == start)
        guard state != .gone else { return }
        if end > start { takeData(index, start, end, hasFinish) }
        push()
    }

    private func receiveListening(_ packet: StoryPacket, _ index: Int) {
        guard packet.flags.contains(.syn), !packet.flags.contains(.ack) else {
            return world.answerStateless(packet, index)
        }
        if world.plan.connections[connection].refuses { return world.answerStateless(packet, index) }
        peerInitial = packet.sequence
        expected = 1
        hasTimestamps = packet.hasTimestamps && host.offersTimestamps
        recentTimestamp = packet.timestampValue
        state = .synReceived
        transmit(.synAck, [.syn, .ack], from: 0, to: 1, isFinish: false)
    }

    private func receiveConnecting(_ packet: StoryPacket, _ index: Int) {
        let isAcceptable = packet.flags.contains(.ack) && packet.acknowledgment == initial &+ 1
        if packet.flags.contains(.rst) {
            if isAcceptable {
                world.packets[index].wasAccepted = true
                end(.refused)
            }
            return
        }
        guard isAcceptable, packet.flags.contains(.syn) else {
            if packet.flags.contains(.ack) { world.answerStateless(packet, index) }
            return
        }
        peerInitial = packet.sequence
        expected = 1
        hasTimestamps = packet.hasTimestamps
        recentTimestamp = packet.timestampValue
        establish(packet)
        acknowledge()
        push()
    }

    private func establish(_ packet: StoryPacket) {
        establishedAt = world.now
        state = .established
        roundTrip = world.now - (outstanding.first?.lastSent ?? world.now)
        outstanding = []
        unacknowledged = 1
        next = max(next, 1)
        retransmissions = 0
        disarm(.retransmission)
        peerWindow = Int64(packet.window)
        lastReceived = world.now
        lastHeard = world.now
        applicationTime = world.now
        if let policy { armKeepAlive(after: policy.idle) }
        noteApplication()
    }

    private func receiveReset(_ index: Int, at start: Int64) {
        if start == expected {
            world.packets[index].wasAccepted = true
            end(state == .lastAck || state == .closing || state == .timeWait ? .closed : .reset(by: index))
        } else if start > expected, start < expected + max(1, advertised), state != .timeWait {
            acknowledgeSpare(.challenge, trigger: index, hasData: false)
        }
    }

    private func takeAcknowledgment(_ packet: StoryPacket, _ acknowledged: Int64, isPure: Bool) {
        guard acknowledged >= unacknowledged else { return }
        if state == .synReceived, acknowledged >= 1 { establish(packet) }
        lastHeard = world.now
        probesOut = host.stack.isLinux ? 0 : probesOut
        windowProbesOut = 0
        let wasClosed = peerWindow == 0
        let isDuplicate = acknowledged == unacknowledged && isPure && Int64(packet.window) == peerWindow
        peerWindow = Int64(packet.window)
        if persistBackoff > 0 || wasClosed {
            // The kernel counts only unanswered probes, and keeps the backoff.
            if peerWindow > 0 {
                persistBackoff = 0
                disarm(.persist)
            }
        }
        if acknowledged > unacknowledged {
            unacknowledged = acknowledged
            let isFinishAcknowledged = isFinishSent && acknowledged == next
            while let first = outstanding.first, first.end <= acknowledged { outstanding.removeFirst() }
            if let first = outstanding.first, first.start < acknowledged { outstanding[0].start = acknowledged }
            let isRecovering = retransmissions > 0 || duplicates >= 3
            retransmissions = 0
            duplicates = 0
            mayProbeTail = true
            if outstanding.isEmpty {
                disarm(.retransmission)
            } else {
                if isRecovering, acknowledged < recover { retransmit(0) }
                armRetransmission()
            }
            if isFinishAcknowledged { finishAcknowledged() }
        } else if isDuplicate, !outstanding.isEmpty {
            duplicates += 1
            if duplicates == 3 {
                recover = next
                retransmit(0)
            }
        }
    }

    private func finishAcknowledged() {
        switch state {
        case .finWait1:
            state = .finWait2
            if isOrphan { arm(.closing, at: world.now + 60 * Nanoseconds.second) }
        case .closing: waitLast()
        case .lastAck: end(.closed)
        default: break
        }
    }

    private func waitLast() {
        state = .timeWait
        arm(.closing, at: world.now + 60 * Nanoseconds.second)
    }

    private func takeData(_ index: Int, _ start: Int64, _ end: Int64, _ hasFinish: Bool) {
        if isOrphan, end - (hasFinish ? 1 : 0) > expected {
            // The application closed: data is answered with RST (RFC 2525 2.17).
            world.answerStateless(world.packets[index], index)
            self.end(.applicationAbort)
            return
        }
        lastHeard = world.now
        if !hasFinish, start == expected, packetLength(index) > 0, window() < packetLength(index) {
            // No room: probes of a closed window are answered, and their byte is not accepted.
            return acknowledge(.answer, trigger: index)
        }
        if end <= expected { return acknowledgeSpare(.answer, trigger: index, hasData: true) }
        if start > expected {
            early.append((start, end, hasFinish))
            return acknowledge(.ack, trigger: index)
        }
        var isFinished = hasFinish
        let before = expected
        expected = end
        var isChanged = true
        while isChanged {
            isChanged = false
            for item in early where item.start <= expected && item.end > expected {
                expected = item.end
                isFinished = isFinished || item.isFinish
                isChanged = true
            }
            early.removeAll { $0.end <= expected }
        }
        let bytes = expected - before - (isFinished ? 1 : 0)
        if bytes > 0 {
            if !isReading { unread += bytes }
            lastDelivered = world.now
            noteApplication()
            // The FIN itself is not data.
            if isFinished { expected -= 1 }
            deliver()
            if isFinished { expected += 1 }
        }
        if isFinished || isAcknowledgmentDelayed || bytes > Self.segmentSize || !early.isEmpty
            || world.random.chance(0.3)
        {
            acknowledge(trigger: index)
        } else {
            isAcknowledgmentDelayed = true
            arm(.delayedAcknowledgment, at: world.now + 40 * Nanoseconds.millisecond)
        }
        if isFinished { takeFinish() }
    }

    private func packetLength(_ index: Int) -> Int64 { world.packets[index].length }

    private func takeFinish() {
        switch state {
        case .established:
            state = .closeWait
            if case .close(let delay) = application.reaction[side.rawValue] {
                world.schedule(.close(connection, side, .finish), at: world.now + delay)
            }
        case .finWait1: state = .closing
        case .finWait2: waitLast()
        default: break
        }
    }
}
