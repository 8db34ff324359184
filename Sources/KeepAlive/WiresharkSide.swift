import Wire

/// What is remembered of one end of a connection: what Wireshark does (wireshark-rules 4.1), and when it last spoke.
///
/// Twenty-four octets, so that a connection over IPv4 fits one cache line.
struct WiresharkSide: BitwiseCopyable {
    /// The highest sequence number expected next; 0 means unset, even when the real number is 0.
    var next = SequenceNumber(0)
    /// The end of the contiguous part; 0 means unset.
    var edge = SequenceNumber(0)
    /// The acknowledgment field of the previous segment, also when it had no ACK flag.
    var lastAcknowledgment = SequenceNumber(0)
    /// The raw window of the previous segment; meaningful with `.windowKnown`.
    var window: UInt16 = 0
    /// Yes-or-no facts.
    var facts: Facts = []
    /// When it last sent something other than a probe (ns since 1970); meaningful with `.hasSpoken`.
    var spokeTime: Int64 = 0

    /// When it last sent something other than a probe (ns since 1970); nil: never.
    var spoke: Int64? {
        @inline(__always) get { facts.contains(.hasSpoken) ? spokeTime : nil }
        @inline(__always) set {
            spokeTime = newValue ?? 0
            set(.hasSpoken, to: newValue != nil)
        }
    }

    /// Yes-or-no facts of one end.
    struct Facts: OptionSet, BitwiseCopyable {
        var rawValue: UInt16

        /// `window` holds a value.
        static let windowKnown = Facts(rawValue: 1 << 1)
        /// The base in its connection's birth holds a value.
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
        /// What it asked last, by a keep-alive or a zero-window probe, has had no answer yet.
        static let awaitsAnswer = Facts(rawValue: 1 << 11)
        /// It sent a segment that made a `SegmentEvent`.
        static let hasHistory = Facts(rawValue: 1 << 12)
        /// It broke a long silence, and the peer was not heard since.
        static let brokeSilence = Facts(rawValue: 1 << 14)
        /// It sent a segment without SYN and RST: the connection came to be, and was no mere attempt.
        static let established = Facts(rawValue: 1)
        /// `spoke` holds a time.
        static let hasSpoken = Facts(rawValue: 1 << 13)
    }

    /// Sets or clears `fact`.
    @inline(__always)
    mutating func set(_ fact: Facts, to value: Bool) {
        if value { facts.formUnion(fact) } else { facts.subtract(fact) }
    }
}
