/// Answered keep-alive probes and window probes of a connection, found without packets by sampling TCP_INFO.
///
/// The kernel does not count answered probes. But on an idle connection only the answer to a probe resets the time
/// since the last acknowledgment. So each answer is found if the samples are at most half the time between probes
/// apart.
public struct ConnectionActivity: Sendable, Equatable {
    /// Keep-alive probes that the peer answered.
    public private(set) var answeredProbes = 0
    /// Keep-alive probes that the peer answered since data was last sent or received.
    public private(set) var answeredSinceData = 0
    /// Whether both counts may be too low, because two samples were too far apart.
    public private(set) var mayMissAnswers = false
    /// When the last answer arrived.
    public private(set) var lastAnswer: ContinuousClock.Instant?
    /// The first sample in which the peer's receive window was closed while data was waiting; nil: it is open.
    public private(set) var windowClosedSince: ContinuousClock.Instant?
    /// Window probes since the window closed; if it is open again, those of the last time.
    public private(set) var windowProbes = 0
    /// How long the connection was idle before the data that was last sent or received; nil: there was no data.
    public private(set) var idleBeforeData: Duration?
    /// The last sample before the connection ended; nil: there was none.
    public private(set) var last: ConnectionInformation?

    /// When `last` was taken.
    private var lastTime: ContinuousClock.Instant?
    private var bytesSent: UInt64 = 0
    private let backoffLimit: Int

    /// A connection without samples, on a system that counts the doublings of a timer up to `backoffLimit`
    /// (net.ipv4.tcp_retries2).
    public init(backoffLimit: Int = 15) {
        self.backoffLimit = backoffLimit
    }

    /// Whether `windowProbes` may be too low.
    public var mayMissWindowProbes: Bool { windowProbes >= backoffLimit }

    /// An answer arrives at least one second after the segment before it, the minimum of TCP_KEEPIDLE and
    /// TCP_KEEPINTVL. This limit is lower, and above the sum of the kernel's clock ticks and the delays between two
    /// system calls.
    private static let minimumAdvance = Duration.milliseconds(400)

    /// Adds a sample.
    ///
    /// - Parameters:
    ///   - information: the sample.
    ///   - bytesSent: bytes of data that the system accepted so far.
    ///   - isWindowClosed: whether the window probe timer runs.
    ///   - period: the shortest time between two probes of the connection; nil: it sends none.
    ///   - now: when the sample was taken.
    public mutating func record(
        _ information: ConnectionInformation, bytesSent: UInt64, isWindowClosed: Bool, period: Duration?,
        at now: ContinuousClock.Instant
    ) {
        // In state CLOSE (7) the kernel has cleared some fields.
        guard information.state != 7 else { return }
        if let last, let lastTime {
            let hadData = bytesSent != self.bytesSent || information.bytesReceived != last.bytesReceived
            let wasAcknowledged = information.bytesAcknowledged != last.bytesAcknowledged
            if hadData {
                let idleBefore = min(last.sinceDataReceived, last.sinceDataSent) + (now - lastTime)
                let idle = min(information.sinceDataReceived, information.sinceDataSent)
                idleBeforeData = max(.zero, idleBefore - idle)
                answeredSinceData = 0
            }
            let heard = now - information.sinceAckReceived
            let advance = (lastTime - last.sinceAckReceived).duration(to: heard)
            // An acknowledgment may also be unsolicited, such as a window update. So a segment without data must have
            // been sent, or the last sample was between a probe and its answer. Keep-alive probes of the peer do not reset
            // the time.
            let sentSegments = information.emptySegmentsSent.flatMap { now in last.emptySegmentsSent.map { now &- $0 } }
            let hasProbed = sentSegments != 0 || last.unansweredProbes > 0
            let isQuiet =
                !hadData && !wasAcknowledged && information.unacknowledgedSegments == 0
                && last.unacknowledgedSegments == 0 && !isWindowClosed && windowClosedSince == nil
            if period != nil, isQuiet, advance >= Self.minimumAdvance, hasProbed {
                answeredProbes += 1
                answeredSinceData += 1
                lastAnswer = heard
            }
            if let period, lastTime.duration(to: now) > period { mayMissAnswers = true }
        }
        recordWindow(information, isWindowClosed, at: now)
        last = information
        lastTime = now
        self.bytesSent = bytesSent
    }

    private mutating func recordWindow(
        _ information: ConnectionInformation, _ isClosed: Bool, at now: ContinuousClock.Instant
    ) {
        guard isClosed else {
            windowClosedSince = nil
            return
        }
        if windowClosedSince == nil {
            windowClosedSince = now
            windowProbes = 0
        }
        windowProbes = max(windowProbes, information.backoff)
    }
}
