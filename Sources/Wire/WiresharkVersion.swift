/// Whose marks are wanted: three versions of Wireshark differ in a few corners (wireshark-rules section 6).
public enum WiresharkVersion: String, CaseIterable, Comparable, Sendable {
    /// Wireshark 4.0 (Debian 12).
    case v4_0 = "4.0"
    /// Wireshark 4.4 (Debian 13).
    case v4_4 = "4.4"
    /// Wireshark 4.6.
    case v4_6 = "4.6"

    /// The newest version whose marks are known.
    public static let newest = WiresharkVersion.v4_6

    /// Whether `left` is the older version.
    public static func < (left: WiresharkVersion, right: WiresharkVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}
