/// What the keep-alive timer of a socket shows about its settings, without rights to the socket.
///
/// Linux arms the timer (net/ipv4/tcp_timer.c, net/ipv4/tcp.c; measured on 6.18)
/// 1. at the handshake, if keep-alive is on: TCP_KEEPIDLE after it;
/// 2. when SO_KEEPALIVE is switched on: TCP_KEEPIDLE after that moment;
/// 3. when TCP_KEEPIDLE is set: TCP_KEEPIDLE after the last received segment;
/// 4. when it fires before TCP_KEEPIDLE of silence: at TCP_KEEPIDLE after the last received segment;
/// 5. when it sends a probe: TCP_KEEPINTVL after it;
/// 6. when it fires while data is in flight: TCP_KEEPIDLE after that moment.
///
/// A received segment does not arm it. So the *sum* of the time until it fires and the time since the last segment is
/// TCP_KEEPIDLE after 1, 3 and 4, TCP_KEEPINTVL less the round trip after 5 and the answer, and meaningless if a segment
/// came after the timer was armed. What happened last cannot be read, but often be inferred:
///
/// - If nothing was received since the handshake, it was 1, 2 or 3. A sum of whole seconds, or up to 12 ms more, as keep-alive
///   is usually switched on right after connect(2), is TCP_KEEPIDLE. (A program that switches it on a whole number of seconds
///   later is misread, because its socket looks the same. It is the only known exception.)
/// - If the last segment is an acknowledgment that came long after the last data in both directions, it is the answer to a
///   probe, so it was 4 or 5. Which of the two settings the sum is remains open, unless `TimerReader` sees the timer fire. (A
///   window update looks the same: where it comes a whole number of seconds after the timer was armed, within 12 ms, the sum
///   is neither setting. `TimerReader` sees that the timer did not fire.)
/// - After a FIN, an acknowledgment may be the one of the FIN, so nothing is inferred.
package struct TimerReading: Sendable, Equatable {
    /// TCP_KEEPIDLE (s).
    package var idle: Int?
    /// TCP_KEEPINTVL (s).
    package var interval: Int?
    /// One of the two (s), and it is not known which; both others are nil then.
    package var idleOrInterval: Int?
    /// No probe leaves before this much silence (ms); nil if the timer does not run or is due. The timer may also fire without
    /// a probe, so it is a lower bound.
    package var silence: Int?
    /// For how long (ms) several looks have seen the socket in CLOSE_WAIT, where answers to probes hide when the FIN came.
    package var inCloseWait = 0

    /// Nothing is known.
    package init() {}

    /// How much a sum may exceed a whole number of seconds: a tick of the kernel, up to 10 ms, between its two parts.
    static let tick = 12

    /// What `socket` alone shows.
    package init(_ socket: HostSocket) {
        guard socket.timer == .keepAlive, SocketStates.open.contains(socket.state), let details = socket.details,
            socket.expires > 0
        else { return }
        let sum = Int(socket.expires) + Int(details.sinceHeard)
        silence = sum
        guard socket.unanswered == 0 else {
            // The sum spans the probes that were sent.
            silence = nil
            return
        }
        let (data, ack) = (Int(details.sinceDataReceived), Int(details.sinceAckReceived))
        // A received FIN counts as a byte.
        let noData: UInt64 = socket.state == .closeWait ? 1 : 0
        if let received = details.bytesReceived, received <= noData, abs(data - ack) <= Self.tick {
            idle = Self.wholeSeconds(sum, above: Self.tick)
            return
        }
        // An answer to data comes before it is retransmitted, which would be the last time that data was sent.
        let timeout = Int(details.retransmissionTimeout / 1000)
        guard socket.state != .closeWait, details.unacknowledged == 0, data - ack > Self.tick,
            Int(details.sinceDataSent) - ack > timeout + 1000
        else { return }
        idleOrInterval = Self.wholeSeconds(sum, above: Self.tick) ?? Self.wholeSeconds(sum, below: Self.tick)
    }

    /// The whole seconds in `sum` (ms), if it has no more than `slack` above them.
    static func wholeSeconds(_ sum: Int, above slack: Int) -> Int? {
        sum >= 1000 && sum % 1000 <= slack ? sum / 1000 : nil
    }

    /// The whole seconds of which `sum` (ms) lacks no more than `slack`.
    static func wholeSeconds(_ sum: Int, below slack: Int) -> Int? {
        let missing = (1000 - sum % 1000) % 1000
        return sum + missing >= 1000 && missing <= slack ? (sum + missing) / 1000 : nil
    }

    /// TCP_KEEPINTVL (s), if `sum` (ms) lacks of it about the `roundTrip` (µs) of an answered probe.
    static func interval(sum: Int, roundTrip: UInt32) -> Int? {
        // One round trip is not like the other.
        let slack = Int(roundTrip / 1000) * 3 / 2 + tick
        return wholeSeconds(sum, above: tick) ?? (slack < 500 ? wholeSeconds(sum, below: slack) : nil)
    }
}
