import Wire

/// What is kept of a connection beside its slot, because only few of its segments and its report touch it.
///
/// 80 bytes: with the slot and the index a connection over IPv4 takes less than 160.
struct ConnectionRecord: BitwiseCopyable {
    /// Its number, from 0 in order of appearance.
    var number: UInt64
    /// Time of its first segment (ns since 1970).
    var time: Int64
    /// Time of its first FIN (ns since 1970); `Int64.min`: none.
    var closeTime = Int64.min
    /// The initial sequence number of each side, seen or derived; meaningful with its `.baseKnown`.
    var bases = (SequenceNumber(0), SequenceNumber(0))
    /// The index of each side's history, from 1; 0 is none.
    var histories: (UInt32, UInt32) = (0, 0)
    /// How long each side took to answer in the handshake (microseconds); 0: not known.
    var roundTrips: (UInt32, UInt32) = (0, 0)
    /// The index of its evidence, from 1; 0 is none.
    var evidence: UInt32 = 0
    /// The index of the acknowledgments that its ends repeated, from 1; 0 is none.
    var repeats: UInt32 = 0
    /// The longest time in which nothing passed, nothing was in flight and both windows were open (ms).
    var longestPause: UInt32 = 0
    /// Facts of each side.
    var facts: (EndFacts, EndFacts) = ([], [])
    /// The IPv4 identification of the last segment of each side that took the full path.
    var identifications: (UInt16, UInt16) = (0, 0)
    /// The TTLs of each side.
    var hops = (HopHistory(), HopHistory())
    /// How often in a row the identifications of each side went on like a counter.
    var counts: (UInt8, UInt8) = (0, 0)

    /// The record of connection `number`, whose first segment came at `time` (ns since 1970).
    init(number: UInt64, time: Int64) {
        self.number = number
        self.time = time
    }

    /// Whether it had an event.
    var hasEvents: Bool { histories != (0, 0) }

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

    /// The index of the history of `side`, from 1; 0 is none.
    subscript(history side: Int) -> UInt32 {
        get { side == 0 ? histories.0 : histories.1 }
        set { if side == 0 { histories.0 = newValue } else { histories.1 = newValue } }
    }

    /// The last known IPv4 identification of `side`.
    subscript(identification side: Int) -> UInt16 {
        get { side == 0 ? identifications.0 : identifications.1 }
        set { if side == 0 { identifications.0 = newValue } else { identifications.1 = newValue } }
    }

    /// How often in a row the identifications of `side` went on like a counter.
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
