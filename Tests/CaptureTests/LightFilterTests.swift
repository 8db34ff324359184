import Foundation
import Testing
import Wire

@testable import Capture

/// A packet for the light filter.
struct LightPacket: Sendable, CustomTestStringConvertible {
    enum Network: CaseIterable { case version4, version4Options, version6 }

    var network = Network.version4
    var tags = 0
    var flags: UInt8 = 0x10
    var options = 12
    var payload = 0
    var padding = 0
    /// A wrong length in the IP header.
    var length: Int?
    /// The fragment field of IPv4.
    var fragment: UInt16 = 0
    /// The protocol, or the next header.
    var transport: UInt8 = 6
    var isKept: Bool

    var testDescription: String {
        "\(network), \(tags) tags, flags \(flags), options \(options), payload \(payload), padding \(padding), "
            + "length \(length ?? -1), fragment \(fragment), transport \(transport)"
    }

    var bytes: [UInt8] { [UInt8](repeating: 2, count: 12) + tagBytes + etherType + packet }

    /// The IP packet, with the padding.
    var packet: [UInt8] {
        let tcp =
            big16(40000) + big16(443) + [
                0, 0, 0, 1, 0, 0, 0, 2, UInt8((20 + options) / 4) << 4, flags, 1, 0, 0, 0, 0, 0,
            ]
            + [UInt8](repeating: 1, count: options) + [UInt8](repeating: 0x41, count: payload)
        let tail = [UInt8](repeating: 0, count: padding)
        switch network {
        case .version4, .version4Options:
            let more = network == .version4 ? 0 : 8
            return [UInt8(0x45 + more / 4), 0] + big16(length ?? 20 + more + tcp.count) + [0, 0]
                + big16(Int(fragment)) + [64, transport, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
                + [UInt8](repeating: 1, count: more) + tcp + tail
        case .version6:
            return [0x60, 0, 0, 0] + big16(length ?? tcp.count) + [transport, 64]
                + [UInt8](repeating: 0xFD, count: 32) + tcp + tail
        }
    }

    private var tagBytes: [UInt8] { (0..<tags).flatMap { _ -> [UInt8] in [0x81, 0, 0, 5] } }
    private var etherType: [UInt8] { network == .version6 ? [0x86, 0xDD] : [8, 0] }

    private func big16(_ value: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value)]
    }

    /// Every network, with 0 to 2 VLAN tags, every flag, with and without options, 0 to 3 and 100 bytes of payload.
    static let table: [LightPacket] = Network.allCases.flatMap { network in
        (0...2).flatMap { tags in
            ([0x10, 0x11, 0x12, 0x14, 0x18, 0x02, 0x04, 0x01, 0x30, 0x50, 0x90, 0xD0, 0xC2, 0] as [UInt8]).flatMap {
                flags in
                [0, 12, 40].flatMap { options in
                    [0, 1, 2, 3, 100].map { payload in
                        LightPacket(
                            network: network, tags: tags, flags: flags, options: options, payload: payload,
                            padding: payload == 0 ? 6 : 0, isKept: payload <= 1 || flags & 7 != 0)
                    }
                }
            }
        }
    }

    static let odd = [
        // A length of 0: segments that the network card will split, and jumbograms. It is data, unless it has FIN.
        LightPacket(payload: 3000, length: 0, isKept: false),
        LightPacket(flags: 0x11, payload: 3000, length: 0, isKept: true),
        LightPacket(network: .version6, payload: 3000, length: 0, isKept: false),
        // A length below that of the headers.
        LightPacket(payload: 0, length: 40, isKept: false), LightPacket(network: .version6, length: 20, isKept: false),
        // A first fragment has a TCP header and counts with its own length; later ones have none.
        LightPacket(payload: 8, fragment: 0x2000, isKept: false),
        LightPacket(payload: 0, fragment: 0x2000, isKept: true),
        LightPacket(payload: 0, fragment: 0x2001, isKept: false), LightPacket(flags: 0x02, fragment: 1, isKept: false),
        LightPacket(payload: 0, fragment: 0x4000, isKept: true),
        // Other protocols, and extension headers.
        LightPacket(transport: 17, isKept: false), LightPacket(network: .version6, transport: 17, isKept: false),
        LightPacket(network: .version6, transport: 0, isKept: false),
        LightPacket(network: .version6, transport: 44, isKept: false),
        // More than two tags.
        LightPacket(tags: 3, isKept: false),
    ]
}

@Suite("The light filter")
struct LightFilterTests {
    /// Which of `packets` pass.
    private static func kept(_ packets: [[UInt8]], link: UInt16, filter words: String? = nil) throws -> [Bool] {
        var filter = PacketFilter(words, isLight: true)
        try filter.compile(for: LinkType(rawValue: link))
        var batch = PacketBatch()
        for (index, packet) in packets.enumerated() {
            batch.records.append(
                PacketRecord(
                    time: 0, offset: UInt32(batch.bytes.count), capturedLength: UInt32(packet.count),
                    originalLength: UInt32(packet.count), frame: UInt32(index), linkType: LinkType(rawValue: link)))
            batch.bytes += packet
        }
        filter.apply(to: &batch)
        let frames = Set(batch.records.map(\.frame))
        return packets.indices.map { frames.contains(UInt32($0)) }
    }

    @Test("Segments of 0 or 1 bytes, and those with SYN, FIN or RST, pass with up to two VLAN tags")
    func table() throws {
        let table = LightPacket.table
        for (packet, isKept) in zip(table, try Self.kept(table.map(\.bytes), link: 1)) {
            #expect(isKept == packet.isKept, "\(packet.testDescription)")
        }
    }

    /// Whether ICMP and ICMPv6 packets of each type pass, with `front` before the IP header.
    private static func keptErrors(_ types: [(isVersion6: Bool, type: UInt8)], behind front: (Bool) -> [UInt8]) throws
        -> [Bool]
    {
        let packets = types.map { isVersion6, type in
            var packet = LightPacket(
                network: isVersion6 ? .version6 : .version4, options: 0, transport: isVersion6 ? 58 : 1, isKept: true
            ).packet
            packet[isVersion6 ? 40 : 20] = type
            return front(isVersion6) + packet
        }
        return try kept(packets, link: 1)
    }

    @Test("ICMP errors that quote a packet pass with up to two VLAN tags, other ICMP does not", arguments: 0...2)
    func errors(tags: Int) throws {
        let types: [(isVersion6: Bool, type: UInt8)] = [false, true].flatMap { isVersion6 in
            (0...255).map { (isVersion6, $0) }
        }
        let kept = try Self.keptErrors(types) { isVersion6 in
            [UInt8](repeating: 2, count: 12) + (0..<tags).flatMap { _ -> [UInt8] in [0x81, 0, 0, 5] }
                + (isVersion6 ? [0x86, 0xDD] : [8, 0])
        }
        for ((isVersion6, type), isKept) in zip(types, kept) {
            #expect(isKept == (isVersion6 ? [1, 2, 3, 4] : [3, 11, 12]).contains(type), "\(isVersion6) \(type)")
        }
    }

    @Test("Wrong lengths, fragments and other protocols", arguments: LightPacket.odd)
    func odd(packet: LightPacket) throws {
        #expect(try Self.kept([packet.bytes], link: 1) == [packet.isKept])
    }

    @Test("A packet that is cut in its headers passes only with the first 14 bytes of TCP")
    func cut() throws {
        for network in LightPacket.Network.allCases {
            let bytes = LightPacket(network: network, isKept: true).bytes
            let kept = try Self.kept((0..<bytes.count).map { Array(bytes.prefix($0)) }, link: 1)
            let start = network == .version6 ? 54 : network == .version4 ? 34 : 42
            #expect(kept == (0..<bytes.count).map { $0 >= start + 14 })
        }
    }

    @Test(
        "The filter compiles and is the same on link types without VLAN tags",
        arguments: [UInt16(101), 113, 276, 12, 228, 9, 105])
    func otherLinks(link: UInt16) throws {
        let front: [UInt8] =
            switch link {
            case 113: [0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 8, 0]
            case 276: [8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0]
            case 9: [0xFF, 3, 0, 0x21]
            default: []
            }
        // 802.11 has headers of many lengths: here it is enough that the filter compiles.
        if link == 105 {
            #expect(try Self.kept([], link: link).isEmpty)
            return
        }
        let packets = (0...3).map { LightPacket(payload: $0, isKept: $0 <= 1) }
        #expect(try Self.kept(packets.map { front + $0.packet }, link: link) == [true, true, false, false])
    }

    @Test(
        "The filter is combined with that of the user",
        arguments: [
            ("port 443", true), ("port 444", false), ("port 444 or port 443", true), ("not port 443", false),
            ("tcp", true),
        ])
    func joined(words: String, isKept: Bool) throws {
        let packets = [LightPacket(isKept: true).bytes, LightPacket(payload: 2, isKept: false).bytes]
        #expect(try Self.kept(packets, link: 1, filter: words) == [isKept, false])
        // With a VLAN tag, if the user filters by it.
        let tagged = LightPacket(tags: 1, isKept: true).bytes
        #expect(try Self.kept([tagged], link: 1, filter: "vlan 5 and (\(words))") == [isKept])
        #expect(try Self.kept([tagged], link: 1, filter: "vlan 6 and (\(words))") == [false])
    }

    @Test("The error of a filter that does not compile names it")
    func error() throws {
        let error = #expect(throws: CaptureError.self) { try Self.kept([], link: 197) }
        #expect(error?.description.contains("the filter of a light capture does not compile") == true)
        let other = #expect(throws: CaptureError.self) { try Self.kept([], link: 1, filter: "porrt 1") }
        #expect(other?.description.contains("filter \"porrt 1\": \"porrt\" is not understood") == true)
    }
}
