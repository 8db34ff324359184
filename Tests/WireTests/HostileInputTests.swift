import Seeded
import Testing

@testable import Wire

@Suite("Hostile input")
struct HostileInputTests {
    @Test("A packet cut at any byte never traps and never yields a longer payload", arguments: Envelope.all)
    func cut(envelope: Envelope) {
        for length in 0..<envelope.bytes.count {
            let (segments, tally) = Packets.decode(
                [Array(envelope.bytes.prefix(length))], link: envelope.link, originalLengths: [envelope.bytes.count])
            #expect(segments.count <= 1 && tally.packets == 1)
            // Payload lengths come from headers, not from what was captured (wireshark-rules 2.1).
            if let segment = segments.first, segment.role == .whole { #expect(segment.payloadLength <= 3) }
        }
    }

    @Test("A packet with random bytes never traps", arguments: Envelope.all)
    func changed(envelope: Envelope) {
        var numbers = SeededNumbers(1)
        var packets: [[UInt8]] = []
        for index in envelope.bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var packet = envelope.bytes
                packet[index] = value
                packets.append(packet)
            }
        }
        for _ in 0..<1000 {
            var packet = envelope.bytes
            for _ in 0..<Int.random(in: 1...6, using: &numbers) {
                packet[Int.random(in: packet.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            packets.append(Array(packet.prefix(Int.random(in: 0...packet.count, using: &numbers))))
        }
        let lengths = packets.map { _ in Int.random(in: 0...70_000, using: &numbers) }
        #expect(
            Packets.decode(packets, link: envelope.link, originalLengths: lengths).tally.packets
                == UInt64(packets.count))
        #expect(Packets.decode(packets, link: envelope.link).tally.packets == UInt64(packets.count))
    }

    @Test(
        "Deeply nested headers do not exhaust the stack",
        arguments: [
            // IPv4 in IPv4
            (UInt16(101), "", "4500fde8000000004004000000000000 00000000", 3000),
            // VLAN tags
            (1, "00000c000002 00000c000001", "81000001", 15_000),
            // PPP, MPLS, Ethernet, LLC, PPP and so on
            (9, "", "0281 00000100 00000000 00000c000002 00000c000001 05dc fefe03cf", 9000),
        ])
    func nested(link: UInt16, prefix: String, header: String, count: Int) {
        let headers = [[UInt8]](repeating: Packets.hex(header), count: count).flatMap { $0 }
        let (segments, tally) = Packets.decode([Packets.hex(prefix) + headers], link: link)
        #expect(segments.isEmpty && tally.packets == 1)
    }

    @Test("A flood of first fragments evicts datagrams beyond the limit")
    func fragmentFlood() {
        let piece = [UInt8](repeating: 0x41, count: 8)
        let packets = (0..<200_000).map { number in
            Packets.ipv4(
                piece, fragment: 0x2000, identification: number & 0xFFFF,
                source: Packets.big32(number / 0x10000 + 1))
        }
        let (segments, tally) = Packets.decode(packets)
        #expect(segments.isEmpty && tally.withoutSegment == 200_000)
        #expect(tally.evictedDatagrams == UInt64(200_000 - Reassembly.datagramLimit))
    }
}
