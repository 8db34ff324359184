import Testing
import Wire

/// wireshark-rules 2.7: from an IP payload to a segment.
@Suite("TCP headers")
struct TCPHeaderTests {
    private func segment(
        _ bytes: [UInt8], wire: Int? = nil, totalLength: Int? = nil, version: WiresharkVersion = .newest
    ) -> Segment? {
        let packet = Packets.ipv4(bytes, totalLength: totalLength)
        return Packets.decode([packet], originalLengths: [wire ?? packet.count], version: version).segments.first
    }

    @Test(
        "The captured part of a header decides the role of the segment",
        arguments: [
            (13, nil, false), (14, Segment.Role.headerCut, false), (15, .headerCut, false), (16, .whole, false),
            (19, .whole, false), (20, .whole, true), (23, .whole, true),
        ])
    func captured(bytes: Int, role: Segment.Role?, isShown: Bool) {
        let found = segment(Array(Packets.tcp().prefix(bytes)), wire: 43, totalLength: 43)
        #expect(found?.role == role)
        #expect(found?.isShown ?? false == isShown)
        if role == .whole { #expect(found?.payloadLength == 3) }
        if role == .headerCut {
            #expect(segment(Array(Packets.tcp().prefix(bytes)), wire: 43, totalLength: 43, version: .v4_4) == nil)
        }
    }

    @Test(
        "A segment shorter than its header is not analysed; a header below 20 bytes is not shown",
        arguments: [
            (5, 16, Segment.Role.short, 0, false), (5, 20, .whole, 0, true), (15, 30, .short, 0, false),
            (4, 18, .whole, 2, false), (0, 23, .whole, 23, false),
        ])
    func claimed(dataOffset: Int, bytes: Int, role: Segment.Role, payload: UInt32, isShown: Bool) {
        let found = segment(Array(Packets.tcp(payload: 20, dataOffset: dataOffset).prefix(bytes)))
        #expect(found?.role == role)
        #expect(found?.payloadLength == payload)
        if role == .whole { #expect(found?.isShown == isShown) }
    }

    @Test("Timestamps, SACK and a payload of one byte are decoded")
    func fields() {
        let found = segment(Packets.tcp(payload: 1, options: Packets.hex("0101080a 00000007 00000009")))
        #expect(found?.hasTimestamps == true && found?.timestampValue == 7 && found?.timestampEcho == 9)
        #expect(found?.firstPayloadByte == 0x41 && found?.timeToLive == 64 && found?.identification == 7)
        let selective = segment(Packets.tcp(options: Packets.hex("080a 00000007 00000009 050a 00000001 00000002 0101")))
        #expect(selective?.hasTimestamps == true && selective?.hasSelectiveAcknowledgment == true)
    }

    @Test(
        "Only options that are too short for their content hide the verdict",
        arguments: [
            ("0502 0101", false), ("050a 0000000100000002 0101", true), ("1506 00000000 0101", false),
            ("1504 0000", true), ("1e02 0101", false), ("1e03 0001", false), ("1e03 1001", true), ("1e03 3001", false),
            ("1e04 2000", true), ("1e04 2001", false), ("1e08 2001 00000000", true), ("1e08 2003 00000000", false),
            ("1e04 6000", false), ("1e0c 6000 0000000000000000", true),
            ("08ff 0000", true), ("0300 0000", true), ("0301 0000", true), ("00ff ffff", true), ("01010103", true),
        ])
    func options(hex: String, isShown: Bool) {
        #expect(segment(Packets.tcp(options: Packets.hex(hex)))?.isShown == isShown)
    }

    @Test("Options cut by the capture hide the verdict, not the segment")
    func cutOptions() {
        let options = Packets.hex("0101080a 00000007 00000009")
        let found = segment(Array(Packets.tcp(payload: 0, options: options).prefix(24)), wire: 52, totalLength: 52)
        #expect(found?.role == .whole && found?.isShown == false && found?.payloadLength == 0)
    }

    @Test(
        "The tally has the capture length that all cut headers need, in any order of packets", arguments: [false, true])
    func cutHeaders(isLongFirst: Bool) {
        let long = Packets.ipv4(Packets.tcp(options: Packets.hex("0101080a 00000007 00000009")))
        let short = Packets.ipv4(Packets.tcp())
        let packets = isLongFirst ? [long, short] : [short, long]
        let tally = Packets.decode(
            packets.map { Array($0.prefix(20 + 18)) }, originalLengths: packets.map(\.count)
        ).tally
        #expect(tally.cutHeaders == 2 && tally.cutHeadersNeed == 20 + 32)
    }

    @Test("Fast path and general path give the same segment", arguments: [0x45, 0x46])
    func bothPaths(first: Int) {
        let options: [UInt8] = first == 0x46 ? [1, 1, 1, 0] : []
        let packet = Packets.ethernet(Packets.ipv4(Packets.tcp(), options: options) + [0, 0])
        let tagged = Packets.ethernet(Packets.ipv4(Packets.tcp()) + [0, 0], tags: Packets.hex("81000000"))
        let (segments, tally) = Packets.decode([packet, tagged], link: 1)
        #expect(segments.map(\.payloadLength) == [3, 3])
        #expect(segments.map(\.source) == [segments[0].source, segments[0].source])
        #expect(tally.segments == 2)
    }
}
