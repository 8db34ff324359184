/// What repeated looks at a connection (TCP_INFO) reveal about it, without packets.
///
/// The kernel keeps no count of answered probes. But the idle clock of an idle connection is set back by nothing except
/// the answer to a probe, so each answer is seen if looks are no further apart than half the time between probes.
public struct ConnectionActivity: Sendable, Equatable {
    /// Keep-alive probes that the peer answered, since the connection began.
    public private(set) var answeredProbes = 0
    /// Of those, the ones since data was last sent or received.
    public private(set) var answeredSinceData = 0
    /// Whether looks were so far apart that answers may be missing from the counts.
    public private(set) var mayMissAnswers = false
    /// When the last answer came.
    public private(set) var lastAnswer: ContinuousClock.Instant?
    /// Since when the peer's receive window has been closed while data waits for it, as far as looks show; nil: it is open.
    public private(set) var windowClosedSince: ContinuousClock.Instant?
    /// Window probes since the window closed; if it reopened, those of the last time.
    public private(set) var windowProbes = 0
    /// How long the connection was idle before the data that was last sent or received; nil before any data.
    public private(set) var idleBeforeData: Duration?
    /// What the last look at the living connection showed; nil if there was none.
    public private(set) var last: ConnectionInformation?

    private var lastLook: ContinuousClock.Instant?
    private var bytesSent: UInt64 = 0
    private let backoffLimit: Int

    /// A connection that was not looked at yet, on a system that doubles timers `backoffLimit` times at most
    /// (net.ipv4.tcp_retries2).
    public init(backoffLimit: Int = 15) {
        self.backoffLimit = backoffLimit
    }

    /// Whether more window probes may have been sent than were counted.
    public var mayMissWindowProbes: Bool { windowProbes >= backoffLimit }

    /// As in `5 window probes`.
    var windowProbesText: String {
        "\(mayMissWindowProbes ? "at least " : "")\(windowProbes) window probe\(windowProbes == 1 ? "" : "s")"
    }

    /// The answer to a probe comes at least one second after whatever was heard before, the smallest value of
    /// TCP_KEEPIDLE and TCP_KEEPINTVL. This is above what clock ticks of the kernel and delays between two system calls
    /// add up to.
    private static let minimumAdvance = Duration.milliseconds(400)

    /// Takes into account what a look at `now` showed.
    ///
    /// `bytesSent` is how many bytes of data the system accepted so far, `isWindowClosed` whether the window probe timer
    /// runs, and `period` the shortest time between two probes of the connection; nil if it sends none.
    public mutating func note(
        _ information: ConnectionInformation, bytesSent: UInt64, isWindowClosed: Bool, period: Duration?,
        at now: ContinuousClock.Instant
    ) {
        // After the end the kernel has cleared some fields. CLOSE is 7.
        guard information.state != 7 else { return }
        if let last, let lastLook {
            let hadData = bytesSent != self.bytesSent || information.bytesReceived != last.bytesReceived
            let wasAcknowledged = information.bytesAcknowledged != last.bytesAcknowledged
            if hadData {
                let idleBefore = min(last.sinceDataReceived, last.sinceDataSent) + (now - lastLook)
                let idle = min(information.sinceDataReceived, information.sinceDataSent)
                idleBeforeData = max(.zero, idleBefore - idle)
                answeredSinceData = 0
            }
            let heard = now - information.sinceAckReceived
            let advance = (lastLook - last.sinceAckReceived).duration(to: heard)
            // The peer may also send an acknowledgement unasked, such as a window update: a segment of ours must have gone
            // out. Its own keep-alive probes do not set back the clock.
            let sentSegments = information.emptySegmentsSent.flatMap { now in last.emptySegmentsSent.map { now &- $0 } }
            let isQuiet =
                !hadData && !wasAcknowledged && information.unacknowledgedSegments == 0
                && last.unacknowledgedSegments == 0 && !isWindowClosed && windowClosedSince == nil
            if period != nil, isQuiet, advance >= Self.minimumAdvance, sentSegments != 0 {
                answeredProbes += 1
                answeredSinceData += 1
                lastAnswer = heard
            }
            if let period, lastLook.duration(to: now) > period { mayMissAnswers = true }
        }
        noteWindow(information, isWindowClosed, at: now)
        last = information
        lastLook = now
        self.bytesSent = bytesSent
    }

    private mutating func noteWindow(
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
