import Wire

/// What is remembered of one end of a connection: what Wireshark does (wireshark-rules 4.1), and when it last spoke.
///
/// Twenty-four bytes, so that a connection over IPv4 fits one cache line.
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
    /// When it last sent something other than a probe (ns since 1970); `Int64.min`: never.
    var spokeTime = Int64.min

    /// When it last sent something other than a probe (ns since 1970); nil: never.
    var spoke: Int64? {
        @inline(__always) get { spokeTime == .min ? nil : spokeTime }
        @inline(__always) set { spokeTime = newValue ?? .min }
    }

    /// Yes-or-no facts of one end, and the low bits of its TTL: what most segments are checked against.
    struct Facts: OptionSet, BitwiseCopyable {
        var rawValue: UInt16

        /// It sent a segment without SYN and RST: the connection is more than an attempt.
        static let established = Facts(rawValue: 1 << 0)
        /// `window` holds a value.
        static let windowKnown = Facts(rawValue: 1 << 1)
        /// The base in its connection's record holds a value.
        static let baseKnown = Facts(rawValue: 1 << 2)
        /// The previous segment was a keep-alive, shown or not.
        static let wasKeepAlive = Facts(rawValue: 1 << 3)
        /// The previous segment was a zero-window probe, shown or not.
        static let wasZeroWindowProbe = Facts(rawValue: 1 << 4)
        /// Some of its ranges are not acknowledged yet.
        static let hasUnacknowledged = Facts(rawValue: 1 << 5)
        /// Its `EndFacts` say that the next segment of either end matters.
        static let needsAttention = Facts(rawValue: 1 << 6)
        /// It sent an acknowledgment without data.
        static let sentPureAcknowledgment = Facts(rawValue: 1 << 7)
        /// It sent data, and the peer has not since.
        static let sentLastData = Facts(rawValue: 1 << 8)

        /// A segment that only this end can have sent had the TTL of `hopBits`.
        static let hasProvenHops = Facts(rawValue: 1 << 9)

        /// Where `hopBits` keeps the low six bits of the TTL of the end's own segments.
        static let hopMask: UInt16 = 0x3F << hopShift
        static let hopShift: UInt16 = 10
    }

    /// Whether it told last that its window is closed.
    var hasClosedWindow: Bool { facts.contains(.windowKnown) && window == 0 }

    /// The low six bits of the TTL of its recent segments: a segment with others is looked at more closely.
    var hopBits: UInt8 {
        @inline(__always) get { UInt8(truncatingIfNeeded: facts.rawValue >> Facts.hopShift) }
        @inline(__always) set {
            facts.rawValue = facts.rawValue & ~Facts.hopMask | UInt16(newValue & 0x3F) << Facts.hopShift
        }
    }

    /// Sets or clears `fact`.
    @inline(__always)
    mutating func set(_ fact: Facts, to value: Bool) {
        if value { facts.formUnion(fact) } else { facts.subtract(fact) }
    }
}
