/// Whose marks are wanted: three versions of Wireshark differ in a few corners (wireshark-rules section 6).
@frozen
public enum WiresharkVersion: CaseIterable, Comparable, Sendable {
    /// Wireshark 4.0 (Debian 12).
    case v4_0
    /// Wireshark 4.4 (Debian 13).
    case v4_4
    /// Wireshark 4.6.
    case v4_6

    /// The newest version whose marks are known.
    public static let newest = WiresharkVersion.v4_6

    /// The version as people write it.
    public var name: String {
        switch self {
        case .v4_0: "4.0"
        case .v4_4: "4.4"
        case .v4_6: "4.6"
        }
    }

    /// The version that people write as `name`; nil for any other.
    public init?(name: String) {
        guard let version = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = version
    }
}
