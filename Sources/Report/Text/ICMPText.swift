import Wire

/// The text of an ICMP error that quotes a segment.
///
/// Types and codes: RFC 792, RFC 1122 3.2.2, RFC 1812 5.2.7 (codes 11 to 15 of type 3), and RFC 4443 for IPv6; RFC 1191
/// for code 4 of type 3, RFC 7112 and RFC 8883 for later codes of ICMPv6.
struct ICMPText: Sendable, Equatable {
    /// What the router or host reports.
    let text: String
    /// What to do about it; empty: no advice.
    let advice: String

    /// The error of `type` and `code`, of ICMPv6 if `isVersion6`.
    init(isVersion6: Bool, type: UInt8, code: UInt8) {
        (text, advice) = isVersion6 ? Self.version6(type, code) : Self.version4(type, code)
    }

    private static func version4(_ type: UInt8, _ code: UInt8) -> (String, String) {
        switch (type, code) {
        case (3, 0): ("network unreachable", route)
        case (3, 1): ("host unreachable", host)
        case (3, 2): ("protocol unreachable", "The peer does not accept TCP: check the address.")
        case (3, 3): ("port unreachable", port)
        case (3, 4): ("fragmentation needed", mtu)
        case (3, 5): ("source route failed", "Do not use source routes.")
        case (3, 6): ("destination network unknown", route)
        case (3, 7): ("destination host unknown", host)
        case (3, 8): ("source host isolated", route)
        case (3, 9): ("communication with the network administratively prohibited (filter)", filter)
        case (3, 10): ("communication with the host administratively prohibited (filter)", filter)
        case (3, 11): ("network unreachable for this type of service", service)
        case (3, 12): ("host unreachable for this type of service", service)
        case (3, 13): ("communication administratively prohibited (filter)", filter)
        case (3, 14): ("host precedence violation", service)
        case (3, 15): ("precedence cutoff in effect", service)
        case (3, _): ("destination unreachable, code \(code)", route)
        case (4, _): ("source quench (congestion)", "Ignore it: source quench is obsolete (RFC 6633).")
        case (5, _): ("redirect", "Check the routes of the sender: it uses the wrong router.")
        case (11, 0): ("time exceeded in transit", loop)
        case (11, _): ("fragment reassembly time exceeded", fragments)
        case (12, _): ("parameter problem", malformed)
        default: ("ICMP type \(type), code \(code)", "")
        }
    }

    private static func version6(_ type: UInt8, _ code: UInt8) -> (String, String) {
        switch (type, code) {
        case (1, 0): ("no route to destination", route)
        case (1, 1): ("communication administratively prohibited (filter)", filter)
        case (1, 2): ("beyond scope of source address", "Use a source address of a wider scope.")
        case (1, 3): ("address unreachable", host)
        case (1, 4): ("port unreachable", port)
        case (1, 5): ("source address failed ingress/egress policy", filter)
        case (1, 6): ("reject route to destination", route)
        case (1, 7): ("error in source routing header", "Do not use source routes.")
        case (1, 8): ("headers too long", malformed)
        case (1, _): ("destination unreachable, code \(code)", route)
        case (2, _): ("packet too big", mtu)
        case (3, 0): ("hop limit exceeded in transit", loop)
        case (3, _): ("fragment reassembly time exceeded", fragments)
        case (4, 0): ("parameter problem: erroneous header field", malformed)
        case (4, 1): ("parameter problem: unrecognized next header", malformed)
        case (4, 2): ("parameter problem: unrecognized IPv6 option", malformed)
        case (4, _): ("parameter problem, code \(code)", malformed)
        default: ("ICMP type \(type), code \(code)", "")
        }
    }

    // MARK: Advice

    private static let route = "Check the routes: that router has none to the destination."
    private static let host = "Check whether the peer is powered on and connected: its last router cannot reach it."
    private static let port = "Check a firewall on the peer: it rejects this port."
    private static let filter = "Check the filter of that router: a rule rejects the connection."
    private static let mtu = "Check path MTU discovery: a link has a smaller MTU. Lower the MTU, or clamp the MSS."
    private static let loop = "Check for a routing loop, or a TTL that is too low."
    private static let fragments = "Avoid fragmentation: fragments are lost on the path."
    private static let service = "Check the DSCP or type of service of the connection: that router has no route for it."
    private static let malformed = "Check what on the path changes or builds IP headers: that router rejects them."
}

extension TextBuffer {
    /// Appends an ICMP error of `router`: `host unreachable, from 192.0.2.1`.
    mutating func append(
        icmpType type: UInt8, code: UInt8, from router: IPAddress, _ style: TextStyle = TextStyle()
    ) {
        append(ICMPText(isVersion6: router.version == .v6, type: type, code: code).text)
        append(", from ")
        style.append(router, to: &self)
    }
}

extension RecordWriter {
    /// Appends the members of an event that is an ICMP error of `router`.
    mutating func members(icmpType type: UInt8, code: UInt8, from router: IPAddress) {
        member("icmp_type", UInt64(type))
        member("icmp_code", UInt64(code))
        member("icmp_text", ICMPText(isVersion6: router.version == .v6, type: type, code: code).text)
        member("router_ip", router)
    }
}
