/// The marks that Wireshark would show for one segment, of those that concern keep-alives.
public struct Marks: OptionSet, Hashable, Sendable, BitwiseCopyable {
    /// One bit a mark.
    public var rawValue: UInt8

    /// The marks whose bits are set in `rawValue`.
    @inlinable
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// `tcp.analysis.keep_alive`: a segment that Wireshark takes for a keep-alive probe.
    public static let keepAlive = Marks(rawValue: 1)
    /// `tcp.analysis.keep_alive_ack`: a segment that Wireshark takes for the answer to one.
    public static let keepAliveAck = Marks(rawValue: 2)
    /// `tcp.analysis.zero_window_probe`: one byte at SND.NXT into a closed window; pre-empts the other two.
    public static let zeroWindowProbe = Marks(rawValue: 4)

    /// Every mark with Wireshark's name for it, less `tcp.analysis.`.
    public static let named: [(mark: Marks, name: String)] = [
        (.keepAlive, "keep_alive"), (.keepAliveAck, "keep_alive_ack"), (.zeroWindowProbe, "zero_window_probe"),
    ]
}
