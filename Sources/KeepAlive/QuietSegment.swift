import Wire

extension WiresharkSide {
    /// Takes the segment at `place` of `segments`, sent by this end to `peer`, where it is quiet: a pure acknowledgment in its place, which can carry
    /// no mark, concerns no keep-alive, and changes nothing but what was heard last. Most segments are, and need no more
    /// than this; false: it is not, and goes the whole way, which for a quiet one has the same result.
    ///
    /// Each clause stands for a rule that would otherwise have to be asked: wireshark-rules 1 and 4, `SegmentKind` and
    /// `Silence`.
    @inline(__always)
    mutating func takesQuietly(_ segments: Span<Segment>, _ place: Int, from peer: WiresharkSide) -> Bool {
        // Field by field, as a copy of the whole would cost more than the questions.
        let sequence = segments[place].sequence
        let acknowledgment = segments[place].acknowledgment
        let time = segments[place].time
        guard segments[place].payloadLength == 0, sequence == next, edge.rawValue != 0,
            segments[place].role == .whole, segments[place].flags.isDisjoint(with: [.syn, .fin, .rst]),
            facts.isSuperset(of: Self.known), peer.facts.intersection(Self.loud) == Self.heard,
            !acknowledgment.isNewer(than: peer.edge), peer.lastAcknowledgment != sequence + 1,
            time &- max(spokeTime, peer.spokeTime) < Silence.threshold
        else { return false }
        window = segments[place].window
        lastAcknowledgment = acknowledgment
        facts.subtract([.wasKeepAlive, .wasZeroWindowProbe])
        spokeTime = time
        return true
    }

    /// What must be known of the sender.
    private static let known: Facts = [.baseKnown, .windowKnown, .hasSpoken, .established]
    /// What must be known of the peer.
    private static let heard: Facts = [.baseKnown, .hasSpoken]
    /// What, of the peer, makes the next segment of this end tell something.
    private static let loud: Facts = [
        .baseKnown, .hasSpoken, .wasKeepAlive, .wasZeroWindowProbe, .hasUnacknowledged, .awaitsAnswer, .brokeSilence,
    ]
}
