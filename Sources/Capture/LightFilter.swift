import Wire

/// The filter of a light capture: TCP segments with at most one octet of payload, and all with SYN, FIN or RST.
///
/// The payload is what the IP header leaves behind the headers, so that the padding of short frames counts for nothing.
/// All numbers of BPF are unsigned: where the IP header tells less than there is, or nothing (a total length of 0, as
/// hosts have it of what their cards will cut into segments, and of a jumbogram), the payload is taken for a large one,
/// which it is. Of a datagram in fragments the first one alone is asked, whose lengths are its own: data in fragments
/// does not pass, and a probe is never in fragments. (In arithmetic, `tcp[...]` does not ask for that itself.) IPv6
/// passes without extension headers, and what is in a tunnel does not pass.
enum LightFilter {
    private static let version4 =
        "ip and tcp and ip[6:2] & 0x1fff == 0 and (tcp[13] & 7 != 0 or ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) <= 1)"
    private static let version6 =
        "ip6 and ip6[6] == 6 and (ip6[53] & 7 != 0 or ip6[4:2] - ((ip6[52] & 0xf0) >> 2) <= 1)"

    /// The filter for packets of `linkType`, joined with the `filter` of a user, if there is one.
    ///
    /// Behind a VLAN tag it is asked where tags are in the packets of the link, twice for two tags. `vlan` shifts the
    /// offsets of all that follows it, so that it comes last.
    static func expression(joining filter: String?, for linkType: LinkType) -> String {
        let plain = "((\(version4)) or (\(version6)))"
        let light =
            linkType == .ethernet ? "(\(plain) or (vlan and (\(plain) or (vlan and \(plain)))))" : plain
        return filter.map { "(\($0)) and \(light)" } ?? light
    }
}
