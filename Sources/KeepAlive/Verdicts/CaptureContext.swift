public import Wire

/// What is known of a capture beside its connections: what it can show, and what it cannot.
public struct CaptureContext: Sendable {
    /// When the capture ends: the time of its last packet, live the present time (ns since 1970). nil: with each
    /// connection's own last segment.
    public var end: Int64?
    /// Whether segments with more than one byte of data were kept out.
    public var isLight = false
    /// Whether packets were dropped, or headers cut: then nothing is sure.
    public var lacksPackets = false
    /// Whether the times of the packets were made up.
    public var isArtificial = false
    /// Stretches in which no packet of any connection was captured.
    public var pauses: [CapturePauses.Pause] = []
    /// Of those, the ones that several connections span: the capture was stopped, or two were merged.
    public var holes: [CapturePauses.Pause] = []
    /// When hosts that fell silent were heard elsewhere.
    public var activity = HostActivity()

    /// A capture of which nothing is known but its connections.
    public init() {}

    /// Whether packets are captured live: then no packet means that there was none.
    public var isLive = false

    /// How long the capture can be shown to have gone on between two times (ns since 1970).
    func captured(from start: Int64, to end: Int64) -> Int64 {
        guard end > start else { return 0 }
        let silent = isLive ? 0 : pauses.reduce(0) { $0 &+ max(0, min(end, $1.end) &- max(start, $1.start)) }
        return max(0, end &- start &- silent)
    }

    /// Whether nothing at all was captured for a minute between two times (ns since 1970).
    func isInterrupted(from start: Int64, to end: Int64) -> Bool {
        pauses.contains { min(end, $0.end) &- max(start, $0.start) >= Idleness.keepAliveDue }
    }

    /// Whether most of the time from `start` to `end` (ns since 1970) lies in one of `stretches`.
    static func isCovered(from start: Int64, to end: Int64, by stretches: [CapturePauses.Pause]) -> Bool {
        guard end > start else { return false }
        return stretches.contains { stretch in
            let overlap = min(end, stretch.end) &- max(start, stretch.start)
            return overlap > (end &- start) / 2
        }
    }
}
