import Testing
import Wire

/// A packet whose headers claim lengths, and the expected outcome.
struct Claim<Outcome: Sendable>: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var link: UInt16
    var bytes: [UInt8]
    /// Bytes on the wire, if more than captured.
    var wire: Int?
    var outcome: Outcome

    init(_ name: String, _ outcome: Outcome, _ link: UInt16, _ bytes: [UInt8], wire: Int? = nil) {
        testDescription = name
        self.outcome = outcome
        self.link = link
        self.bytes = bytes
        self.wire = wire
    }

    static func typed(_ name: String, _ outcome: Outcome, _ type: Int, _ hex: String, _ inner: [UInt8]) -> Claim {
        Claim(name, outcome, 1, Packets.ethernet(Packets.hex(hex) + inner, type: type))
    }

    /// An 802.3 frame; `hex` begins with its length.
    static func counted(_ name: String, _ outcome: Outcome, _ hex: String, _ inner: [UInt8]) -> Claim {
        Claim(name, outcome, 1, Packets.hex("00000c000002 00000c000001" + hex) + inner)
    }

    /// A frame in ISL; `length` is the value of the length field.
    static func switched(_ name: String, _ outcome: Outcome, _ length: String, _ inner: [UInt8]) -> Claim {
        let header = "01000c000000 00000c000001" + length + "aaaa03 00000c 0002 0000 0000"
        return Claim(name, outcome, 1, Packets.hex(header) + inner)
    }

    static func recorded(_ name: String, _ outcome: Outcome, _ length: String, _ inner: [UInt8]) -> Claim {
        Claim(name, outcome, 197, Packets.hex("0000000000000000 02 04 0000 0000" + length + "0000") + inner)
    }

    static func carried(
        _ name: String, _ outcome: Outcome, _ transport: UInt8, _ hex: String, _ inner: [UInt8]
    ) -> Claim {
        Claim(name, outcome, 101, Packets.ipv4(Packets.hex(hex) + inner, transport: transport))
    }

    /// A UDP datagram that claims `more` additional bytes, in an IP packet that claims `total` additional bytes.
    static func tunnel(
        _ name: String, _ outcome: Outcome, _ port: Int, _ hex: String, _ inner: [UInt8], more: Int = 0,
        total: Int = 0, wire: Int = 0
    ) -> Claim {
        var datagram = Packets.udp(Packets.hex(hex) + inner, port: port)
        datagram.replaceSubrange(4..<6, with: Packets.big16(datagram.count + more))
        let packet = Packets.ipv4(datagram, transport: 17, totalLength: 20 + datagram.count + total)
        return Claim(name, outcome, 101, packet, wire: packet.count + wire)
    }

    func decoded() -> (segments: [Segment], tally: DecodeTally) {
        Packets.decode([bytes], link: link, originalLengths: wire.map { [$0] })
    }
}

@Suite("Lengths that headers claim")
struct LengthTests {
    private static let v4 = Packets.ipv4(Packets.tcp())
    private static let frame = Packets.ethernet(v4)
    /// A packet whose length comes from the headers around it (total length 0), and the same in a frame.
    private static let open = Packets.ipv4(Packets.tcp(), totalLength: 0)
    private static let openFrame = Packets.ethernet(open)
    private static let vxlan = "0800000000006400"

    private static func zeros(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: count)
    }

    static let payloads: [Claim<UInt32>] = [
        .tunnel("UDP, one less", 2, 4789, vxlan, frame, more: -1),
        .tunnel("UDP, without the payload", 0, 4789, vxlan, frame, more: -3),
        .tunnel("UDP claims more than present", 3, 4789, vxlan, openFrame, more: 10),
        .tunnel("UDP and IP claim more than captured", 13, 4789, vxlan, openFrame, more: 10, total: 10, wire: 10),
        .tunnel("Only IP claims more than captured", 3, 4789, vxlan, openFrame, total: 10, wire: 10),
        .tunnel("IP, one less", 2, 4789, vxlan, openFrame, total: -1),
        .tunnel("GTP-U, padding", 3, 2152, "30ff002b00000007", open + zeros(9)),
        .tunnel("GTP-U, one less", 2, 2152, "30ff002a00000007", open),
        .tunnel("GTP-U, too long", 12, 2152, "30ff0fff00000007", open + zeros(9)),
        .tunnel("GTPv0, padding", 3, 3386, "1eff002b 00000001 ffffffff 0000000000000000", open + zeros(9)),
        .tunnel("GTPv0, one less", 2, 3386, "1eff002a 00000001 ffffffff 0000000000000000", open),
        .tunnel("GTPv0, too long", 12, 3386, "1eff0fff 00000001 ffffffff 0000000000000000", open + zeros(9)),
        .tunnel("L2TP, padding", 3, 1701, "4002003700010001 ff030021", open + zeros(9)),
        .tunnel("L2TP, two less", 1, 1701, "4002003500010001 ff030021", open),
        .tunnel("L2TP, too long", 12, 1701, "400200ff00010001 ff030021", open + zeros(9)),
        .tunnel("LISP has no length", 13, 4341, "8000000100000001", open + zeros(10)),
        .tunnel("CAPWAP has no length", 6, 5247, "0010000000000000", openFrame + zeros(3)),
        .tunnel("TZSP has no length", 6, 37008, "0100000101", openFrame + zeros(3)),
        .carried("The length of EoIP is ignored", 10, 47, "2001640000010001", openFrame + zeros(7)),
        .typed("PPPoE, padding", 3, 0x8864, "11000001002d0021", open + zeros(9)),
        .typed("PPPoE, one less", 2, 0x8864, "11000001002c0021", open),
        .typed("PPPoE, too long", 12, 0x8864, "1100000100ff0021", open + zeros(9)),
        .typed("The check value of MACsec", 19, 0x88E5, "0000 00000001 0800", open + zeros(16)),
        .typed("The check sequence of FabricPath", 3, 0x8903, "0001", openFrame + zeros(4)),
        .typed("VLAN with a length, padding", 3, 0x8100, "0064 0033 aaaa030000000800", open + zeros(8)),
        .counted("802.3, padding", 3, "0033 aaaa030000000800", open + zeros(9)),
        .counted("802.3, two less", 1, "0031 aaaa030000000800", open),
        .counted("802.3, too long", 12, "05dc aaaa030000000800", open + zeros(9)),
        .switched("ISL", 3, "0049", openFrame + zeros(4)), .switched("ISL, one less", 2, "0048", openFrame + zeros(4)),
        .switched("ISL, too long", 387, "01c9", openFrame + zeros(4)),
        .recorded("ERF, one less", 2, "0038", openFrame), .recorded("ERF, too long", 103, "009d", openFrame),
        Claim("Bridged with a check sequence", 3, 100, Packets.hex("aaaa030080c200010000") + openFrame + zeros(4)),
        Claim("Bridged PPP", 12, 9, Packets.hex("ff030031 8301") + openFrame + zeros(16)),
        Claim("Multilink includes what follows", 8, 9, Packets.hex("ff03003d c0000001 0021") + open + zeros(5)),
        Claim("Multilink, cut", 2, 9, Packets.hex("ff03003d c0000001 0021") + open.dropLast(), wire: 53),
        Claim("netANALYZER, cut", 3, 240, Packets.hex("00083d00") + openFrame.dropLast(), wire: 65),
        Claim("ipnet, to the end", 12, 226, Packets.hex("01020000 00000034") + zeros(16) + open + zeros(9)),
        Claim("ipnet, the last bytes", 3, 226, Packets.hex("01020000 0000002b") + zeros(16) + zeros(5) + open),
    ]

    @Test("The shortest claimed length decides the payload length", arguments: payloads)
    func payload(claim: Claim<UInt32>) {
        let (segments, _) = claim.decoded()
        #expect(segments.map(\.payloadLength) == [claim.outcome])
        #expect(segments.map(\.role) == [.whole])
    }

    static let failures: [Claim<Layer>] = [
        .tunnel("UDP without payload", .tunnel, 4789, vxlan, frame, more: -65),
        .tunnel("UDP that ends in VXLAN", .tunnel, 4789, vxlan, frame, more: -64),
        .tunnel("UDP that ends after VXLAN", .link, 4789, vxlan, frame, more: -57),
        .tunnel("UDP that ends in TCP", .tcp, 4789, vxlan, frame, more: -17),
        .tunnel("GTP-U without length", .tunnel, 2152, "30ff000000000007", v4),
        .tunnel("GTP-U that ends after IP", .tcp, 2152, "30ff001400000007", v4),
        .tunnel("GTP-U, extension too long", .tunnel, 2152, "34ff003700000007 00000085 ff000000", v4),
        .tunnel("GTPv0 that ends in IP", .ipv4, 3386, "1eff0010 00000001 ffffffff 0000000000000000", v4),
        .tunnel("L2TP, length too small", .link, 1701, "4002000400010001 ff030021", v4),
        .tunnel("L2TP, offset too large", .link, 1701, "020200010001 00ff ff030021", v4),
        .tunnel("Geneve, options too long", .tunnel, 6081, "3f00655800006400", frame),
        .tunnel("Teredo, authentication too long", .tunnel, 3544, "0001ffff000000000000000000", v4),
        .tunnel("TZSP, tag too long", .tunnel, 37008, "01000001 0aff 01", frame),
        .tunnel("TZSP without end tag", .tunnel, 37008, "01000001 0000", []),
        .tunnel("AYIYA, identity too long", .ipv6, 5072, "f4521129 00000001", v4),
        .tunnel("AYIYA, cut", .tunnel, 5072, "445211", []),
        .tunnel("CAPWAP without header", .link, 5247, "00000000 00000000", frame),
        .tunnel("CAPWAP, header too long", .link, 5247, "00f80000 00000000", frame),
        .tunnel("CAPWAP, cut", .tunnel, 5247, "001000", []), .tunnel("LISP, cut", .ipv4, 4341, "000000", []),
        .carried("GRE, cut", .tunnel, 47, "000008", []),
        .carried("GRE, route without end", .tunnel, 47, "40000800 00000000 000800ff", v4),
        .carried("GRE, WCCP without packet", .tunnel, 47, "0000883e", []),
        .carried("EtherIP, cut", .tunnel, 97, "30", []), .carried("AH, too long", .tunnel, 51, "06ff0000 00000001", v4),
        .carried("MPLS without bottom", .tag, 137, "00064040 00064040", []),
        .typed("NSH, too long", .ipv4, 0x894F, "003f020100000000", v4),
        .typed("TRILL, options too long", .link, 0x22F3, "07c000010002", frame),
        .typed("MACsec, cut", .tag, 0x88E5, "00000000", []),
        .typed("PPPoE without length", .link, 0x8864, "1100000100000021", v4),
        .typed("PPPoE that ends after PPP", .ipv4, 0x8864, "1100000100020021", v4),
        .typed("PPPoE that ends after IP", .tcp, 0x8864, "1100000100160021", v4),
        .counted("802.3 that ends in SNAP", .link, "0007 aaaa030000000800", v4),
        .counted("802.3 that ends after SNAP", .ipv4, "0008 aaaa030000000800", v4),
        .switched("ISL, length too small", .link, "000a", frame), .switched("ISL without frame", .link, "0010", frame),
        .recorded("ERF without frame", .link, "0000", frame),
        Claim("ERF, headers without end", .link, 197, Packets.hex("0000000000000000 82 04 00000000 0000") + [0x84]),
        Claim("IP over InfiniBand, cut", .link, 242, zeros(43)),
        Claim("Symantec, cut", .link, 99, Packets.hex("000000000000 0800") + zeros(35)),
        Claim("Symantec, the longer, cut", .link, 99, zeros(10) + Packets.hex("0800") + zeros(43)),
        Claim("netANALYZER, cut", .link, 240, [0, 8, 61]), Claim("ENC, cut", .link, 109, [2, 0, 0, 0]),
        Claim("ipnet, cut", .link, 226, zeros(23)), Claim("raw IP, one byte", .link, 101, [0x45]),
        Claim("ipnet without packet", .ipv4, 226, Packets.hex("01020000 00000000") + zeros(16) + v4),
    ]

    @Test("A header that exceeds its own or an outer length fails at its layer", arguments: failures)
    func failure(claim: Claim<Layer>) {
        let (segments, tally) = claim.decoded()
        #expect(segments.isEmpty)
        #expect(Layer.allCases.filter { tally.failures(at: $0) > 0 } == [claim.outcome])
    }

    @Test("A UDP datagram shorter than its header is ignored", arguments: [0, 1, 7])
    func datagram(length: Int) {
        var datagram = Packets.udp(Packets.hex("00064140") + Self.v4, port: 6635)
        datagram.replaceSubrange(4..<6, with: Packets.big16(length))
        let (segments, tally) = Packets.decode([Packets.ipv4(datagram, transport: 17)])
        #expect(segments.isEmpty && tally.withoutSegment == 1)
    }

    @Test("If both ports belong to tunnels, the lower one decides", arguments: [(4789, 6635), (6635, 4789)])
    func ports(source: Int, destination: Int) {
        for (hex, inner, isRead) in [(Self.vxlan, Self.frame, true), ("00064140", Self.v4, false)] {
            var datagram = Packets.udp(Packets.hex(hex) + inner, port: destination)
            datagram.replaceSubrange(0..<2, with: Packets.big16(source))
            #expect(Packets.decode([Packets.ipv4(datagram, transport: 17)]).segments.isEmpty != isRead)
        }
    }

    @Test("A tunnel is found by its source port, too")
    func source() {
        var datagram = Packets.udp(Packets.hex(Self.vxlan) + Self.frame, port: 49153)
        datagram.replaceSubrange(0..<2, with: Packets.big16(4789))
        #expect(Packets.decode([Packets.ipv4(datagram, transport: 17)]).segments.map(\.payloadLength) == [3])
    }
}
