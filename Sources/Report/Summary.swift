public import KeepAlive
public import Wire

/// The counts, problems and files of a run: the last record of a report.
public struct Summary: Sendable {
    /// The version of Wireshark whose marks are reported.
    public var version: WiresharkVersion
    /// The files that were read, in order.
    public var files: [String] = []
    /// Whether a filter excluded packets of these files.
    public var isFiltered = false
    /// The packets, by result of decoding.
    public var tally = DecodeTally()
    /// The connections and segments, by mark and kind.
    public var counts = ConnectionTally()
    /// The packets that the kernel dropped in a live capture; nil: none.
    public var dropped: UInt64?
    /// Whether the capture filter excludes segments with more than one byte of data.
    public var isLight = false
    /// The damaged files, with the damage. The report covers all packets before it.
    public var damaged: [(file: String, damage: FileDamage)] = []

    /// The files to which findings refer.
    public var sources: SourceFiles { SourceFiles(files, isFiltered: isFiltered) }

    /// An empty summary, for marks of Wireshark `version`.
    public init(version: WiresharkVersion) {
        self.version = version
    }
}
