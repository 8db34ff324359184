public import Wire

/// Facts about a capture as a whole: what it can show and what it cannot.
public struct CaptureContext: Sendable {
    /// The end of the capture: the time of its last packet, or the present time of a live capture (ns since 1970).
    /// nil: each connection ends with its own last segment.
    public var end: Int64?
    /// Whether packets are captured live: then a pause means that nothing was sent.
    public var isLive = false
    /// Whether a filter removed the segments with more than one byte of data.
    public var isLight = false
    /// Whether packets were dropped or headers cut: then nothing is sure.
    public var lacksPackets = false
    /// Whether the packet times are made up.
    public var isArtificial = false
    /// Periods in which no packet of any connection was captured.
    public var pauses: [CapturePauses.Pause] = []
    /// The pauses that several connections span: the capture was stopped, or two captures were merged.
    public var holes: [CapturePauses.Pause] = []
    /// When the first connection was evicted that may go on (ns since 1970); nil: none was. Later connections without a
    /// handshake may be the rest of one.
    public var firstLoss: Int64?
    /// When hosts that stopped answering in one connection were heard in others.
    package var activity = HostActivity()

    /// A capture without known facts.
    public init() {}

    /// How long the capture provably ran between two times (ns since 1970), in nanoseconds.
    func captured(from start: Int64, to end: Int64) -> Int64 {
        guard end > start else { return 0 }
        let paused = isLive ? 0 : pauses.reduce(0) { $0 &+ max(0, min(end, $1.end) &- max(start, $1.start)) }
        return max(0, end &- start &- paused)
    }

    /// Whether nothing at all was captured for a minute between two times (ns since 1970).
    func isInterrupted(from start: Int64, to end: Int64) -> Bool {
        pauses.contains { min(end, $0.end) &- max(start, $0.start) >= Idleness.keepAliveDue }
    }
}

extension [CapturePauses.Pause] {
    /// Whether one of these pauses covers most of the time from `start` to `end` (ns since 1970).
    func coverMost(from start: Int64, to end: Int64) -> Bool {
        guard end > start else { return false }
        return contains { pause in
            let overlap = Swift.min(end, pause.end) &- Swift.max(start, pause.start)
            return overlap > (end &- start) / 2
        }
    }
}
