import Testing
import Wire

/// A packet in one envelope: the link type, what stands before the IP packet, and what behind it.
struct Envelope: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var link: UInt16
    var octets: [UInt8]
    var isIPv6 = false

    init(_ name: String, _ link: UInt16, _ octets: [UInt8], isIPv6: Bool = false) {
        testDescription = name
        self.link = link
        self.octets = octets
        self.isIPv6 = isIPv6
    }

    private static let v4 = Packets.ipv4(Packets.tcp())
    private static let v6 = Packets.ipv6(Packets.tcp())
    private static let frame = Packets.ethernet(v4)

    private static func before(_ name: String, _ link: UInt16, _ hex: String) -> Envelope {
        Envelope(name, link, Packets.hex(hex) + v4)
    }

    private static func typed(_ name: String, _ type: Int, _ hex: String, _ inner: [UInt8]? = nil) -> Envelope {
        Envelope(name, 1, Packets.ethernet(Packets.hex(hex) + (inner ?? v4), type: type))
    }

    private static func carried(_ name: String, _ transport: UInt8, _ hex: String, _ inner: [UInt8]) -> Envelope {
        Envelope(name, 101, Packets.ipv4(Packets.hex(hex) + inner, transport: transport), isIPv6: inner == v6)
    }

    private static func tunnel(_ name: String, _ port: Int, _ hex: String, _ inner: [UInt8]) -> Envelope {
        let datagram = Packets.udp(Packets.hex(hex) + inner, port: port)
        return Envelope(name, 101, Packets.ipv4(datagram, transport: 17), isIPv6: inner == v6)
    }

    static let all: [Envelope] = links + tags + carriers

    private static let links: [Envelope] = [
        Envelope("Ethernet", 1, frame), Envelope("Ethernet, IPv6", 1, Packets.ethernet(v6, type: 0x86DD), isIPv6: true),
        Envelope("IPv6 under the EtherType of IPv4", 1, Packets.ethernet(v6), isIPv6: true),
        before("BSD null, little-endian", 0, "02000000"), before("BSD null, big-endian", 0, "00000002"),
        Envelope("BSD null, IPv6", 0, Packets.hex("1e000000") + v6, isIPv6: true),
        before("BSD null with PPP", 0, "ff030021"), before("BSD null with an EtherType", 0, "00080000"),
        before("OpenBSD loop", 108, "00000002"), before("raw IP", 101, ""), before("raw IP, 12", 12, ""),
        before("raw IP behind ten zeros", 101, "00000000000000000000"), before("raw IPv4", 228, ""),
        Envelope("raw IPv6", 229, v6, isIPv6: true), before("PPP", 9, "ff030021"), before("PPP, bare", 9, "0021"),
        before("PPP, compressed protocol", 9, "21"), before("Cisco HDLC as PPP", 9, "0f000800"),
        before("PPP with direction", 204, "00ff030021"), before("PPPoE link", 51, "11000001002d0021"),
        before("Cisco HDLC", 104, "0f000800"), before("Cisco HDLC with direction", 205, "010f000800"),
        before("Frame Relay, NLPID", 107, "184103cc"), before("Frame Relay, Cisco", 107, "18410800"),
        before("Frame Relay, SNAP", 107, "18410300800000000800"), before("MPLS link", 219, "00064140"),
        before("ATM, LLC", 100, "aaaa030000000800"), before("SunATM", 123, "82000001aaaa030000000800"),
        before("FDDI", 10, "50 020000000002 020000000001 aaaa030000000800"),
        before("Token Ring", 6, "1040 020000000002 020000000001 aaaa030000000800"),
        before("Token Ring with a route", 6, "1040 020000000002 820000000001 0230 aaaa030000000800"),
        before("ARCNET", 7, "0102d4000001"), before("ARCNET, Linux", 129, "01020000d4000001"),
        before("ARCNET, RFC 1051", 7, "0102f0"),
        before("IP over Fibre Channel", 122, "0000020000000002 0000020000000001 aaaa030000000800"),
        before("IEEE 1394", 138, "0000000000000002 0000000000000001 0800"),
        before("802.11", 105, "0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),
        before("802.11 QoS", 105, "8801 0000 020000000002 020000000001 020000000002 0000 0000 aaaa030000000800"),
        before(
            "802.11, four addresses", 105,
            "0803 0000 020000000002 020000000001 020000000002 0000 020000000003 aaaa030000000800"),
        before(
            "radiotap", 127,
            "0000080000000000 0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),
        before("AVS", 163, "8021100100000008 0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),
        before(
            "PPI", 192,
            "0000080069000000 0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),
        before("PPI, Ethernet", 192, "0000080001000000 00000c000002 00000c000001 0800"),
        before("Linux cooked", 113, "0000 0001 0006 020000000001 0000 0800"),
        before("Linux cooked, LLC", 113, "0000 0001 0006 020000000001 0000 0004 aaaa030000000800"),
        before("Linux cooked 2", 276, "0800 0000 00000002 0001 00 06 020000000001 0000"),
        before("NFLOG, little-endian", 239, "02000001 2f000900"), before("NFLOG, big-endian", 239, "02000001 002f0009"),
        Envelope("NFLOG of a bridge", 239, Packets.hex("07000001 08000100 86dd0000 43000900") + v6, isIPv6: true),
        before(
            "ERF, Ethernet", 197,
            "0000000000000000 02 04 0000 0000 0039 0000 00000c000002 00000c000001 0800"),
        before("pflog", 117, "3d02 0000" + String(repeating: "00", count: 60)),
        before("ENC", 109, "02000000 0000000000000000"),
        before("ipnet", 226, "0102" + String(repeating: "00", count: 22)),
    ]

    private static let tags: [Envelope] = [
        typed("802.1Q", 0x8100, "0064 0800"), typed("802.1ad over 802.1Q", 0x88A8, "000a 8100 0064 0800"),
        typed("QinQ 0x9100", 0x9100, "000a 8100 0064 0800"),
        typed("VLAN with LLC", 0x8100, "0064 0033 aaaa030000000800"),
        typed("802.1ah", 0x88E7, "00000064", frame), typed("802.1BR", 0x893F, "000000640000 0800"),
        typed("VN-tag", 0x8926, "00000000 0800"), typed("HSR", 0x892F, "00000000 0800"),
        typed("FabricPath", 0x8903, "0001", frame + [0, 0, 0, 0]), typed("MPLS", 0x8847, "00064140"),
        typed("MPLS, stacked", 0x8847, "0006404000065140"), typed("MPLS, Ethernet", 0x8847, "00064140", frame),
        typed("MPLS, Ethernet with a control word", 0x8847, "0006414000000000", frame),
        typed("PPPoE", 0x8864, "11000001002d0021"),
        typed("NSH", 0x894F, "0fc6030100000000 0000000000000000 0000000000000000"),
        typed("TRILL", 0x22F3, "000000010002", frame),
        Envelope("LLC with IP", 1, Packets.hex("00000c000002 00000c000001 002e 060603") + v4),
        Envelope("SNAP", 1, Packets.hex("00000c000002 00000c000001 0033 aaaa030000000800") + v4),
    ]

    private static let carriers: [Envelope] = [
        carried("IP in IP", 4, "", v4), carried("6in4", 41, "", v6),
        Envelope("4in6", 101, Packets.ipv6(v4, next: 4)), carried("GRE", 47, "00000800", v4),
        carried("GRE with all flags", 47, "b0000800 00000000 0000002a 00000001", v4),
        carried("GRE, IPv6", 47, "000086dd", v6), carried("GRE, Ethernet", 47, "00006558", frame),
        carried("GRE, PPP (PPTP)", 47, "3081880b 00310001 00000001 00000001 ff030021", v4),
        carried("ERSPAN I", 47, "000088be", frame),
        carried("ERSPAN II", 47, "100088be 00000001 1001000100000000", frame),
        carried("ERSPAN III", 47, "100022eb 00000001 200100010000000000000000", frame),
        carried("EtherIP", 97, "3000", frame), carried("MPLS in IP", 137, "00064140", v4),
        Envelope(
            "authentication header", 101,
            Packets.ipv4(
                Packets.hex("06040000 00000001 00000001 000000000000000000000000") + Packets.tcp(), transport: 51)),
        tunnel("VXLAN", 4789, "0800000000006400", frame), tunnel("VXLAN-GPE", 4790, "0c00000100006400", v4),
        tunnel("Geneve, Ethernet", 6081, "0000655800006400", frame),
        tunnel("Geneve, options, IP", 6081, "0200080000006400 0102800100000000", v4),
        tunnel("GTP-U", 2152, "30ff002f00000007", v4), tunnel("GTP-U, sequence", 2152, "32ff003300000007 00010000", v4),
        tunnel("GTP-U, extension header", 2152, "34ff003700000007 00000085 01000000", v4),
        tunnel("Teredo", 3544, "", v6), tunnel("Teredo with origin", 3544, "0000f227bffffffe", v6),
        tunnel(
            "Teredo with authentication", 3544,
            "0001000000000000000000000000000000"
                .prefix(26).description, v6),
        tunnel("L2TP", 1701, "000200010001ff030021", v4),
        tunnel("L2TP with length", 1701, "4002003f00010001ff030021", v4),
        tunnel("MPLS over UDP", 6635, "00064140", v4),
    ]
}

@Suite("Envelopes")
struct EnvelopeTests {
    @Test("The segment is found in every envelope, with the lengths that IP claims", arguments: Envelope.all)
    func found(envelope: Envelope) throws {
        let (segments, tally) = Packets.decode([envelope.octets], link: envelope.link)
        let segment = try #require(segments.first)
        #expect(segments.count == 1)
        #expect(segment.source.port == 40000 && segment.destination.port == 50000)
        #expect(segment.sequence == SequenceNumber(1000) && segment.acknowledgment == SequenceNumber(2000))
        #expect(segment.window == 500 && segment.flags == .ack && segment.payloadLength == 3)
        #expect(segment.role == .whole && segment.isShown && segment.headerLength == 20)
        #expect(segment.source.address == (envelope.isIPv6 ? v6(1) : IPAddress(v4: 0x0A00_0001)))
        #expect(segment.destination.address == (envelope.isIPv6 ? v6(2) : IPAddress(v4: 0x0A00_0002)))
        #expect(tally.packets == 1 && tally.segments == 1 && tally.withoutSegment == 0 && tally.unknownLinkType == 0)
    }

    @Test(
        "What carries no segment is nothing, and no failure",
        arguments: [
            (UInt16(1), "00000c000002 00000c000001 0806 0001"),  // ARP
            (1, "00000c000002 00000c000001 002e ffff 0000"),  // IPX
            (108, "02000000 45000014"),  // loop is big-endian only
            (105, "4801 0000 020000000002 020000000001 020000000002 0000"),  // 802.11 null
            (105, "0841 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),  // protected
            (101, "50000000"), (276, "0806 0000 00000002 0001 00 06 020000000001 0000"),
        ])
    func nothing(link: UInt16, hex: String) {
        let (segments, tally) = Packets.decode([Packets.hex(hex)], link: link)
        #expect(segments.isEmpty)
        #expect(tally.withoutSegment == 1 && tally.failures.allSatisfy { $0 == 0 })
    }

    @Test("Both segments of an 802.11 A-MSDU are found")
    func aggregate() {
        let body = Packets.hex("aaaa030000000800") + Packets.ipv4(Packets.tcp())
        let subframe = Packets.hex("020000000002 020000000001") + Packets.big16(body.count) + body
        let padded = subframe + [UInt8](repeating: 0, count: 3 - (subframe.count + 3) % 4)
        let header = Packets.hex("8801 0000 020000000002 020000000001 020000000002 0000 8000")
        let (segments, _) = Packets.decode([header + padded + subframe], link: 105)
        #expect(segments.map(\.payloadLength) == [3, 3])
    }

    @Test("An unknown link type is counted as such")
    func unknownLink() {
        let (segments, tally) = Packets.decode([[1, 2, 3]], link: 9999)
        #expect(segments.isEmpty && tally.unknownLinkType == 1 && tally.withoutSegment == 0)
    }

    @Test("A failure says the layer, where it begins, and what it needed")
    func failure() {
        let (_, tally) = Packets.decode([Packets.ethernet([0x45, 0, 0])], link: 1)
        #expect(tally.failures(at: .ipv4) == 1)
        #expect(
            tally.firstFailures[Int(Layer.ipv4.rawValue)]
                == DecodeFailure(layer: .ipv4, offset: 14, required: 20, available: 3))
    }

    private func v6(_ low: UInt64) -> IPAddress {
        IPAddress(v6: 0xfd00_0000_0000_0000, low)
    }
}
