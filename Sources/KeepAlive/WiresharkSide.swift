import Wire

/// What Wireshark remembers of one end of a connection (wireshark-rules 4.1), in twenty octets.
struct WiresharkSide: BitwiseCopyable {
    /// The highest sequence number expected next; 0 means unset, even when the real number is 0.
    var next = SequenceNumber(0)
    /// The end of the contiguous part; 0 means unset.
    var edge = SequenceNumber(0)
    /// The acknowledgment field of the previous segment, also when it had no ACK flag.
    var lastAcknowledgment = SequenceNumber(0)
    /// The initial sequence number, seen or derived; meaningful with `.baseKnown`.
    var base = SequenceNumber(0)
    /// The raw window of the previous segment; meaningful with `.windowKnown`.
    var window: UInt16 = 0
    /// Yes-or-no facts.
    var facts: Facts = []

    /// Yes-or-no facts of one end.
    struct Facts: OptionSet, BitwiseCopyable {
        var rawValue: UInt16

        /// The slot of this side is in use; kept on the first side of a connection.
        static let occupied = Facts(rawValue: 1)
        /// `window` holds a value.
        static let windowKnown = Facts(rawValue: 1 << 1)
        /// `base` holds a value.
        static let baseKnown = Facts(rawValue: 1 << 2)
        /// The previous segment was a keep-alive, shown or not.
        static let wasKeepAlive = Facts(rawValue: 1 << 3)
        /// The previous segment was a zero-window probe, shown or not.
        static let wasZeroWindowProbe = Facts(rawValue: 1 << 4)
        /// A RST, or a FIN with ACK, came from this side (wireshark-rules 6.1, 4 and 5).
        static let closeSeen = Facts(rawValue: 1 << 5)
        /// Some of its ranges are not acknowledged yet.
        static let hasUnacknowledged = Facts(rawValue: 1 << 6)
        /// It sent a SYN without ACK: the originator.
        static let sentSYN = Facts(rawValue: 1 << 7)
        /// It sent a SYN with ACK: the responder.
        static let sentSYNACK = Facts(rawValue: 1 << 8)
        /// It sent a FIN.
        static let sentFIN = Facts(rawValue: 1 << 9)
        /// It sent the first RST of the connection.
        static let sentRST = Facts(rawValue: 1 << 10)
        /// Its last shown probe has had no answer yet.
        static let awaitsAnswer = Facts(rawValue: 1 << 11)
    }

    /// Sets or clears `fact`.
    @inline(__always)
    mutating func set(_ fact: Facts, to value: Bool) {
        if value { facts.formUnion(fact) } else { facts.subtract(fact) }
    }
}
