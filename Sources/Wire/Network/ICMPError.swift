/// An ICMP or ICMPv6 error that quotes a TCP segment (RFC 792, RFC 4443).
public struct ICMPError: Sendable, Equatable, BitwiseCopyable {
    /// The router or host that sent the error. Its version says whether the error is ICMP or ICMPv6.
    public var router: IPAddress
    /// The type: 3, 4, 11 or 12 for ICMP, 1 to 4 for ICMPv6.
    public var type: UInt8
    /// The code, whose meaning depends on the type.
    public var code: UInt8

    /// An error of `type` and `code` from `router`.
    public init(router: IPAddress, type: UInt8, code: UInt8) {
        self.router = router
        self.type = type
        self.code = code
    }

    /// Whether it says that the segment was too big. Smaller segments are not affected.
    public var isTooBig: Bool {
        router.version == .v4 ? type == 3 && code == 4 : type == 2
    }
}
