import Seeded
import Testing

@testable import Wire

@Suite("Reassembly")
struct ReassemblyTests {
    private static func key(_ identification: UInt32) -> FragmentKey {
        FragmentKey(
            source: IPAddress(v4: 1), destination: IPAddress(v4: 2), identification: identification, transport: 6,
            vlan: 0)
    }

    @Test(
        "Incomplete datagrams never use more memory than the limit",
        arguments: [
            // bytes per fragment, datagrams in turn, total fragments
            (65_000, 1, 2000), (65_000, 7, 2000), (200, 4000, 140_000), (0, 200_000, 200_000), (1400, 5000, 40_000),
        ])
    func bounded(size: Int, datagrams: Int, fragments: Int) {
        var reassembly = Reassembly()
        let bytes = [UInt8](repeating: 1, count: size)
        let payload = PacketCursor(captured: size, claimed: size)
        for number in 0..<fragments {
            let piece = Reassembly.Piece(offset: (number / datagrams) % 8192 * 8, isLast: false)
            let key = Self.key(UInt32(number % datagrams))
            #expect(unsafe reassembly.add(piece, bytes.span.bytes, payload, to: key) == nil)
            guard reassembly.bytes <= Reassembly.byteLimit else {
                Issue.record("\(reassembly.bytes) bytes in use after fragment \(number)")
                return
            }
        }
        #expect(reassembly.evictions > 0)
    }

    @Test("The oldest datagrams are evicted first; the others are still reassembled")
    func evictsOldest() {
        var reassembly = Reassembly()
        let size = 60_000
        let bytes = [UInt8](repeating: 1, count: size)
        let payload = PacketCursor(captured: size, claimed: size)
        let count = UInt32(Reassembly.byteLimit / size + 10)
        for number in 0..<count {
            let piece = Reassembly.Piece(offset: 0, isLast: false)
            _ = unsafe reassembly.add(piece, bytes.span.bytes, payload, to: Self.key(number))
        }
        let rest = Reassembly.Piece(offset: size, isLast: true)
        let tail = PacketCursor(captured: 8, claimed: 8)
        #expect(unsafe reassembly.add(rest, bytes.span.bytes, tail, to: Self.key(0)) == nil)
        #expect(unsafe reassembly.add(rest, bytes.span.bytes, tail, to: Self.key(count - 1))?.count == size + 8)
    }

    @Test(
        "A datagram is whole when its last gap is filled, in any order of fragments, with copies and overlaps",
        arguments: 1..<21 as Range<UInt64>)
    func orders(seed: UInt64) {
        var numbers = SeededNumbers(seed)
        let length = Int.random(in: 100...2_000, using: &numbers)
        // Fragments that overlap agree in their bytes.
        let datagram = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var reassembly = Reassembly()
        var pieces: [(offset: Int, end: Int)] = []
        for offset in stride(from: 0, to: length, by: 8) {
            let ends = [offset + 8, offset + 24, offset + 8 * Int.random(in: 1...9, using: &numbers)]
            pieces.append((offset, min(length, ends.randomElement(using: &numbers) ?? length)))
            if Int.random(in: 0..<4, using: &numbers) == 0, let last = pieces.last { pieces.append(last) }
        }
        pieces.shuffle(using: &numbers)
        var covered = [Bool](repeating: false, count: length)
        for (index, piece) in pieces.enumerated() {
            let cursor = PacketCursor(captured: piece.end, claimed: piece.end).dropping(piece.offset)
            let whole = unsafe reassembly.add(
                Reassembly.Piece(offset: piece.offset, isLast: piece.end == length), datagram.span.bytes, cursor,
                to: Self.key(1))
            for position in piece.offset..<piece.end { covered[position] = true }
            let isComplete = covered.allSatisfy(\.self)
            #expect((whole != nil) == isComplete, "fragment \(index)")
            guard isComplete else { continue }
            #expect(whole == datagram && reassembly.bytes == 0)
            return
        }
    }
}
