/// The repeated acknowledgments of both ends of a connection. Separate from its evidence, because many connections have
/// these and few of them have evidence.
struct RepeatedAcknowledgments: BitwiseCopyable {
    private var ends = (OfEnd(), OfEnd())

    /// The repeated acknowledgments of the end at `side`, 0 or 1.
    subscript(side: Int) -> OfEnd {
        get { side == 0 ? ends.0 : ends.1 }
        set { if side == 0 { ends.0 = newValue } else { ends.1 = newValue } }
    }

    /// The repeated acknowledgments of one end.
    struct OfEnd: BitwiseCopyable {
        /// The time of the acknowledgment that was repeated (ns since 1970).
        var start: Int64 = 0
        /// The timestamp that the first repetition echoed.
        var echo: UInt32 = 0
        /// The number of repetitions.
        var count: UInt16 = 0
    }
}
