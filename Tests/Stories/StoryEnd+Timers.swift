import Wire

/// The timers of a socket.
enum StoryTimer: Int, CaseIterable, BitwiseCopyable {
    case retransmission, persist, delayedAcknowledgment, keepAlive, closing, applicationIdle
}

extension StoryEnd {
    func arm(_ timer: StoryTimer, at time: Int64) {
        timers[timer.rawValue] += 1
        world.schedule(.timer(connection, side, number, timer, timers[timer.rawValue]), at: time)
    }

    func disarm(_ timer: StoryTimer) {
        timers[timer.rawValue] += 1
    }

    /// When a timer of the kernel fires, plus its processing time.
    private func expiry(_ delay: Int64) -> Int64 {
        host.stack.expiry(of: delay, at: world.now, phase: host.phase) + world.random.int(2_000...60_000)
    }

    private var timeout: Int64 {
        let least = 200 * Nanoseconds.millisecond
        let base = establishedAt == nil ? Nanoseconds.second : roundTrip + max(least, roundTrip / 2)
        return min(120 * Nanoseconds.second, base << Int64(min(retransmissions, 12)))
    }

    func armRetransmission() {
        var delay = timeout
        if host.stack.isLinux, mayProbeTail, retransmissions == 0, establishedAt != nil {
            let tail = 2 * roundTrip + (outstanding.count == 1 ? 200 : 2) * Nanoseconds.millisecond
            delay = min(delay, tail)
        }
        arm(.retransmission, at: expiry(delay))
    }

    func armPersist() {
        let base = roundTrip + 200 * Nanoseconds.millisecond
        arm(.persist, at: expiry(min(120 * Nanoseconds.second, base << Int64(min(persistBackoff, 12)))))
    }

    func armKeepAlive(after delay: Int64) {
        arm(.keepAlive, at: expiry(delay))
    }

    func fire(_ timer: StoryTimer, _ generation: Int32) {
        guard timers[timer.rawValue] == generation, state != .gone, world.isAlive(side) else { return }
        switch timer {
        case .retransmission: fireRetransmission()
        case .persist: firePersist()
        case .delayedAcknowledgment: if isAcknowledgmentDelayed { acknowledge() }
        case .keepAlive: fireKeepAlive()
        case .closing: end(.closed)
        case .applicationIdle:
            if isOpen, !isOrphan { close(application.idleClose) }
        }
    }

    private func fireRetransmission() {
        guard let first = outstanding.first else { return }
        if host.stack.isLinux, mayProbeTail, retransmissions == 0, establishedAt != nil {
            // Tail loss probe (RFC 8985 7): the last segment again, once.
            mayProbeTail = false
            retransmit(outstanding.count - 1)
            armRetransmission()
            return
        }
        let isOverdue = policy?.userTimeout.map { world.now - first.firstSent >= $0 } ?? false
        if retransmissions >= host.retries || isOverdue {
            if host.resetsWhenGivingUp, !host.stack.isLinux, establishedAt != nil {
                send(.giveUpReset, [.rst, .ack], at: next)
            }
            end(.retransmissionGaveUp)
            return
        }
        retransmissions += 1
        recover = next
        retransmit(0)
        armRetransmission()
    }

    private func firePersist() {
        guard outstanding.isEmpty, hasUnsent else { return }
        if unacknowledged + peerWindow > next {
            push()
            return
        }
        persistBackoff += 1
        windowProbesOut += 1
        if windowProbesOut > host.retries {
            if host.resetsWhenGivingUp, !host.stack.isLinux { send(.giveUpReset, [.rst, .ack], at: next) }
            end(.retransmissionGaveUp)
            return
        }
        if host.stack.isLinux {
            send(.windowProbe, .ack, at: unacknowledged - 1)
        } else {
            // One byte of the waiting data, beyond the window.
            isWindowByteOut = true
            send(.dataWindowProbe, .ack, at: next, length: 1)
        }
        armPersist()
    }

    // MARK: Keep-alive

    private func ticks(_ time: Int64) -> Int64 {
        guard case .linux(let rate) = host.stack else { return time }
        return (time + host.phase) / (Nanoseconds.second / rate)
    }

    private func fireKeepAlive() {
        guard let policy, isOpen || state == .finWait1 || (state == .finWait2 && !isOrphan) else { return }
        guard outstanding.isEmpty, !hasUnsent else { return armKeepAlive(after: policy.idle) }
        if host.stack.isLinux { fireLinux(policy) } else { fireAccurate(policy) }
    }

    /// tcp_keepalive_timer of Linux.
    private func fireLinux(_ policy: StoryKeepAlive) {
        let elapsed = (ticks(world.now) - ticks(lastHeard)) * (ticks(Nanoseconds.second) == 0 ? 1 : tickLength)
        guard elapsed >= policy.idle else { return armKeepAlive(after: policy.idle - elapsed) }
        let isOver =
            policy.userTimeout.map { elapsed >= $0 && probesOut > 0 } ?? (probesOut >= policy.count)
        if isOver {
            giveUp()
        } else {
            probe()
            armKeepAlive(after: policy.interval)
        }
    }

    private var tickLength: Int64 {
        if case .linux(let rate) = host.stack { Nanoseconds.second / rate } else { 1 }
    }

    private func fireAccurate(_ policy: StoryKeepAlive) {
        if probesOut > 0, lastReceived > lastProbe { probesOut = 0 }
        let elapsed = world.now - lastReceived
        if probesOut == 0 {
            guard elapsed >= policy.idle else { return armKeepAlive(after: policy.idle - elapsed) }
            firstProbe = world.now
            probe()
        } else if host.stack == .illumos
            ? world.now - firstProbe >= 480 * Nanoseconds.second : probesOut >= policy.count
        {
            return giveUp()
        } else {
            probe()
        }
        if host.stack == .illumos {
            let first = roundTrip + 400 * Nanoseconds.millisecond
            armKeepAlive(after: min(60 * Nanoseconds.second, first << Int64(min(probesOut - 1, 8))))
        } else {
            armKeepAlive(after: policy.interval)
        }
    }

    private func probe() {
        probesOut += 1
        probes += 1
        lastProbe = world.now
        let hasByte = host.stack == .windows || host.stack == .illumos
        let flags: TCPFlags = host.stack == .illumos ? [.psh, .ack] : .ack
        send(.probe, flags, at: unacknowledged - 1, length: hasByte ? 1 : 0, bare: host.stack == .macOS)
        if let abort = application.abortsProbing, abort.side == side, abort.probe == probesOut {
            world.schedule(.close(connection, side, .abort), at: world.now + abort.delay)
        }
    }

    private func giveUp() {
        let isUserTimeout = policy?.userTimeout != nil
        if host.resetsWhenGivingUp || host.stack.isLinux { send(.giveUpReset, [.rst, .ack], at: next) }
        end(isUserTimeout ? .userTimeout(unanswered: probesOut) : .keepAliveGaveUp(unanswered: probesOut))
    }
}
