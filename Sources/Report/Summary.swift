public import Capture
import KeepAlive
public import Wire

/// What was read, and how it went: the last record of a report.
public struct Summary: Sendable {
    /// The version of Wireshark whose marks these are.
    public var version: WiresharkVersion
    /// The files read, in order.
    public var files: [String] = []
    /// What became of their packets.
    public var tally = DecodeTally()
    /// Connections seen, with events or without.
    public var connections: UInt64 = 0
    /// Segments by mark, in the order of `Marks.named`.
    public var markCounts: [UInt64] = [0, 0, 0]
    /// Segments by what they truly are, in the order of `SegmentKind.allCases`.
    public var kindCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Copies of such segments, of mirror ports and other interfaces.
    public var copies: UInt64 = 0
    /// Of the kinds, the ones that Wireshark does not mark.
    public var unmarkedCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Of those, the ones whose mark says something else.
    public var misnamedCounts = [UInt64](repeating: 0, count: SegmentKind.allCases.count)
    /// Packets that the kernel dropped of a live capture; nil: none.
    public var dropped: UInt64?
    /// The files that are damaged, and how: what came before the damage is in the report.
    public var damaged: [(file: String, damage: CaptureFile.Damage)] = []

    /// A summary of nothing, for marks as Wireshark `version` makes them.
    public init(version: WiresharkVersion) {
        self.version = version
    }
}
