import Testing
import Wire

/// A TCP packet in one encapsulation.
struct Envelope: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var link: UInt16
    var bytes: [UInt8]
    var isIPv6 = false

    init(_ name: String, _ link: UInt16, _ bytes: [UInt8], isIPv6: Bool = false) {
        testDescription = name
        self.link = link
        self.bytes = bytes
        self.isIPv6 = isIPv6
    }

    private static let v4 = Packets.ipv4(Packets.tcp())
    private static let v6 = Packets.ipv6(Packets.tcp())
    private static let frame = Packets.ethernet(v4)
    /// The header of an 802.11 data frame to a station, and LLC with the EtherType of IPv4.
    private static let wireless = "0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"

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
        before("raw IP after ten zeros", 101, "00000000000000000000"), before("raw IPv4", 228, ""),
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
        before("Linux cooked, Ethernet", 113, "0000 0001 0006 020000000001 0000 0003 00000c000002 00000c000001 0800"),
        before("Linux cooked, PPP", 113, "0000 0001 0006 020000000001 0000 0007 ff030021"),
        before("Linux cooked, Frame Relay", 113, "0000 0302 0006 020000000001 0000 0000 184103cc"),
        before(
            "Linux cooked, radiotap", 113,
            "0000 0323 0006 020000000001 0000 0000 0000080000000000"
                + "0801 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),
        before(
            "Linux cooked 2, Ethernet", 276,
            "0003 0000 00000002 0001 00 06 020000000001 0000 00000c000002 00000c000001 0800"),
        before("TZSP link", 128, "01000001 01 00000c000002 00000c000001 0800"),
        before("PKTAP, Ethernet", 258, "0c000000 01000000 01000000 00000c000002 00000c000001 0800"),
        before("PKTAP, raw", 149, "0c000000 01000000 0c000000"),
        before("Linux cooked, LLC", 113, "0000 0001 0006 020000000001 0000 0004 aaaa030000000800"),
        before("Linux cooked 2", 276, "0800 0000 00000002 0001 00 06 020000000001 0000"),
        before("NFLOG, little-endian", 239, "02000001 2f000900"), before("NFLOG, big-endian", 239, "02000001 002f0009"),
        Envelope("NFLOG of a bridge", 239, Packets.hex("07000001 08000100 86dd0000 43000900") + v6, isIPv6: true),
        before(
            "ERF, Ethernet", 197,
            "0000000000000000 02 04 0000 0000 0039 0000 00000c000002 00000c000001 0800"),
        before("pflog", 117, "3d02 0000" + String(repeating: "00", count: 60)),
        before("ENC", 109, "02000000 0000000000000000"),
        before("ipnet", 226, "0102 0000 0000002b" + zeros(16)),
        Envelope("ipnet, IPv6", 226, Packets.hex("011a 0000 0000003f" + zeros(16)) + v6, isIPv6: true),
        before("BSD null, big-endian word of 16 bits", 0, "00020000"),
        before("BSD null, 16 bits in the upper half", 0, "00000200"),
        before("ENC, big-endian", 109, "00000002 0000000000000000"),
        Envelope("ENC, IPv6", 109, Packets.hex("18000000 0000000000000000") + v6, isIPv6: true),
        Envelope("pflog, IPv6 of FreeBSD", 117, Packets.hex("3d1c 0000" + zeros(60)) + v6, isIPv6: true),
        before("Symantec, 44 bytes", 99, zeros(6) + "0800" + zeros(36)),
        before("Symantec, 56 bytes", 99, zeros(10) + "0800" + zeros(44)),
        before("IP over InfiniBand", 242, zeros(40) + "0800 0000"),
        Envelope("IP over InfiniBand, IPv6", 242, Packets.hex(zeros(40) + "86dd 0000") + v6, isIPv6: true),
        Envelope("netANALYZER", 240, Packets.hex("00083d00") + frame + [0, 0, 0, 0]),
        Envelope("raw IP of old systems with PPP", 12, Packets.hex("ff030021") + v4),
        before("raw IP, 14", 14, ""),
        before("PPP, 50", 50, "ff030021"), before("PPP, any control byte", 9, "ff990021"),
        before("PPP, address and compressed protocol", 9, "ff0321"),
        Envelope("PPP, IPv6", 9, Packets.hex("ff030057") + v6, isIPv6: true),
        before("PPP, MPLS", 9, "ff030281 00064140"), before("PPP, MPLS multicast", 9, "ff030283 00064140"),
        before("PPP, multilink", 9, "ff03003d c0000001 0021"),
        before("PPP, multilink, compressed protocols", 9, "3d c0000001 21"),
        Envelope("PPP, bridged", 9, Packets.hex("ff030031 0001") + frame),
        Envelope("PPP, bridged, check sequence and padding", 9, Packets.hex("ff030031 8301") + frame + zero(7)),
        before("Cisco HDLC as PPP, multicast", 9, "8f000800"), before("Cisco HDLC, MPLS", 104, "0f008847 00064140"),
        before("Frame Relay with direction", 206, "01184103cc"),
        before("Frame Relay, address of four bytes", 107, "1800000103cc"),
        before("Frame Relay, padding", 107, "18410300cc"), before("Frame Relay, PPP", 107, "184103cf0021"),
        Envelope("Frame Relay, IPv6", 107, Packets.hex("1841038e") + v6, isIPv6: true),
        Envelope("Frame Relay, bridged", 107, Packets.hex("18410300800080c20007") + frame),
        Envelope(
            "Frame Relay, bridged with a check sequence", 107,
            Packets.hex("18410300800080c20001") + frame + [0, 0, 0, 0]),
        Envelope("ATM, bridged", 100, Packets.hex("aaaa030080c20007 0000") + frame),
        Envelope("ATM, bridged with a check sequence", 100, Packets.hex("aaaa030080c20001 0000") + frame + zero(4)),
        before("ATM, SNAP with the organization 0000F8", 100, "aaaa030000f80800"),
        before("ATM, information frame", 100, "060600 00"), before("ATM, NLPID", 100, "fefe03cc"),
        Envelope("ATM, NLPID, IPv6", 100, Packets.hex("fefe038e") + v6, isIPv6: true),
        before("ATM, NLPID, PPP", 100, "fefe03cf 0021"),
        before("ARCNET, exception packet", 7, "0102d4ff000000000001"),
        before("ERF, HDLC", 197, "0000000000000000 01 04 0000 0000 002f 0f000800"),
        before("ERF, PPP", 197, "0000000000000000 01 04 0000 0000 002f ff030021"),
        before("ERF, IPv4", 197, "0000000000000000 16 04 0000 0000 002b"),
        before(
            "ERF, two extension headers", 197,
            "0000000000000000 82 04 0000 0000 0039 8400000000000000 0400000000000000 0000"
                + "00000c000002 00000c000001 0800"),
    ]

    private static func zeros(_ count: Int) -> String {
        String(repeating: "00", count: count)
    }

    private static func zero(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }

    private static let tags: [Envelope] = [
        typed("802.1Q", 0x8100, "0064 0800"), typed("802.1ad over 802.1Q", 0x88A8, "000a 8100 0064 0800"),
        typed("QinQ 0x9100", 0x9100, "000a 8100 0064 0800"),
        typed("VLAN with LLC", 0x8100, "0064 0033 aaaa030000000800"),
        typed("Jumbo LLC", 0x8870, "aaaa030000000800"), typed("802.1ah", 0x88E7, "00000064", frame),
        typed("802.1BR", 0x893F, "000000640000 0800"),
        typed("VN-tag", 0x8926, "00000000 0800"), typed("HSR", 0x892F, "00000000 0800"),
        typed("FabricPath", 0x8903, "0001", frame + [0, 0, 0, 0]), typed("MPLS", 0x8847, "00064140"),
        typed("MPLS, stacked", 0x8847, "0006404000065140"), typed("MPLS, Ethernet", 0x8847, "00064140", frame),
        typed("MPLS, Ethernet with a control word", 0x8847, "0006414000000000", frame),
        typed("PPPoE", 0x8864, "11000001002d0021"),
        typed("NSH", 0x894F, "0fc6030100000000 0000000000000000 0000000000000000"),
        typed("TRILL", 0x22F3, "000000010002", frame),
        typed("802.1CB", 0xF1C1, "00000000 0800"), typed("Cisco metadata", 0x8909, "010100010064 0800"),
        typed("HSR over a VLAN", 0x892F, "00000000 8100 0064 0800"),
        typed("MACsec", 0x88E5, "0000 00000001 0800", v4 + zero(16)),
        typed("MACsec with a channel identifier", 0x88E5, "2000 00000001 0000000000000001 0800", v4 + zero(16)),
        typed("MACsec over a VLAN", 0x88E5, "0000 00000001 8100 0064 0800", v4 + zero(16)),
        typed("NSH, no context", 0x894F, "0002020100000000"), typed("NSH, MPLS", 0x894F, "0002020500000000 00064140"),
        typed("NSH, Ethernet", 0x894F, "0002020300000000", frame),
        typed("NSH, context of type 1, whatever the length", 0x894F, "0000010100000000" + zeros(16)),
        typed("NSH, context of type 2, whatever the length", 0x894F, "0000020100000000"),
        typed("NSH, context of another type", 0x894F, "00010301"),
        typed("NSH in NSH", 0x894F, "0002020400000000 0002020100000000"),
        typed("TRILL with options", 0x22F3, "008000010002 0000000000000000", frame),
        Envelope(
            "ISL", 1, Packets.hex("01000c000000 00000c000001 0049 aaaa03 00000c 0002 0000 0000") + frame + zero(4)),
        Envelope(
            "ISL, other address", 1,
            Packets.hex("0c000c000005 00000c000001 0049 aaaa03 00000c 0002 0000 0000") + frame + zero(4)),
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
        carried("Ethernet in IP", 143, "", frame), carried("PIM register", 103, "2100000000000000", v4),
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
        tunnel("GRE over UDP", 4754, "00000800", v4),
        tunnel("MPLS over UDP", 6635, "00064140", v4),
        carried("GRE, checksum", 47, "80000800 00000000", v4),
        carried("GRE, source route", 47, "40000800 00000000 00080404 0a000001 00000000", v4),
        carried("GRE, MPLS", 47, "00008847 00064140", v4), carried("GRE, Frame Relay", 47, "00006559 184103cc", v4),
        carried("GRE, NSH", 47, "0000894f 0002020100000000", v4),
        carried("GRE, WCCP", 47, "0000883e", v4),
        carried("GRE, WCCP with a redirect header", 47, "0000883e 01020304", v4),
        carried("GRE, PPP without acknowledgment", 47, "2001880b 00310001 0021", v4),
        carried("EoIP", 47, "20016400 00390001", frame), carried("EoIP, no key", 47, "00006400", frame),
        carried(
            "ERSPAN III with a subheader", 47, "100022eb 00000001 200100010000000000000001 0000000000000000", frame),
        carried("IPv6 in the protocol of IP in IP", 4, "", v6),
        carried("AH in AH", 51, "33010000 00000001 00000001 04010000 00000001 00000001", v4),
        Envelope("GRE over IPv6", 101, Packets.ipv6(Packets.hex("00000800") + v4, next: 47)),
        tunnel("AYIYA, IPv6", 5072, "44521129 00000001" + zeros(36), v6),
        tunnel("AYIYA, IPv4, no signature", 5072, "00000104 00000001 00", v4),
        tunnel("CAPWAP", 5247, "00100000 00000000", frame),
        tunnel("CAPWAP, radio address", 5247, "00180010 00000000 02aabbcc", frame),
        tunnel("TZSP", 37008, "01000001 01", frame),
        tunnel("TZSP with tags", 37008, "01000001 00 0a021234 0a00 01", frame),
        tunnel("TZSP, 802.11", 37008, "01000012 01" + wireless, v4),
        tunnel("LISP", 4341, "80000001 00000001", v4), tunnel("LISP, IPv6", 4341, "80000001 00000001", v6),
        tunnel("GTPv0", 3386, "1eff002b 00000001 ffffffff 0000000000000000", v4),
        tunnel("GTPv0 on the port of GTP-U", 2152, "1eff002b 00000001 ffffffff 0000000000000000", v4),
        tunnel("GTP-U on the port of GTP-C", 2123, "30ff002b00000007", v4),
        tunnel("GTP-U, N-PDU number", 2152, "31ff002f00000007 00010085", v4),
        tunnel("GTP-U, two extension headers", 2152, "34ff003b00000007 00000085 01000085 0200000000000000", v4),
        tunnel("VXLAN-GPE, IPv6", 4790, "0c00000200006400", v6),
        tunnel("VXLAN-GPE, Ethernet", 4790, "0c00000300006400", frame),
        tunnel("VXLAN-GPE, NSH", 4790, "0c00000400006400 0002020100000000", v4),
        tunnel("VXLAN-GPE, MPLS", 4790, "0c00000500006400 00064140", v4),
        tunnel("Geneve, VLAN", 6081, "0000810000006400 00640800", v4),
        tunnel("Teredo with identifier, key and origin", 3544, "00010201 616263" + zeros(9) + "0000f227bffffffe", v6),
        tunnel("L2TP, all fields", 1701, "4a020041 00010001 00000000 0002 0000 ff030021", v4),
        tunnel("L2TP, offset of 0", 1701, "020200010001 0000 0021", v4),
        tunnel("MPLS over UDP, Ethernet", 6635, "00064140", frame),
    ]
}

@Suite("Envelopes")
struct EnvelopeTests {
    @Test("The segment in every envelope is found, with the length from IP", arguments: Envelope.all)
    func found(envelope: Envelope) throws {
        let (segments, tally) = Packets.decode([envelope.bytes], link: envelope.link)
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
        "Packets without a segment are not failures",
        arguments: [
            (UInt16(1), "00000c000002 00000c000001 0806 0001"),  // ARP
            (1, "00000c000002 00000c000001 002e ffff 0000"),  // IPX
            (108, "02000000 45000014"),  // loop is big-endian only
            (105, "4801 0000 020000000002 020000000001 020000000002 0000"),  // 802.11 null
            (105, "0841 0000 020000000002 020000000001 020000000002 0000 aaaa030000000800"),  // protected
            (104, "0f008100 00640800 4500"), (107, "18418100 00640800 4500"),  // no tags on serial lines
            (9, "ff03c021"), (9, "ff03003d 80000001 0021 45"), (9, "ff030031 0002"),  // LCP, a fragment, no Ethernet
            (10, "40 020000000002 020000000001 aaaa030000000800"),  // FDDI, not LLC
            (6, "1000 020000000002 020000000001 aaaa030000000800"),  // Token Ring, not LLC
            (7, "0102d5000001 45"), (123, "01000001 45"), (117, "3d0a 0000 45"),
            (51, "1100000100ff ff030021 45"), (100, "fefe03cf ff030021 45"),  // no address byte there
            (100, "060601 00 45"), (100, "0606e3 45"), (100, "aaab030000000800 45"),  // RR, TEST, half of SNAP
            (100, "fefe03800000000800 45"), (100, "aaaa030800070800 45"), (100, "aaaa030080c20004 0000 45"),
            (101, "50000000"), (276, "0806 0000 00000002 0001 00 06 020000000001 0000"),
        ])
    func withoutSegment(link: UInt16, hex: String) {
        let (segments, tally) = Packets.decode([Packets.hex(hex)], link: link)
        #expect(segments.isEmpty)
        #expect(tally.withoutSegment == 1 && tally.failures.allSatisfy { $0 == 0 })
    }

    /// Envelopes that contain a whole packet and must not be opened.
    static let closed: [(String, UInt16, [UInt8])] = {
        let v4 = Packets.ipv4(Packets.tcp())
        let frame = Packets.ethernet(v4)
        let zeros = String(repeating: "00", count: 36)
        func before(_ name: String, _ link: UInt16, _ hex: String) -> (String, UInt16, [UInt8]) {
            (name, link, Packets.hex(hex) + v4)
        }
        func typed(_ name: String, _ type: Int, _ hex: String) -> (String, UInt16, [UInt8]) {
            (name, 1, Packets.ethernet(Packets.hex(hex) + v4, type: type))
        }
        func carried(_ name: String, _ hex: String, _ inner: [UInt8]) -> (String, UInt16, [UInt8]) {
            (name, 101, Packets.ipv4(Packets.hex(hex) + inner, transport: 47))
        }
        func tunnel(_ name: String, _ port: Int, _ hex: String, _ inner: [UInt8]) -> (String, UInt16, [UInt8]) {
            (name, 101, Packets.ipv4(Packets.udp(Packets.hex(hex) + inner, port: port), transport: 17))
        }
        return [
            typed("MACsec, encrypted", 0x88E5, "0800 00000001 0800"),
            typed("MACsec, changed", 0x88E5, "0400 00000001 0800"),
            typed("MACsec, version 1", 0x88E5, "8000 00000001 0800"),
            typed("NSH, context of type 1 and too short", 0x894F, "0002010100000000"),
            typed("NSH, IPv6 with IPv4 inside", 0x894F, "0002020200000000"),
            typed("PPP by EtherType", 0x880B, "0021"), typed("PPPoE discovery", 0x8863, "11000001002d0021"),
            ("ISL, neither address", 1, Packets.hex("03000c000000 00000c000001 0049 aaaa0300000c00020000") + frame),
            ("LLC of length 1501", 1, Packets.hex("00000c000002 00000c000001 05dd aaaa030000000800") + v4),
            before("Symantec, two types", 99, "000000000000 0800 0000 0800" + zeros + "0000"),
            before("Symantec, ARP", 99, "000000000000 0806" + zeros),
            before("IP over InfiniBand, ARP", 242, zeros + "00000000 0806 0000"),
            before("IP over InfiniBand, VLAN", 242, zeros + "00000000 8100 0000 0064 0800"),
            ("netANALYZER, other version", 240, Packets.hex("00103d00") + frame + [0, 0, 0, 0]),
            ("netANALYZER, not Ethernet", 240, Packets.hex("00093d00") + frame + [0, 0, 0, 0]),
            before("ENC, family 30", 109, "1e000000 0000000000000000"),
            before("ENC, family 0", 109, "000000000000000000000000"),
            before("ipnet, family 10", 226, "010a 0000 0000002b 00000000 00000000 00000000 00000000"),
            before("ipnet, longer than the frame", 226, "0102 0000 00000044 00000000 00000000 00000000 00000000"),
            carried("GRE, VLAN", "00008100 0064 0800", v4), carried("GRE, unknown", "00001234", v4),
            carried("ERSPAN of another version", "100088be 00000001 9001000100000000", frame),
            carried("ERSPAN III, not Ethernet", "100022eb 00000001 200100010000000000000800", frame),
            ("ESP", 101, Packets.ipv4(v4, transport: 50)),
            tunnel("AYIYA, no operation", 5072, "44520004 00000001" + zeros, v4),
            tunnel("AYIYA, nothing next", 5072, "4452113b 00000001" + zeros, v4),
            tunnel("CAPWAP, 802.11", 5247, "00100300 00000000", frame),
            tunnel("CAPWAP, fragment", 5247, "00100080 00000000", frame),
            tunnel("CAPWAP, keep-alive", 5247, "00100008 00000000", frame),
            tunnel("CAPWAP, DTLS", 5247, "01100000 00000000", frame),
            tunnel("CAPWAP, header too short", 5247, "00080000 00000000", frame),
            tunnel("CAPWAP control", 5246, "00100000 00000000", frame),
            tunnel("TZSP, raw", 37008, "01000007 01", frame),
            tunnel("LISP, Ethernet", 4341, "80000001 00000001", frame),
            tunnel("GTPv0, echo", 3386, "1e01002b 00000001 ffffffff 0000000000000000", v4),
            tunnel("GTP version 2", 2152, "48ff002b00000007", v4), tunnel("GTP'", 2152, "20ff002b00000007", v4),
            tunnel("GTP-U, end marker", 2152, "30fe002b00000007", v4),
            tunnel("GTP-U, extension without length", 2152, "34ff003300000007 00000085 00000000", v4),
            tunnel("VXLAN-GPE, protocol 0", 4790, "0c00000000006400", v4),
            tunnel("VXLAN-GPE, IPv6 with IPv4 inside", 4790, "0c00000200006400", v4),
            tunnel("Geneve, unknown", 6081, "0000123400006400", v4), tunnel("Teredo, IPv4", 3544, "", v4),
            tunnel("L2TP, control", 1701, "c802003f00010001 00000000", v4),
            tunnel("L2TP version 3", 1701, "000300010001 ff030021", v4), tunnel("no tunnel's port", 49153, "", v4),
        ]
    }()

    @Test("Headers that do not announce a packet are not decoded and are not failures", arguments: closed)
    func notDecoded(name: String, link: UInt16, bytes: [UInt8]) {
        let (segments, tally) = Packets.decode([bytes], link: link)
        #expect(segments.isEmpty, "\(name)")
        #expect(tally.withoutSegment == 1 && tally.failures.allSatisfy { $0 == 0 }, "\(name)")
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

    @Test("Cisco ISL counts towards the depth limit", arguments: [62, 63])
    func depthOfISL(tags: Int) {
        let trunk =
            Packets.hex("01000c000000 00000c000001 0049 aaaa03 00000c 0002 0000 0000")
            + Packets.ethernet(
                Packets.ipv4(Packets.tcp())) + [0, 0, 0, 0]
        // Each tag is one level, so are the service tag (802.1ah) and ISL. The limit is 64.
        let tagged = (0..<tags).flatMap { _ in Packets.hex("8100 0001") }
        let packet = Packets.ethernet([0, 0, 0, 0] + trunk, type: 0x88E7, tags: tagged)
        #expect(Packets.decode([packet], link: 1).segments.count == (tags == 62 ? 1 : 0))
    }

    @Test("An unknown link type is counted")
    func unknownLink() {
        let (segments, tally) = Packets.decode([[1, 2, 3]], link: 9999)
        #expect(segments.isEmpty && tally.unknownLinkType == 1 && tally.withoutSegment == 0)
    }

    @Test("A failure has the layer, its offset, and the required and available bytes")
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
