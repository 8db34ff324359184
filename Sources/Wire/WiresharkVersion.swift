/// The Wireshark version whose marks to reproduce. Three versions differ in a few details (wireshark-rules 6).
@frozen
public enum WiresharkVersion: CaseIterable, Comparable, Sendable {
    /// Wireshark 4.0 (Debian 12).
    case v4_0
    /// Wireshark 4.4 (Debian 13).
    case v4_4
    /// Wireshark 4.6.
    case v4_6

    /// The newest supported version.
    public static let newest = WiresharkVersion.v4_6

    /// The version number, such as "4.6".
    public var name: String {
        switch self {
        case .v4_0: "4.0"
        case .v4_4: "4.4"
        case .v4_6: "4.6"
        }
    }

    /// The version whose number is `name`; nil if it is not supported.
    public init?(name: String) {
        guard let version = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = version
    }
}
