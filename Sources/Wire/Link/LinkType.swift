/// A link-layer header type: a LINKTYPE_ value of the tcpdump project, as in capture files.
public struct LinkType: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    /// The LINKTYPE_ number (0 to 65535).
    public var rawValue: UInt16

    /// The link type with the LINKTYPE_ number `rawValue`.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// BSD loopback, host byte order (LINKTYPE_NULL).
    public static let null = LinkType(rawValue: 0)
    /// Ethernet (LINKTYPE_ETHERNET).
    public static let ethernet = LinkType(rawValue: 1)
    /// Raw IP (LINKTYPE_RAW).
    public static let raw = LinkType(rawValue: 101)
}
