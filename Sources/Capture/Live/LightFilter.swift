import Wire

/// The filter of a light capture: TCP segments with at most one byte of payload, all with SYN, FIN or RST, and ICMP errors.
///
/// The payload is what the IP header leaves after the headers, so the padding of short frames does not count. Numbers in BPF
/// are unsigned: if the length in the IP header is too small, or 0 (large sends that the network card splits, and jumbograms),
/// the payload counts as large, which it is. Only the first fragment of a datagram is tested, with its own length: data in
/// fragments does not pass, and a probe is never in fragments. (In arithmetic, `tcp[...]` does not test that itself.) IPv6
/// passes without extension headers, and what is in a tunnel does not pass.
enum LightFilter {
    private static let version4 =
        "ip and tcp and ip[6:2] & 0x1fff == 0 and (tcp[13] & 7 != 0 or ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) <= 1)"
    private static let version6 =
        "ip6 and ip6[6] == 6 and (ip6[53] & 7 != 0 or ip6[4:2] - ((ip6[52] & 0xf0) >> 2) <= 1)"

    /// Passes the ICMP and ICMPv6 errors that quote a packet (RFC 792, RFC 4443), which say why a segment was not delivered.
    static let errors =
        "(icmp and (icmp[0] == 3 or icmp[0] == 11 or icmp[0] == 12)) or (icmp6 and ip6[40] >= 1 and ip6[40] <= 4)"

    /// The filter for packets of `linkType`, joined with the `filter` of a user, if there is one.
    ///
    /// On links with VLAN tags it is tested again behind one tag, and behind two. `vlan` shifts all offsets after it, so it
    /// comes last.
    static func expression(joining filter: String?, for linkType: LinkType) -> String {
        let plain = "((\(version4)) or (\(version6)) or \(errors))"
        let light =
            linkType == .ethernet ? "(\(plain) or (vlan and (\(plain) or (vlan and \(plain)))))" : plain
        return filter.map { "(\($0)) and \(light)" } ?? light
    }
}
