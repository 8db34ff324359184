extension Duration {
    /// The duration in milliseconds, rounded down.
    var milliseconds: Int64 { components.seconds &* 1000 &+ components.attoseconds / 1_000_000_000_000_000 }

    /// The duration in seconds with one decimal unless that is zero, as in `5.1 s` or `60 s`.
    public var secondsText: String {
        let tenths = (milliseconds &+ 50) / 100
        return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
    }

    /// The duration in seconds with one decimal always, as in `5.0 s`.
    public var preciseSecondsText: String {
        let tenths = (milliseconds &+ 50) / 100
        return "\(tenths / 10).\(tenths % 10) s"
    }
}
