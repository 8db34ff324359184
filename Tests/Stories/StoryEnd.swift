import Wire

/// One end of a simulated connection: a socket with its kernel. Sequence numbers are offsets from the initial one.
final class StoryEnd {
    enum State {
        case listen, synSent, synReceived, established, finWait1, finWait2, closing, timeWait, closeWait, lastAck, gone
    }

    /// How the socket ended.
    enum Cause: Equatable {
        case open
        case closed
        case refused
        /// The application: SO_LINGER 0, unread data, or data for a socket that was closed.
        case applicationAbort
        case keepAliveGaveUp(unanswered: Int)
        case userTimeout(unanswered: Int)
        case retransmissionGaveUp
        /// The packet with this number was a RST.
        case reset(by: Int)
        case hostDied
    }

    struct Outstanding {
        var start: Int64
        var end: Int64
        var isFinish: Bool
        var transmissions = 1
        var firstSent: Int64
        var lastSent: Int64
    }

    unowned let world: StoryWorld
    let connection: Int
    let side: Side
    /// Its index among the sockets of this side.
    let number: Int
    let createdAt: Int64
    let policy: StoryKeepAlive?
    var state = State.listen
    var cause = Cause.open
    var endedAt: Int64?
    var establishedAt: Int64?
    /// When the application closed or aborted.
    var closedByApplicationAt: Int64?
    var finishSentAt: Int64?

    // What it sends.
    let initial: UInt32
    var unacknowledged: Int64 = 0
    var next: Int64 = 0
    var written: Int64 = 1
    var boundaries: [Int64] = []
    var outstanding: [Outstanding] = []
    var isFinishQueued = false
    var isFinishSent = false
    var peerWindow: Int64 = 1
    var retransmissions = 0, duplicates = 0, persistBackoff = 0, windowProbesOut = 0
    var roundTrip: Int64 = 0, recover: Int64 = 0
    var mayProbeTail = true
    /// Whether a byte beyond the window was sent to probe it.
    var isWindowByteOut = false

    // What it receives.
    var peerInitial: UInt32 = 0
    var expected: Int64 = 0
    var early: [(start: Int64, end: Int64, isFinish: Bool)] = []
    var recentTimestamp: UInt32 = 0
    var lastAcknowledged: Int64 = 0
    var hasTimestamps = false
    var isReading = true
    var unread: Int64 = 0
    var advertised: Int64 = 0, lastSpare: Int64 = .min / 2
    var isAcknowledgmentDelayed = false
    var lastReceived: Int64 = 0, lastHeard: Int64 = 0

    // Keep-alive.
    var probesOut = 0, probes = 0
    var lastProbe: Int64 = 0, firstProbe: Int64 = 0

    // The application.
    /// close() was called: the kernel finishes alone, and data from the peer is answered with RST.
    var isOrphan = false
    var applicationTime: Int64 = 0
    var lastDelivered: Int64 = 0
    var repliesDue: [(offset: Int64, reply: Int64, think: Int64)] = []
    var timers: [Int32] = Array(repeating: 0, count: StoryTimer.allCases.count)
    var identification: UInt16
    let timestampOffset: UInt32

    let host: StoryHost
    let application: StoryApplication
    let buffer: Int64
    static let segmentSize: Int64 = 1448

    init(_ world: StoryWorld, _ connection: Int, _ side: Side, number: Int) {
        self.number = number
        host = world.plan.hosts[side.rawValue]
        application = world.plan.connections[connection].application
        buffer = world.plan.connections[connection].receiveBuffer[side.rawValue]
        self.world = world
        self.connection = connection
        self.side = side
        createdAt = world.now
        policy = world.plan.connections[connection].keepAlive[side.rawValue]
        initial = UInt32(truncatingIfNeeded: world.random.next())
        identification = UInt16(truncatingIfNeeded: world.random.next())
        timestampOffset = UInt32(truncatingIfNeeded: world.random.next())
    }

    var isOpen: Bool { state == .established || state == .closeWait }
    var hasUnsent: Bool { next < written }

    // MARK: Sending

    func window() -> Int64 {
        min(65_535, max(0, buffer - unread))
    }

    /// Sends a segment that begins at `start`.
    @discardableResult
    func send(
        _ purpose: StoryPacket.Purpose, _ flags: TCPFlags, at start: Int64, length: Int64 = 0, trigger: Int = -1,
        bare: Bool = false, spare: Bool = false
    ) -> Int {
        var packet = StoryPacket(
            connection: connection, side: side, purpose: purpose, trigger: trigger, flags: flags,
            sequence: initial &+ UInt32(truncatingIfNeeded: start),
            acknowledgment: flags.contains(.ack) ? peerInitial &+ UInt32(truncatingIfNeeded: expected) : 0)
        packet.length = length
        let open = window()
        packet.window = UInt16(open)
        if length > 0 { packet.firstByte = purpose == .probe ? 0 : UInt8(65 + (start & 15)) }
        if flags.contains(.ack) {
            isAcknowledgmentDelayed = false
            lastAcknowledged = expected
            advertised = open
        }
        packet.hasSelectiveAcknowledgment = spare || (flags == .ack && !early.isEmpty)
        if (hasTimestamps || (flags.contains(.syn) && !flags.contains(.ack) && host.offersTimestamps)) && !bare {
            packet.hasTimestamps = true
            let tick = (world.now + host.phase) / host.timestampTick
            packet.timestampValue = UInt32(truncatingIfNeeded: tick) &+ timestampOffset
            packet.timestampEcho = flags.contains(.ack) ? recentTimestamp : 0
        }
        if !flags.contains(.syn), !flags.contains(.rst) { packet.flags.formUnion(host.congestionBits) }
        packet.timeToLive = host.socketTimeToLive
        packet.identification = nextIdentification(flags)
        return world.send(packet)
    }

    private func nextIdentification(_ flags: TCPFlags) -> UInt16 {
        if world.plan.isVersion6 { return 0 }
        switch host.identification {
        case .perSocket:
            if flags.contains([.syn, .ack]) { return 0 }
            identification &+= 1
            return identification
        case .perHost: return world.countIdentification(side)
        case .random: return UInt16(truncatingIfNeeded: world.random.next())
        case .zero: return 0
        }
    }

    func acknowledge(_ purpose: StoryPacket.Purpose = .ack, trigger: Int = -1, spare: Bool = false) {
        send(purpose, .ack, at: next, trigger: trigger, spare: spare)
    }

    /// Acknowledges a segment that carries nothing new; Linux does so at most twice a second if it has no data.
    func acknowledgeSpare(_ purpose: StoryPacket.Purpose, trigger: Int, hasData: Bool) {
        if host.stack.isLinux, !hasData {
            guard world.now - lastSpare >= 500 * Nanoseconds.millisecond else { return }
            lastSpare = world.now
        }
        acknowledge(purpose, trigger: trigger, spare: hasData && host.stack.isLinux)
    }

    func connect() {
        state = .synSent
        hasTimestamps = false
        transmit(.syn, .syn, from: 0, to: 1, isFinish: false)
    }

    /// Sends new sequence numbers, and waits for their acknowledgment.
    func transmit(_ purpose: StoryPacket.Purpose, _ flags: TCPFlags, from start: Int64, to end: Int64, isFinish: Bool) {
        outstanding.append(
            Outstanding(start: start, end: end, isFinish: isFinish, firstSent: world.now, lastSent: world.now))
        next = end
        let isData = purpose == .data
        send(purpose, flags, at: start, length: isData ? end - start : 0)
        if outstanding.count == 1 { armRetransmission() }
    }

    /// Sends what was written and fits into the window.
    func push() {
        guard state == .established || state == .closeWait || state == .finWait1 || state == .lastAck else { return }
        while next < written {
            let room = unacknowledged + peerWindow - next
            while let first = boundaries.first, first <= next { boundaries.removeFirst() }
            let wanted = min(Self.segmentSize, (boundaries.first ?? written) - next)
            guard room >= wanted || (room > 0 && outstanding.isEmpty) else {
                if outstanding.isEmpty { armPersist() }
                return
            }
            let count = min(wanted, room)
            var flags: TCPFlags = .ack
            if next + count == (boundaries.first ?? written) { flags.formUnion(.psh) }
            transmit(.data, flags, from: next, to: next + count, isFinish: false)
        }
        if isFinishQueued, !isFinishSent {
            isFinishSent = true
            finishSentAt = world.now
            transmit(.fin, [.fin, .ack], from: next, to: next + 1, isFinish: true)
        }
    }

    func retransmit(_ index: Int) {
        outstanding[index].transmissions += 1
        outstanding[index].lastSent = world.now
        let item = outstanding[index]
        if item.isFinish {
            send(.finRetransmission, [.fin, .ack], at: item.start)
        } else if item.start == 0 {
            send(state == .synSent ? .syn : .synAck, state == .synSent ? .syn : [.syn, .ack], at: 0)
        } else {
            send(.retransmission, [.psh, .ack], at: item.start, length: item.end - item.start)
        }
    }

    // MARK: Applications

    /// Writes `size` bytes; the peer replies with `reply` bytes after `think`.
    func write(_ size: Int64, reply: Int64, think: Int64) {
        guard isOpen, !isOrphan, !isFinishQueued else { return }
        if state == .closeWait, case .ignore = application.reaction[side.rawValue] {
        } else if state == .closeWait {
            return
        }
        written += size
        boundaries.append(written)
        noteApplication()
        world.end(connection, side.other).repliesDue.append((written, reply, think))
        push()
        if reply > 0, let patience = application.patience {
            world.schedule(.patience(connection, side, asked: world.now), at: world.now + patience)
        }
    }

    func noteApplication() {
        applicationTime = world.now
        if let timeout = application.idleTimeout[side.rawValue] { arm(.applicationIdle, at: world.now + timeout) }
    }

    func close(_ how: StoryApplication.Close) {
        switch state {
        case .established, .closeWait: break
        default: return
        }
        if closedByApplicationAt == nil { closedByApplicationAt = world.now }
        if how == .abort || (unread > 0 && how != .halfClose) || how == .leaveUnread && unread > 0 {
            send(.abortReset, [.rst, .ack], at: next)
            end(.applicationAbort)
            return
        }
        isOrphan = how != .halfClose
        isFinishQueued = true
        state = state == .closeWait ? .lastAck : .finWait1
        push()
    }

    /// Ends the socket.
    func end(_ cause: Cause) {
        guard state != .gone else { return }
        state = .gone
        if self.cause == .open { self.cause = cause }
        endedAt = world.now
        for index in timers.indices { timers[index] += 1 }
    }

    func readAgain() {
        isReading = true
        guard unread > 0, state != .gone else { return }
        unread = 0
        if advertised < Self.segmentSize { acknowledge(.windowUpdate) }
        deliver()
    }

    func deliver() {
        while let first = repliesDue.first, expected >= first.offset, isReading {
            repliesDue.removeFirst()
            if first.reply > 0 {
                world.schedule(.reply(connection, side, first.reply), at: world.now + first.think)
            }
        }
    }
}
