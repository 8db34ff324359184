import Wire

/// An ICMP error that quotes a segment, in words.
///
/// Types and codes: RFC 792, RFC 1122 3.2.2, RFC 1812 5.2.7 (codes 11 to 15 of type 3), and RFC 4443 for IPv6; RFC 1191
/// for code 4 of type 3, RFC 7112 and RFC 8883 for later codes of ICMPv6.
struct ICMPText: Sendable, Equatable {
    /// What the router or host reports.
    let words: String
    /// What to do about it; empty: nothing is known.
    let advice: String

    /// The error of `type` and `code`, of ICMPv6 if `isVersion6`.
    init(isVersion6: Bool, type: UInt8, code: UInt8) {
        let found = isVersion6 ? Self.version6(type, code) : Self.version4(type, code)
        self = found ?? ICMPText("ICMP type \(type), code \(code)", "")
    }

    private init(_ words: String, _ advice: String) {
        (self.words, self.advice) = (words, advice)
    }

    // MARK: ICMP for IPv4

    private static func version4(_ type: UInt8, _ code: UInt8) -> ICMPText? {
        switch type {
        case 3: unreachable4(code)
        case 4: ICMPText("source quench (congestion)", "Ignore it: source quench is obsolete (RFC 6633).")
        case 5: ICMPText("redirect", "Check the routes of the sender: it uses the wrong router.")
        case 11:
            code == 0
                ? ICMPText("time exceeded in transit", loops)
                : ICMPText("fragment reassembly time exceeded", fragments)
        case 12: ICMPText("parameter problem", malformed)
        default: nil
        }
    }

    /// Type 3, destination unreachable.
    private static func unreachable4(_ code: UInt8) -> ICMPText {
        switch code {
        case 0: ICMPText("network unreachable", route)
        case 1: ICMPText("host unreachable", host)
        case 2: ICMPText("protocol unreachable", "The peer does not accept TCP: check the address.")
        case 3: ICMPText("port unreachable", port)
        case 4: ICMPText("fragmentation needed", mtu)
        case 5: ICMPText("source route failed", "Do not use source routes.")
        case 6: ICMPText("destination network unknown", route)
        case 7: ICMPText("destination host unknown", host)
        case 8: ICMPText("source host isolated", route)
        case 9: ICMPText("communication with the network administratively prohibited (filter)", filter)
        case 10: ICMPText("communication with the host administratively prohibited (filter)", filter)
        case 11: ICMPText("network unreachable for this type of service", service)
        case 12: ICMPText("host unreachable for this type of service", service)
        case 13: ICMPText("communication administratively prohibited (filter)", filter)
        case 14: ICMPText("host precedence violation", service)
        case 15: ICMPText("precedence cutoff in effect", service)
        default: ICMPText("destination unreachable, code \(code)", route)
        }
    }

    // MARK: ICMPv6

    private static func version6(_ type: UInt8, _ code: UInt8) -> ICMPText? {
        switch type {
        case 1: unreachable6(code)
        case 2: ICMPText("packet too big", mtu)
        case 3:
            code == 0
                ? ICMPText("hop limit exceeded in transit", loops)
                : ICMPText("fragment reassembly time exceeded", fragments)
        case 4: problem6(code)
        default: nil
        }
    }

    /// Type 1, destination unreachable.
    private static func unreachable6(_ code: UInt8) -> ICMPText {
        switch code {
        case 0: ICMPText("no route to destination", route)
        case 1: ICMPText("communication administratively prohibited (filter)", filter)
        case 2: ICMPText("beyond scope of source address", "Use a source address of a wider scope.")
        case 3: ICMPText("address unreachable", host)
        case 4: ICMPText("port unreachable", port)
        case 5: ICMPText("source address failed ingress/egress policy", filter)
        case 6: ICMPText("reject route to destination", route)
        case 7: ICMPText("error in source routing header", "Do not use source routes.")
        case 8: ICMPText("headers too long", malformed)
        default: ICMPText("destination unreachable, code \(code)", route)
        }
    }

    /// Type 4, parameter problem.
    private static func problem6(_ code: UInt8) -> ICMPText {
        switch code {
        case 0: ICMPText("parameter problem: erroneous header field", malformed)
        case 1: ICMPText("parameter problem: unrecognized next header", malformed)
        case 2: ICMPText("parameter problem: unrecognized IPv6 option", malformed)
        default: ICMPText("parameter problem, code \(code)", malformed)
        }
    }

    // MARK: Advice

    private static let route = "Check the routes: that router has none to the destination."
    private static let host = "Check whether the peer is powered on and connected: its last router cannot reach it."
    private static let port = "Check a firewall on the peer: it rejects this port."
    private static let filter = "Check the filter of that router: a rule rejects the connection."
    private static let mtu = "Check path MTU discovery: a link has a smaller MTU. Lower the MTU, or clamp the MSS."
    private static let loops = "Check for a routing loop, or a TTL that is too low."
    private static let fragments = "Avoid fragmentation: fragments are lost on the path."
    private static let service = "Check the DSCP or type of service of the connection: that router has no route for it."
    private static let malformed = "Check what on the path changes or builds IP headers: that router rejects them."
}

extension TextBuffer {
    /// Appends an ICMP error of `router` in words: `host unreachable, from 192.0.2.1`.
    mutating func append(icmpType type: UInt8, code: UInt8, from router: IPAddress) {
        append(ICMPText(isVersion6: router.version == .v6, type: type, code: code).words)
        append(", from ")
        append(router)
    }

    /// Appends the members of an event that is an ICMP error of `router`.
    mutating func members(icmpType type: UInt8, code: UInt8, from router: IPAddress) {
        member("icmp_type", UInt64(type))
        member("icmp_code", UInt64(code))
        member("icmp_text", ICMPText(isVersion6: router.version == .v6, type: type, code: code).words)
        member("router_ip")
        append("\"")
        append(router)
        append("\"")
    }
}
