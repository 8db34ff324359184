import Wire

/// A range of sequence numbers that was sent and is not acknowledged: [start, end).
struct UnacknowledgedRange: BitwiseCopyable {
    var start = SequenceNumber(0)
    var end = SequenceNumber(0)
}

extension UnacknowledgedRange {
    /// What `acknowledgment` leaves of the range; nil: nothing.
    @inline(__always)
    func left(by acknowledgment: SequenceNumber) -> UnacknowledgedRange? {
        if acknowledgment == end { return nil }
        if acknowledgment.isNewer(than: start) && !acknowledgment.isNewer(than: end) {
            return UnacknowledgedRange(start: acknowledgment, end: end)
        }
        return end.isNewer(than: acknowledgment) ? self : nil
    }

    /// Whether it begins before `number`.
    func isBefore(_ number: SequenceNumber) -> Bool { start != number && !start.isNewer(than: number) }
}
