extension Duration {
    /// The duration in milliseconds, rounded down.
    private var milliseconds: Int64 { components.seconds &* 1000 &+ components.attoseconds / 1_000_000_000_000_000 }

    /// The duration in nanoseconds.
    package var wholeNanoseconds: Int64 {
        components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000
    }

    /// The duration in seconds, with one decimal unless it is zero: `5.1 s`, `60 s`.
    package var secondsText: String {
        let tenths = (milliseconds &+ 50) / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : preciseSecondsText
    }

    /// The duration in seconds with one decimal: `5.0 s`.
    package var preciseSecondsText: String {
        let tenths = (milliseconds &+ 50) / 100
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
