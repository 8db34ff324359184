import Testing
import Wire

/// wireshark-rules 2.3 to 2.6: the TCP bytes of an IP packet and the addresses they belong to.
@Suite("IP")
struct InternetProtocolTests {
    private static let segment = Packets.tcp()

    private func payload(_ packet: [UInt8], wire: Int? = nil, version: WiresharkVersion = .newest) -> UInt32? {
        Packets.decode([packet], originalLengths: wire.map { [$0] }, version: version).segments.first?.payloadLength
    }

    private func v6(_ last: UInt64) -> IPAddress {
        IPAddress(v6: 0xfd00_0000_0000_0000, last)
    }

    @Test(
        "The payload length comes from the total length of IPv4",
        arguments: [
            (43, UInt32(3)), (41, 1), (40, 0), (60_000, 3), (0, 3), (19, nil),
        ])
    func totalLength(length: Int, expected: UInt32?) {
        #expect(payload(Packets.ipv4(Self.segment, totalLength: length)) == expected)
    }

    @Test("With a total length of 0, padding and bytes that were not captured count as payload")
    func offload() {
        let packet = Packets.ipv4(Self.segment, totalLength: 0)
        #expect(payload(packet + [0, 0, 0]) == 6)
        #expect(payload(packet, wire: 1043) == 1003)
        // A record cannot claim less than was captured.
        #expect(payload(packet, wire: 41) == 3)
    }

    @Test("An IPv4 packet with a header length below 20 bytes is ignored")
    func headerLength() {
        var packet = Packets.ipv4(Self.segment)
        packet[0] = 0x44
        #expect(payload(packet) == nil)
    }

    @Test(
        "An IPv4 option shorter than its minimum ends decoding",
        arguments: [
            (7, 2, 3), (11, 3, 4), (12, 3, 4), (68, 3, 4), (82, 11, 12), (130, 2, 3), (131, 2, 3), (133, 2, 3),
            (134, 5, 6), (136, 3, 4), (137, 2, 3), (148, 3, 4), (25, 2, 3),
        ])
    func shortOptions(kind: UInt8, short: UInt8, least: UInt8) {
        for (length, isRead) in [(short, false), (least, true), (1, true), (0, true), (60, true)] {
            let options = [kind, length, 0xF0] + [UInt8](repeating: 0, count: 13)
            #expect((payload(Packets.ipv4(Self.segment, options: options)) != nil) == isRead, "length \(length)")
        }
    }

    @Test("Only Wireshark 4.6 requires eight bytes for option 154")
    func option154() {
        let packet = Packets.ipv4(Self.segment, options: [154, 4, 0, 0])
        #expect(payload(packet, version: .v4_4) == 3)
        #expect(payload(packet, version: .v4_6) == nil)
    }

    @Test(
        "A source route with a valid pointer replaces the destination",
        arguments: [
            (UInt8(131), UInt8(4), UInt32(0x0909_0909)), (137, 8, 0x0909_0909), (131, 12, 0x0A00_0002),
            (131, 5, 0x0A00_0002), (7, 4, 0x0A00_0002),
        ])
    func sourceRoute(kind: UInt8, pointer: UInt8, destination: UInt32) {
        let options: [UInt8] = [1, kind, 11, pointer, 8, 8, 8, 8, 9, 9, 9, 9]
        let segment = Packets.decode([Packets.ipv4(Self.segment, options: options)]).segments.first
        #expect(segment?.destination.address == IPAddress(v4: destination))
    }

    @Test(
        "Only the first source route counts, even if its pointer is not valid",
        arguments: [(UInt8(4), UInt32(0x0909_0909)), (8, 0x0A00_0002)])
    func twoSourceRoutes(pointer: UInt8, destination: UInt32) {
        let options: [UInt8] = [131, 7, pointer, 9, 9, 9, 9, 131, 7, 4, 8, 8, 8, 8, 1, 1]
        let segment = Packets.decode([Packets.ipv4(Self.segment, options: options)]).segments.first
        #expect(segment?.destination.address == IPAddress(v4: destination))
    }

    @Test("An IPv6 payload length of 0 requires a jumbo payload option, which has the length")
    func jumbo() {
        #expect(payload(Packets.ipv6(Self.segment, payloadLength: 0)) == nil)
        let jumbo = Packets.hex("0600 c204 00011170")
        let packet = Packets.ipv6(jumbo + Self.segment, next: 0, payloadLength: 0)
        #expect(payload(packet, wire: 70_100) == UInt32(70_000 - 8 - 20))
        let small = Packets.ipv6(Packets.hex("0600 c204 00000020") + Self.segment, next: 0, payloadLength: 0)
        #expect(payload(small) == nil)
    }

    @Test(
        "Extension headers are decoded, except those at which Wireshark stops",
        arguments: [
            (UInt8(0), true), (60, true), (43, true), (140, true), (50, false), (135, false), (139, false), (59, false),
        ])
    func extensionHeaders(kind: UInt8, isRead: Bool) {
        let packet = Packets.ipv6(Packets.hex("0600 0104 00000000") + Self.segment, next: kind)
        #expect((payload(packet) == 3) == isRead)
    }

    @Test(
        "A routing header with segments left replaces the destination",
        arguments: [
            ("0602 0001 00000000", UInt64(9)), ("0602 0000 00000000", 2), ("0602 0201 00000000", 9),
            ("0602 0401 00000000", 9), ("0602 0901 00000000", 2),
        ])
    func routing(hex: String, last: UInt64) {
        let address = Packets.b6.dropLast() + [9]
        let packet = Packets.ipv6(Packets.hex(hex) + address + Self.segment, next: 43)
        #expect(Packets.decode([packet]).segments.first?.destination.address == v6(last))
    }

    @Test("A compressed RPL route takes the elided bytes from the destination")
    func compressedRoute() {
        // One address, 15 bytes elided, 7 bytes of padding after its last byte.
        let header = Packets.hex("0601 0301 0f700000") + [9] + [UInt8](repeating: 0, count: 7)
        let packet = Packets.ipv6(header + Self.segment, next: 43)
        #expect(Packets.decode([packet]).segments.first?.destination.address == v6(9))
    }

    @Test("The Home Address option replaces the source")
    func homeAddress() {
        let option = Packets.hex("0602 0102 0000 c910") + Packets.a6.dropLast() + [7]
        let packet = Packets.ipv6(option + Self.segment, next: 60)
        #expect(Packets.decode([packet]).segments.first?.source.address == v6(7))
    }

    @Test(
        "Segments quoted by ICMP errors have the role quoted",
        arguments: [(UInt8(3), true), (4, true), (11, true), (12, true), (5, false), (0, false)])
    func quote(type: UInt8, isFound: Bool) {
        let quoted = Packets.ipv4(Packets.tcp(payload: 0), totalLength: 1500)
        let packet = Packets.ipv4([type, 0, 0, 0, 0, 0, 0, 0] + quoted, transport: 1)
        #expect(Packets.decode([packet]).segments.map(\.role) == (isFound ? [.quoted] : []))
        let version6 = Packets.ipv6([1, 0, 0, 0, 0, 0, 0, 0] + Packets.ipv6(Packets.tcp()), next: 58)
        #expect(Packets.decode([version6]).segments.map(\.role) == [.quoted])
    }

    @Test("The length of RFC 4884 cuts a quotation if packet and quotation are longer")
    func quoteLength() {
        let quoted = Packets.ipv4(Packets.tcp(payload: 100))
        for (words, isFound) in [(UInt8(0), true), (3, false), (4, true)] {
            let packet = Packets.ipv4([3, 0, 0, 0, 0, words, 0, 0] + quoted, transport: 1)
            // Fewer than 16 bytes of TCP: too few to look up the stream.
            let role = Packets.decode([packet]).segments.first?.role
            #expect(role == (isFound ? .quoted : .quotedShort), "\(words) words")
        }
    }
}

/// wireshark-rules 2.5.
@Suite("Fragments")
struct FragmentTests {
    private static let datagram = Packets.tcp(payload: 20)

    private static func piece(
        _ range: Range<Int>, last: Bool, bytes: [UInt8] = datagram, identification: Int = 7
    ) -> [UInt8] {
        Packets.ipv4(
            Array(bytes[range]), fragment: range.lowerBound / 8 | (last ? 0 : 0x2000), identification: identification)
    }

    @Test("The segment belongs to the frame that completes the datagram, in any order of fragments")
    func anyOrder() {
        let pieces = [
            Self.piece(0..<16, last: false), Self.piece(16..<32, last: false), Self.piece(32..<40, last: true),
        ]
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
            let segments = Packets.decode(order.map { pieces[$0] }).segments
            #expect(segments.map(\.payloadLength) == [20])
            #expect(segments.first?.record == 2)
        }
        #expect(Packets.decode(Array(pieces.dropLast())).segments.isEmpty)
    }

    @Test("IPv6 fragments are reassembled; an atomic fragment is decoded immediately")
    func version6() {
        func piece(_ range: Range<Int>, more: Int) -> [UInt8] {
            Packets.ipv6(
                [6, 0] + Packets.big16(range.lowerBound | more) + Packets.big32(9) + Self.datagram[range], next: 44)
        }
        let segments = Packets.decode([piece(16..<40, more: 0), piece(0..<16, more: 1), piece(0..<40, more: 0)])
            .segments
        #expect(segments.map(\.record) == [1, 2])
        #expect(segments.map(\.payloadLength) == [20, 20])
    }

    @Test("If fragments overlap, the one with the lower offset wins")
    func overlap() {
        var other = Self.datagram
        other[8] = 0xEE  // in the acknowledgment number
        let segments = Packets.decode([
            Self.piece(8..<40, last: true, bytes: other), Self.piece(0..<16, last: false),
        ]).segments
        #expect(segments.map(\.acknowledgment) == [SequenceNumber(2000)])
    }

    @Test("After a datagram is complete, its identification starts a new one")
    func reuse() {
        let pieces = [Self.piece(0..<16, last: false), Self.piece(16..<40, last: true)]
        #expect(Packets.decode(pieces + pieces).segments.map(\.record) == [1, 3])
        #expect(Packets.decode([pieces[0], pieces[1], pieces[1]]).segments.map(\.record) == [1])
    }

    @Test("If two fragments claim to be the last, the first to arrive sets the length of the datagram")
    func twoLast() {
        let segments = Packets.decode([
            Self.piece(32..<40, last: true), Self.piece(16..<24, last: true), Self.piece(0..<16, last: false),
            Self.piece(24..<32, last: false),
        ]).segments
        #expect(segments.map(\.record) == [3])
        #expect(segments.map(\.payloadLength) == [20])
    }

    @Test(
        "Fragments are reassembled per VLAN if the source or the destination is a private address",
        arguments: [
            ([10, 0, 0, 1], [198, 51, 100, 2], true), ([192, 0, 2, 1], [10, 0, 0, 2], true),
            ([192, 0, 2, 1], [198, 51, 100, 2], false),
        ] as [([UInt8], [UInt8], Bool)])
    func vlans(source: [UInt8], destination: [UInt8], isPrivate: Bool) {
        func piece(_ range: Range<Int>, last: Bool, vlan: String) -> [UInt8] {
            let packet = Packets.ipv4(
                Array(Self.datagram[range]), fragment: range.lowerBound / 8 | (last ? 0 : 0x2000),
                source: source, destination: destination)
            return Packets.ethernet(packet, tags: Packets.hex("8100" + vlan))
        }
        let packets = [piece(0..<16, last: false, vlan: "0001"), piece(16..<40, last: true, vlan: "0002")]
        #expect(Packets.decode(packets, link: 1).segments.isEmpty == isPrivate)
    }

    @Test("A first fragment cut by the capture yields a segment; a later one is ignored")
    func truncated() {
        let first = Self.piece(0..<32, last: false)
        let later = Self.piece(16..<40, last: true)
        let (segments, _) = Packets.decode(
            [Array(first.dropLast()), Array(later.dropLast())], originalLengths: [first.count, later.count])
        #expect(segments.map(\.role) == [.fragment])
    }
}
