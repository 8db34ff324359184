import Testing

@testable import Wire

@Suite("Hostile input")
struct HostileInputTests {
    @Test("Cut at any byte, a packet never traps, and never gives a segment it does not hold", arguments: Envelope.all)
    func cut(envelope: Envelope) {
        for length in 0..<envelope.bytes.count {
            let (segments, tally) = Packets.decode(
                [Array(envelope.bytes.prefix(length))], link: envelope.link, originalLengths: [envelope.bytes.count])
            #expect(segments.count <= 1 && tally.packets == 1)
            // Payload lengths come from what is claimed, never from what was captured (wireshark-rules 2.1).
            if let segment = segments.first, segment.role == .whole { #expect(segment.payloadLength <= 3) }
        }
    }

    @Test("With bytes changed at random, a packet never traps", arguments: Envelope.all)
    func changed(envelope: Envelope) {
        var numbers = SameNumbers()
        var packets: [[UInt8]] = []
        for place in envelope.bytes.indices {
            for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF] {
                var packet = envelope.bytes
                packet[place] = value
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
        "Headers within headers without end are given up, not followed until the stack ends",
        arguments: [
            (UInt16(101), "4500fde8000000004004000000000000 00000000", 3000), (1, "", 0),
        ])
    func nested(link: UInt16, header: String, count: Int) {
        let tag = Packets.hex("81000001")
        let packet =
            link == 1
            ? Packets.hex("00000c000002 00000c000001") + [[UInt8]](repeating: tag, count: 15_000).flatMap { $0 }
            : [[UInt8]](repeating: Packets.hex(header), count: count).flatMap { $0 }
        let (segments, tally) = Packets.decode([packet], link: link)
        #expect(segments.isEmpty && tally.packets == 1)
    }

    @Test("Fragments of two hundred thousand datagrams stay within bounds")
    func fragmentFlood() {
        let piece = [UInt8](repeating: 0x41, count: 8)
        let packets = (0..<200_000).map { number in
            Packets.ipv4(
                piece, fragment: 0x2000, identification: number & 0xFFFF,
                source: Packets.big32(number / 0x10000 + 1))
        }
        let (segments, tally) = Packets.decode(packets)
        #expect(segments.isEmpty && tally.withoutSegment == 200_000)
        // All but those that may wait were given up.
        #expect(tally.evictedDatagrams == UInt64(200_000 - Reassembly.datagramLimit))
    }
}
