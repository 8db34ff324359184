/// A pcap file of 800 connections that open, send, are idle, probe, close and reuse their ports.
///
/// It is the same on every run.
struct LargeCapture {
    private(set) var bytes: [UInt8] = []
    private var time: UInt64 = 1_700_000_000_000_000
    private var state: UInt64 = 42
    private var identification: UInt16 = 0

    private static let connections = 800

    init() {
        bytes = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]
        var next = [(UInt32, UInt32)](repeating: (0, 0), count: Self.connections)
        for round in 0..<4 {
            for number in 0..<Self.connections {
                // A third of the ports are reused by a SYN with another sequence number.
                if round == 0 || (round == 2 && number % 3 == 0) {
                    next[number] = (UInt32(truncatingIfNeeded: random()), UInt32(truncatingIfNeeded: random()))
                    open(number, &next[number])
                }
                send(number, &next[number])
            }
            time += 61_000_000
            for step in 0..<3 {
                for number in 0..<Self.connections where number % 5 != 0 {
                    segment(number, side: 0, flags: 0x10, next[number].0 &- 1, next[number].1)
                    // Some peers do not answer.
                    if number % 7 != 0 { segment(number, side: 1, flags: 0x10, next[number].1, next[number].0) }
                }
                time += UInt64(step + 1) * 15_000_000
            }
        }
        for number in stride(from: 0, to: Self.connections, by: 2) {
            segment(number, side: 0, flags: number % 4 == 0 ? 0x14 : 0x11, next[number].0, next[number].1)
        }
    }

    private mutating func random() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 31
    }

    private mutating func open(_ number: Int, _ next: inout (UInt32, UInt32)) {
        segment(number, side: 0, flags: 0x02, next.0, 0)
        next.0 &+= 1
        segment(number, side: 1, flags: 0x12, next.1, next.0)
        next.1 &+= 1
        segment(number, side: 0, flags: 0x10, next.0, next.1)
    }

    private mutating func send(_ number: Int, _ next: inout (UInt32, UInt32)) {
        let length = Int(random() % 400)
        segment(number, side: 0, flags: 0x18, next.0, next.1, length: length, inFragments: number % 11 == 0)
        next.0 &+= UInt32(length)
        segment(number, side: 1, flags: 0x10, next.1, next.0)
    }

    /// Adds a segment of connection `number`, sent by its originator (0) or its responder (1).
    private mutating func segment(
        _ number: Int, side: Int, flags: UInt8, _ sequence: UInt32, _ acknowledgment: UInt32, length: Int = 0,
        inFragments: Bool = false
    ) {
        let ports = side == 0 ? [UInt16(1024 + number % 50_000), 443] : [443, UInt16(1024 + number % 50_000)]
        let tcp =
            ports.flatMap(big) + big(sequence) + big(acknowledgment) + [0x50, flags, 1, 0xF4, 0, 0, 0, 0]
            + [UInt8](repeating: 0x41, count: length)
        let client: UInt8 = UInt8(number % 200)
        if number % 4 == 3 {
            let ends = [[UInt8](repeating: 0, count: 14) + [1, client], [UInt8](repeating: 0, count: 14) + [2, 0]]
            let header =
                [0x60, 0, 0, 0] + big(UInt16(tcp.count)) + [6, 64]
                + (side == 0 ? ends : ends.reversed()).flatMap { [0xFD] + $0.dropFirst() }
            record([0x86, 0xDD], header + tcp)
            return
        }
        identification &+= 1
        let ends: [[UInt8]] = [[10, 0, 0, client], [10, 0, 1, 1]]
        let cut = inFragments && tcp.count > 64 ? 64 : tcp.count
        for (start, end) in [(0, cut), (cut, tcp.count)] where start < end {
            let field = UInt16(start / 8) | (end < tcp.count ? 0x2000 : 0)
            let header =
                [0x45, 0] + big(UInt16(20 + end - start)) + big(identification) + big(field) + [64, 6, 0, 0]
                + (side == 0 ? ends : ends.reversed()).flatMap(\.self)
            record([8, 0], header + tcp[start..<end])
        }
    }

    private mutating func record(_ type: [UInt8], _ packet: [UInt8]) {
        time += random() % 200
        let frame = [UInt8](repeating: 2, count: 12) + type + packet
        for number in [UInt32(time / 1_000_000), UInt32(time % 1_000_000), UInt32(frame.count), UInt32(frame.count)] {
            bytes += big(number).reversed()
        }
        bytes += frame
    }

    private func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        stride(from: Number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> Number($0)) }
    }
}
