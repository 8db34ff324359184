public import KeepAlive
public import Wire

/// What was read, and how it went: the last record of a report.
public struct Summary: Sendable {
    /// The version of Wireshark whose marks these are.
    public var version: WiresharkVersion
    /// The files read, in order.
    public var files: [String] = []
    /// Whether a filter left out packets of these files.
    public var isFiltered = false
    /// What became of their packets.
    public var tally = DecodeTally()
    /// What was counted of their connections and segments.
    public var counts = ConnectionTally()
    /// Packets that the kernel dropped of a live capture; nil: none.
    public var dropped: UInt64?
    /// Whether segments with more than one byte of data were kept out.
    public var isLight = false
    /// The files that are damaged, and how: what came before the damage is in the report.
    public var damaged: [(file: String, damage: FileDamage)] = []

    /// The files, as findings refer to them.
    public var sources: SourceFiles { SourceFiles(files, isFiltered: isFiltered) }

    /// A summary of nothing, for marks as Wireshark `version` makes them.
    public init(version: WiresharkVersion) {
        self.version = version
    }
}
