/// The repeated acknowledgments of both ends of a connection. Many connections have some, and few of them evidence.
struct RepeatedAcknowledgments: BitwiseCopyable {
    private var ends = (OfEnd(), OfEnd())

    /// Those of the end at `side`, 0 or 1.
    subscript(side: Int) -> OfEnd {
        get { side == 0 ? ends.0 : ends.1 }
        set { if side == 0 { ends.0 = newValue } else { ends.1 = newValue } }
    }

    /// Those of one end.
    struct OfEnd: BitwiseCopyable {
        /// When the first of them came (ns since 1970).
        var start: Int64 = 0
        /// The timestamp that the first repetition echoes.
        var echo: UInt32 = 0
        /// How often it was repeated.
        var count: UInt16 = 0
    }
}
