/// Reads the settings of sockets from their keep-alive timers over time: what one look leaves open, two looks settle if the
/// timer fires between them.
///
/// It keeps 100 bytes or so for each socket with keep-alive.
package struct TimerReader: Sendable {
    /// What is known about a socket.
    fileprivate struct Entry {
        var reading: TimerReading
        /// When the timer will fire.
        var end: ContinuousClock.Instant
        /// When the last segment was received.
        var heard: ContinuousClock.Instant
        var time: ContinuousClock.Instant
        /// Whether the times are exact.
        var isExact: Bool
        var unanswered: UInt8
        var bytesReceived: UInt64
        /// Whether the last segment came while the timer ran, so that it is no answer to a probe.
        var heardWithoutProbe = false
        /// When it was first seen in CLOSE_WAIT.
        var closeWait: ContinuousClock.Instant?
        /// Whether keep-alive was off in an earlier look: it may have been switched on at any time.
        var wasOff = false
        /// Bounds of TCP_KEEPINTVL (s) from unanswered probes.
        var bounds = 1...32767
        /// The number of the look.
        var look: UInt32
    }

    private var entries: [UInt64: Entry] = [:]
    private var look: UInt32 = 0

    /// A reader that has seen nothing.
    package init() {}

    /// Begins another look at all sockets, and forgets those that the last one did not see.
    package mutating func beginLook() {
        let last = look
        entries = entries.filter { $0.value.look == last }
        look += 1
    }

    /// What `socket` shows now, and what was read before.
    package mutating func read(_ socket: HostSocket) -> TimerReading {
        var reading = TimerReading(socket)
        let before = entries[socket.cookie]
        guard socket.timer == .keepAlive, let details = socket.details else {
            // While another timer runs, the settings are those of before.
            if let before, socket.timer != nil {
                reading.add(before.reading)
                entries[socket.cookie]?.look = look
            } else if socket.timer == nil, SocketStates.open.contains(socket.state) {
                var entry = Entry(
                    reading: reading, end: socket.time, heard: socket.time, time: socket.time,
                    isExact: socket.isTimeExact, unanswered: 0,
                    bytesReceived: 0, look: look)
                entry.wasOff = true
                entries[socket.cookie] = entry
            }
            return reading
        }
        var entry = Entry(
            reading: reading, end: socket.time + .milliseconds(Int(socket.expires)),
            heard: socket.time - .milliseconds(Int(details.sinceHeard)), time: socket.time,
            isExact: socket.isTimeExact, unanswered: socket.unanswered, bytesReceived: details.bytesReceived ?? 0,
            look: look)
        if let before, before.time < entry.time {
            // The rule for sockets that have received nothing assumes that it was on from the start.
            if before.wasOff { entry.reading.forgetIdle() }
            entry.wasOff = before.wasOff
            entry.reading.add(before.reading)
            entry.bounds = before.bounds
            entry.heardWithoutProbe = before.heardWithoutProbe
            // A look without a timer says nothing about when it fired, nor does one whose time is not known.
            if before.reading.silence != nil || before.unanswered > 0, before.isExact, entry.isExact {
                entry.learn(from: before, socket, details)
            }
        }
        if socket.state == .closeWait {
            let first = before?.closeWait ?? socket.time
            entry.closeWait = first
            entry.reading.inCloseWait = (socket.time - first).wholeMilliseconds
        }
        entries[socket.cookie] = entry
        return entry.reading
    }
}

extension TimerReader.Entry {
    /// Draws conclusions from `before`, an earlier look at the same socket.
    fileprivate mutating func learn(
        from before: Self, _ socket: HostSocket, _ details: HostSocket.Details
    ) {
        let slack = Duration.milliseconds(60)
        let sum = Int(socket.expires) + Int(details.sinceHeard)
        let hasHeard = heard - before.heard > slack
        let isSame = end - before.end <= slack && before.end - end <= slack
        heardWithoutProbe = hasHeard ? isSame && before.unanswered == 0 : before.heardWithoutProbe
        if heardWithoutProbe { reading.idleOrInterval = nil }
        if before.end - end > slack || (end - before.end > slack && time + slack < before.end) {
            // It does not move to an earlier time by itself, nor to a later one before it is due: the program has set another
            // TCP_KEEPIDLE.
            reading.forgetIdle()
            if !hasHeard, unanswered == 0, socket.expires > 0,
                let seconds = TimerReading.wholeSeconds(sum, above: TimerReading.tick)
            {
                reading.set(idle: seconds)
            }
            return
        }
        // The timer did not fire, and nobody set it.
        guard end - before.end > slack else { return }
        if unanswered > 0 {
            // It fired after `before`, and not before it was due, if that look already saw this timer.
            guard unanswered == before.unanswered + 1 else { return }
            let earliest = max(before.time, before.end) - slack
            let (least, most) = (end - time, end - earliest)
            let lower = max(1, least.wholeMilliseconds / 1000 + 1 - (least.wholeMilliseconds % 1000 <= 12 ? 1 : 0))
            let upper = most.wholeMilliseconds / 1000
            guard lower <= upper else { return }
            let low = max(bounds.lowerBound, lower)
            let high = min(bounds.upperBound, upper)
            guard low <= high else { return }
            bounds = low...high
            if low == high { reading.set(interval: low) }
        } else if !hasHeard {
            // It fired before TCP_KEEPIDLE of silence.
            if before.unanswered == 0, socket.expires > 0,
                let seconds = TimerReading.wholeSeconds(sum, above: TimerReading.tick)
            {
                reading.set(idle: seconds)
            }
        } else if bytesReceived == before.bytesReceived, details.sinceHeard < 950,
            Int(details.sinceDataSent) - Int(details.sinceHeard) > Int(details.retransmissionTimeout / 1000) + 1000,
            let seconds = TimerReading.interval(sum: sum, roundTrip: details.roundTrip)
        {
            // A probe was answered less than a second ago.
            reading.set(interval: seconds)
        }
    }
}

extension TimerReading {
    /// Adds what was known before.
    fileprivate mutating func add(_ before: TimerReading) {
        if idle == nil { idle = before.idle }
        if interval == nil { interval = before.interval }
        settle()
    }

    fileprivate mutating func forgetIdle() {
        idle = nil
    }

    fileprivate mutating func set(idle: Int) {
        self.idle = idle
        settle()
    }

    fileprivate mutating func set(interval: Int) {
        self.interval = interval
        settle()
    }

    /// What one of the settings is need not be said to be one of them.
    private mutating func settle() {
        if idle != nil || interval != nil { idleOrInterval = nil }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
