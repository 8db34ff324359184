import Wire

/// What is remembered of one end of a connection and touched by each of its segments.
///
/// Wireshark's state (wireshark-rules 4.1) and our own lie together, in 24 bytes, so that a connection over IPv4 fits one
/// cache line. They are kept apart by type: `WiresharkAnalysis` alone decides about `markState` and the sequence numbers,
/// and no mark depends on `activity`.
struct EndState: BitwiseCopyable {
    // MARK: Wireshark's state

    /// The highest sequence number expected next; 0 means unset, even when the real number is 0.
    var next = SequenceNumber(0)
    /// The end of the contiguous part; 0 means unset.
    var edge = SequenceNumber(0)
    /// The acknowledgment field of the previous segment, also when it had no ACK flag.
    var lastAcknowledgment = SequenceNumber(0)
    /// The raw window of the previous segment; meaningful with `.windowKnown`.
    var window: UInt16 = 0
    /// `MarkState`, `Activity` and the TTL, from the lowest bit up: the fast path compares them at once.
    private(set) var bits: UInt16 = 0

    // MARK: Our state

    /// When it last sent something other than a probe (ns since 1970); `Int64.min`: never.
    var spokeTime = Int64.min

    /// When it last sent something other than a probe (ns since 1970); nil: never.
    var spoke: Int64? {
        @inline(__always) get { spokeTime == .min ? nil : spokeTime }
        @inline(__always) set { spokeTime = newValue ?? .min }
    }

    /// Facts that Wireshark's rules use.
    struct MarkState: OptionSet, BitwiseCopyable {
        var rawValue: UInt16

        /// `window` holds a value.
        static let windowKnown = MarkState(rawValue: 1 << 0)
        /// The base in the connection's record holds a value.
        static let baseKnown = MarkState(rawValue: 1 << 1)
        /// The previous segment was a keep-alive, shown or not.
        static let wasKeepAlive = MarkState(rawValue: 1 << 2)
        /// The previous segment was a zero-window probe, shown or not.
        static let wasZeroWindowProbe = MarkState(rawValue: 1 << 3)
        /// Some of its ranges are not acknowledged yet.
        static let hasUnacknowledged = MarkState(rawValue: 1 << 4)

        fileprivate static let mask: UInt16 = 0x001F
    }

    /// Facts that evidence uses.
    struct Activity: OptionSet, BitwiseCopyable {
        var rawValue: UInt16

        /// It sent a segment without SYN and RST: the connection is more than an attempt.
        static let established = Activity(rawValue: 1 << 5)
        /// Its `EndFacts` make the next segment of either end evidence.
        static let needsAttention = Activity(rawValue: 1 << 6)
        /// It sent an acknowledgment without data.
        static let sentPureAcknowledgment = Activity(rawValue: 1 << 7)
        /// It sent data, and the peer has not since.
        static let sentLastData = Activity(rawValue: 1 << 8)
        /// A segment that only this end can have sent had the TTL of `hopBits`.
        static let hasProvenHops = Activity(rawValue: 1 << 9)

        fileprivate static let mask: UInt16 = 0x03E0
    }

    /// Facts that Wireshark's rules use.
    var markState: MarkState {
        @inline(__always) get { MarkState(rawValue: bits & MarkState.mask) }
        @inline(__always) set { bits = bits & ~MarkState.mask | newValue.rawValue }
    }

    /// Facts that evidence uses.
    var activity: Activity {
        @inline(__always) get { Activity(rawValue: bits & Activity.mask) }
        @inline(__always) set { bits = bits & ~Activity.mask | newValue.rawValue }
    }

    /// The position of `hopBits` in `bits`.
    static let hopShift: UInt16 = 10
    static let hopMask: UInt16 = 0x3F << hopShift

    /// The low six bits of the TTL of its recent segments: a segment with others takes the full path.
    var hopBits: UInt8 {
        @inline(__always) get { UInt8(truncatingIfNeeded: bits >> Self.hopShift) }
        @inline(__always) set { bits = bits & ~Self.hopMask | UInt16(newValue & 0x3F) << Self.hopShift }
    }

    /// Whether its last segment announced a closed window.
    var hasClosedWindow: Bool { markState.contains(.windowKnown) && window == 0 }
}
