import Wire

/// The cold state of a connection, apart from its slot: few of its segments and the report use it.
///
/// It has 80 bytes. With its slot and index entry, a connection over IPv4 takes less than 160.
struct ConnectionRecord: BitwiseCopyable {
    /// Its number, from 0 in order of appearance.
    var number: UInt64
    /// Time of its first segment (ns since 1970).
    var time: Int64
    /// Time of its first FIN (ns since 1970); `Int64.min`: none.
    var closeTime = Int64.min
    /// The initial sequence number of each side, seen or derived; meaningful with its `.baseKnown`.
    var bases = (SequenceNumber(0), SequenceNumber(0))
    /// The handle of each side's history in `EvidenceStore.histories`; 0: none.
    private(set) var histories: (UInt32, UInt32) = (0, 0)
    /// How long each side took to answer in the handshake (µs); 0: not known.
    var roundTrips: (UInt32, UInt32) = (0, 0)
    /// The handle of its evidence in `EvidenceStore.evidences`; 0: none.
    private var evidenceHandle: UInt32 = 0
    /// The handle of its repeated acknowledgments in `EvidenceStore.repeats`; 0: none.
    private var repeatsHandle: UInt32 = 0
    /// The longest time without segments while nothing was in flight and both windows were open (ms).
    var longestPause: UInt32 = 0
    /// Facts of each side.
    var facts: (EndFacts, EndFacts) = ([], [])
    /// The IPv4 identification of the last segment of each side that took the full path.
    var identifications: (UInt16, UInt16) = (0, 0)
    /// The TTLs of each side.
    var hops = (HopHistory(), HopHistory())
    /// How many segments of each side in a row continued an identification counter, up to 255.
    var counts: (UInt8, UInt8) = (0, 0)

    /// The record of connection `number`, whose first segment came at `time` (ns since 1970).
    init(number: UInt64, time: Int64) {
        self.number = number
        self.time = time
    }

    /// Whether an end has a history: every event adds one, apart from some RSTs, challenge ACKs and ICMP errors.
    var hasEvents: Bool { histories != (0, 0) }

    /// The handle of its evidence; nil: it has none.
    var evidence: UInt32? {
        @inline(__always) get { evidenceHandle == 0 ? nil : evidenceHandle }
        @inline(__always) set { evidenceHandle = newValue ?? 0 }
    }

    /// The handle of its repeated acknowledgments; nil: it has none.
    var repeats: UInt32? {
        @inline(__always) get { repeatsHandle == 0 ? nil : repeatsHandle }
        @inline(__always) set { repeatsHandle = newValue ?? 0 }
    }

    /// The initial sequence number of `side`, 0 or 1.
    subscript(base side: Int) -> SequenceNumber {
        get { side == 0 ? bases.0 : bases.1 }
        set { if side == 0 { bases.0 = newValue } else { bases.1 = newValue } }
    }

    /// The facts of `side`, 0 or 1.
    subscript(facts side: Int) -> EndFacts {
        @inline(__always) get { side == 0 ? facts.0 : facts.1 }
        @inline(__always) set { if side == 0 { facts.0 = newValue } else { facts.1 = newValue } }
    }

    /// The TTLs of `side`, 0 or 1.
    subscript(hops side: Int) -> HopHistory {
        get { side == 0 ? hops.0 : hops.1 }
        set { if side == 0 { hops.0 = newValue } else { hops.1 = newValue } }
    }

    /// The handle of the history of `side`, 0 or 1; nil: it has none.
    subscript(history side: Int) -> UInt32? {
        @inline(__always) get {
            let handle = side == 0 ? histories.0 : histories.1
            return handle == 0 ? nil : handle
        }
        @inline(__always) set {
            if side == 0 { histories.0 = newValue ?? 0 } else { histories.1 = newValue ?? 0 }
        }
    }

    /// The IPv4 identification of the last segment of `side` that took the full path.
    subscript(identification side: Int) -> UInt16 {
        get { side == 0 ? identifications.0 : identifications.1 }
        set { if side == 0 { identifications.0 = newValue } else { identifications.1 = newValue } }
    }

    /// How many segments of `side` in a row continued an identification counter, up to 255.
    subscript(counts side: Int) -> UInt8 {
        get { side == 0 ? counts.0 : counts.1 }
        set { if side == 0 { counts.0 = newValue } else { counts.1 = newValue } }
    }

    /// How long `side` took to answer in the handshake (ns); nil: not known.
    subscript(roundTrip side: Int) -> Int64? {
        get {
            let trip = side == 0 ? roundTrips.0 : roundTrips.1
            return trip == 0 ? nil : Int64(trip) * 1000
        }
        set {
            let trip = newValue.map { UInt32(clamping: max(1, $0 / 1000)) } ?? 0
            if side == 0 { roundTrips.0 = trip } else { roundTrips.1 = trip }
        }
    }
}
