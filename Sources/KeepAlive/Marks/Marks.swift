/// The marks of Wireshark that concern keep-alives, for one segment.
public struct Marks: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// One bit per mark.
    public var rawValue: UInt8

    /// The marks whose bits are set in `rawValue`.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `tcp.analysis.keep_alive`: a segment that Wireshark takes for a keep-alive probe.
    public static let keepAlive = Marks(rawValue: 1)
    /// `tcp.analysis.keep_alive_ack`: a segment that Wireshark takes for the answer to a keep-alive probe.
    public static let keepAliveAck = Marks(rawValue: 2)
    /// `tcp.analysis.zero_window_probe`: one byte at SND.NXT into a closed window. It excludes the other two.
    public static let zeroWindowProbe = Marks(rawValue: 4)

    /// All marks with their names in Wireshark, without `tcp.analysis.`.
    public static let named: [(mark: Marks, name: String)] = [
        (.keepAlive, "keep_alive"), (.keepAliveAck, "keep_alive_ack"), (.zeroWindowProbe, "zero_window_probe"),
    ]
}
