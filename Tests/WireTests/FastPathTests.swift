import Seeded
import Testing

@testable import Wire

extension Segment {
    /// All that it holds.
    fileprivate var fields: [UInt64] {
        let ends = [source, destination].flatMap { [$0.address.high, $0.address.low, UInt64($0.port)] }
        let numbers = [
            sequence.rawValue, acknowledgment.rawValue, payloadLength, record, timestampValue, timestampEcho,
        ]
        let small = [Int(window), Int(flags.rawValue), Int(identification), Int(timeToLive), Int(headerLength)]
        let facts = [source.address.version == .v4, isShown, hasTimestamps, hasSelectiveAcknowledgment]
        return ends + numbers.map(UInt64.init) + small.map(UInt64.init)
            + [UInt64(bitPattern: time), UInt64(firstPayloadByte), UInt64(role.rawValue), frame.frame]
            + facts.map { $0 ? 1 : 0 }
    }
}

@Suite("Fast path of the decoder")
struct FastPathTests {
    /// Frames that could take the fast path: IPv4 or IPv6 with TCP, some with wrong bytes and lengths.
    private static func frame(_ numbers: inout SeededNumbers) -> [UInt8] {
        func random(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &numbers) }
        func chance(_ odds: Int) -> Bool { random(1...odds) == 1 }
        let stamps = Packets.hex("0101080a") + (0..<8).map { _ in UInt8(random(0...255)) }
        let options: [[UInt8]] = [
            [], [], [], [], [], stamps, stamps, stamps, stamps, stamps, Packets.hex("020405b4"),
            Packets.hex("01010101"), [0x01, 0x01] + stamps.dropFirst(2),
            Packets.hex("0101050a0000000100000002"), Packets.hex("0103030a") + stamps,
            Packets.hex("01010809000000000000000000"),
            stamps + [1, 1, 5, 2], Packets.hex("00000000"), Packets.hex("0101080b000000000000000000000000"),
        ]
        var option = options[random(0...options.count - 1)]
        option = Array(option.prefix(option.count / 4 * 4))
        let payload = [0, 0, 0, 1, 1, 2, 3, 40, 600][random(0...8)]
        let flags = [0x10, 0x10, 0x18, 0x02, 0x12, 0x11, 0x04, 0x1F0, 0xFFF][random(0...8)]
        let offset = chance(8) ? random(0...15) : nil
        var tcp = Packets.tcp(payload: payload, options: option, flags: flags, dataOffset: offset)
        for offset in [4, 8, 14] where chance(2) { tcp[offset] = UInt8(random(0...255)) }
        let isVersion4 = chance(2)
        var inner: [UInt8]
        if isVersion4 {
            let length = chance(10) ? [0, 19, 20, 39, 40, 41, 52, 53, 1500, 65_535][random(0...9)] : nil
            inner = Packets.ipv4(
                tcp, transport: chance(25) ? UInt8(random(0...255)) : 6, totalLength: length,
                options: chance(25) ? [1, 1, 1, 1] : [],
                fragment: chance(3) ? 0x4000 : chance(25) ? [0x2000, 0x8000, 0x6000, 1, 0x4001][random(0...4)] : 0)
        } else {
            let length = chance(10) ? [0, 1, 19, 20, 21, 32, 33, 1500, 65_535][random(0...8)] : nil
            inner = Packets.ipv6(
                tcp, next: chance(25) ? [0, 43, 44, 60, 17, 59][random(0...5)] : 6, payloadLength: length)
            if chance(4) { inner[0] |= UInt8(random(0...15)) }
        }
        if chance(20) { inner[0] = UInt8(random(0...255)) }
        // Padding, an undeclared check sequence, or what a tail of another packet left.
        inner += [UInt8](repeating: 0x77, count: chance(3) ? random(0...20) : 0)
        var frame = Packets.ethernet(inner, type: isVersion4 ? 0x0800 : 0x86DD)
        if chance(20) { frame[random(0...frame.count - 1)] = UInt8(random(0...255)) }
        return frame
    }

    /// `packets`, each with the length that it claims, in one batch: the bytes of the next one lie right behind it.
    private static func batch(_ packets: [([UInt8], Int)]) -> PacketBatch {
        var batch = PacketBatch()
        for (index, (packet, original)) in packets.enumerated() {
            batch.records.append(
                PacketRecord(
                    time: Int64(index % 7), offset: UInt32(batch.bytes.count), capturedLength: UInt32(packet.count),
                    originalLength: UInt32(original), frame: UInt32(index), linkType: .ethernet))
            batch.bytes += packet
        }
        return batch
    }

    /// Whether the fast path gives the segments and the tally of the general path.
    private static func isSame(_ packets: [([UInt8], Int)], _ version: WiresharkVersion, _ comment: String) -> Bool {
        let batch = batch(packets)
        var general = SegmentDecoder(version: version)
        var expected = SegmentBatch()
        general.decodeGeneral(batch, into: &expected)
        var fast = SegmentDecoder(version: version)
        var segments = SegmentBatch()
        // In two parts, the second of which starts in the middle of the batch.
        let middle = batch.records.count / 3
        fast.decode(batch, 0..<middle, into: &segments)
        fast.decode(batch, middle..<batch.records.count, into: &segments)
        guard segments.segments.elementsEqual(expected.segments, by: { $0.fields == $1.fields }) else {
            let first = zip(segments.segments, expected.segments).first { $0.fields != $1.fields }
            Issue.record("\(comment): \(String(describing: first))")
            return false
        }
        guard fast.tally == general.tally else {
            Issue.record("\(comment): \(fast.tally) \(general.tally)")
            return false
        }
        return true
    }

    @Test("The fast path gives the same segments as the general path", arguments: WiresharkVersion.allCases)
    func sameAsGeneral(version: WiresharkVersion) {
        for seed in 1...60 as ClosedRange<UInt64> {
            var numbers = SeededNumbers(seed &* 0x9E37_79B9_7F4A_7C15)
            let packets = (0..<100).map { _ in
                let frame = Self.frame(&numbers)
                let original = [frame.count, frame.count, frame.count + 100, frame.count - 7, 0, 65_549].randomElement(
                    using: &numbers)
                return (frame, original ?? frame.count)
            }
            if !Self.isSame(packets, version, "seed \(seed)") { return }
        }
    }

    @Test("Cut at every length too", arguments: [false, true], [0, 1, 30])
    func cut(isVersion6: Bool, payload: Int) {
        for options in [[], Packets.hex("0101080a0000000100000002"), Packets.hex("020405b4")] {
            let tcp = Packets.tcp(payload: payload, options: options)
            let frame = Packets.ethernet(
                isVersion6 ? Packets.ipv6(tcp) : Packets.ipv4(tcp), type: isVersion6 ? 0x86DD : 0x0800)
            for claimed in [0, frame.count - 1, frame.count, frame.count + 9] {
                let packets = (0...frame.count).map { (Array(frame.prefix($0)), claimed) }
                #expect(Self.isSame(packets, .newest, "claims \(claimed)"))
            }
        }
    }

    @Test(
        "A gap of 30 s between packets is a pause, on both paths", arguments: [30_000_000_000, 29_999_999_999],
        [1, 101])
    func pause(gap: Int64, link: UInt16) {
        let packet = Packets.ipv4(Packets.tcp())
        var decoder = SegmentDecoder()
        var segments = SegmentBatch()
        // The first batch shows that the times are real; the fast path looks at all gaps until then.
        for times in [[0, 1_000_000, 3_000_000], [3_000_000 + gap, 4_000_000 + gap]] as [[Int64]] {
            var batch = PacketBatch()
            for time in times {
                batch.append(
                    link == 1 ? Packets.ethernet(packet) : packet, time: time, linkType: LinkType(rawValue: link))
            }
            decoder.decode(batch, into: &segments)
        }
        #expect(decoder.tally.segments == 5)
        #expect(decoder.tally.pauses.pauses.map(\.end) == (gap < CapturePauses.threshold ? [] : [3_000_000 + gap]))
    }

    @Test("Most of those packets are plain, and many are not")
    func isPlain() {
        var numbers = SeededNumbers(1)
        var plain = 0
        for _ in 0..<1000 {
            let frame = Self.frame(&numbers)
            let record = PacketRecord(
                time: 0, offset: 0, capturedLength: UInt32(frame.count), originalLength: UInt32(frame.count), frame: 0,
                linkType: .ethernet)
            let bytes = unsafe frame.span.bytes
            if FastPathPacket(ipv4: bytes, record) != nil || FastPathPacket(ipv6: bytes, record) != nil { plain += 1 }
        }
        #expect((250...900).contains(plain), "\(plain) of 1000")
    }
}
