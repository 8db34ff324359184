import Testing
import Wire

@testable import Capture

/// The fast path has the same result as the general loop.
@Suite("Fast path of pcapng")
struct PcapngFastPathTests {
    /// The result of a reader in a form that can be compared.
    private struct Outcome: Equatable {
        var consumed: [Int] = []
        var frames: [UInt32] = []
        var fault: String?
        var records: [[Int64]] = []
        var interfaces: [[Int64]] = []
    }

    /// A reader at the start of a file.
    private static func reader() throws -> PcapngReader {
        let file = try TemporaryFile(PcapngBuilder().section())
        var source = try ByteSource(path: file.path)
        return try PcapngReader(&source)
    }

    /// Scans `bytes` in pieces of at most `size` bytes, each of which begins where the one before stopped.
    private static func scan(_ bytes: [UInt8], in size: Int, usesFastPath: Bool, by reader: PcapngReader) -> Outcome {
        var (reader, outcome) = (reader, Outcome())
        var (start, end) = (0, 0)
        repeat {
            end = min(end + size, bytes.count)
            var records: [PacketRecord] = []
            let piece = Array(bytes[start..<end])
            let scan = unsafe reader.scan(piece.span.bytes, usesFastPath: usesFastPath, into: &records)
            outcome.consumed.append(scan.consumed)
            outcome.frames.append(scan.frames)
            outcome.fault = scan.fault
            outcome.records += records.map {
                [
                    $0.time, Int64($0.offset), Int64($0.capturedLength), Int64($0.originalLength), Int64($0.frame),
                    Int64($0.interface), Int64($0.linkType.rawValue), Int64($0.checkSequenceLength),
                ]
            }
            start += scan.consumed
        } while end < bytes.count && outcome.fault == nil
        outcome.interfaces = reader.interfaces.map { [Int64($0.linkType.rawValue), Int64($0.snaplen)] }
        return outcome
    }

    /// Compares both loops and returns their result.
    @discardableResult
    private static func compare(
        _ bytes: [UInt8], in size: Int = .max / 2, by reader: PcapngReader, _ words: String
    ) -> Outcome {
        let (plain, general) = (
            scan(bytes, in: size, usesFastPath: true, by: reader),
            scan(bytes, in: size, usesFastPath: false, by: reader)
        )
        #expect(plain == general, "\(words)")
        return plain
    }

    /// Two sections of interfaces with clocks of every kind, packets with and without options, and other blocks.
    private static func file(bigEndian: Bool) -> [UInt8] {
        let builder = PcapngBuilder(bigEndian: bigEndian)
        let packets = Packet.some(6, longest: 30)
        let clocks = [[9], [3], [0x8A], [0x8A], [9]].map { [(UInt16(9), $0 as [UInt8])] }
        let offset = [(UInt16(14), builder.number(UInt64(77))), (13, [32])]
        func plain() -> [UInt8] { packets.flatMap { builder.packet($0) } }
        let first =
            builder.section() + builder.interface(options: clocks[0]) + plain() + builder.interface(options: clocks[1])
            + builder.interface(linkType: 101, options: clocks[2]) + builder.interface(options: offset)
            + packets.enumerated().flatMap { builder.packet($1, interface: UInt32($0 % 4)) }
        let flagged = builder.packet(packets[3], options: [(2, builder.number(UInt32(4 << 5)))])
        let other = PcapngBuilder(bigEndian: !bigEndian)
        let second = other.section() + other.interface() + packets.flatMap { other.packet($0) }
        let simple = builder.simplePacket(packets[3])
        return first + plain() + flagged + flagged + plain() + simple + plain() + second
    }

    @Test("whole, and read in pieces of any size", arguments: [false, true])
    func pieces(bigEndian: Bool) throws {
        let reader = try Self.reader()
        let bytes = Self.file(bigEndian: bigEndian)
        let whole = Self.compare(bytes, by: reader, "whole")
        #expect(whole.records.count == 39 && whole.consumed == [bytes.count], "\(whole.fault ?? "")")
        for size in 1...120 { Self.compare(bytes, in: size, by: reader, "in pieces of \(size)") }
    }

    @Test("cut at each byte", arguments: [false, true])
    func cuts(bigEndian: Bool) throws {
        let reader = try Self.reader()
        let bytes = Self.file(bigEndian: bigEndian)
        for count in bytes.indices { Self.compare(Array(bytes.prefix(count)), by: reader, "cut at \(count)") }
    }

    @Test("with each byte changed", arguments: [false, true], [0x01, 0x04, 0x80, 0xFF] as [UInt8])
    func changes(bigEndian: Bool, mask: UInt8) throws {
        let reader = try Self.reader()
        var bytes = Self.file(bigEndian: bigEndian)
        var faults = 0
        for index in bytes.indices {
            bytes[index] ^= mask
            if Self.compare(bytes, by: reader, "byte \(index) changed by \(mask)").fault != nil { faults += 1 }
            bytes[index] ^= mask
        }
        #expect(faults > 100)
    }

    @Test("of the smallest blocks, which need the most room for records")
    func smallest() throws {
        let reader = try Self.reader()
        let builder = PcapngBuilder()
        let empty = Packet(time: 0, bytes: [])
        let (simple, plain) = (builder.simplePacket(empty), builder.packet(empty))
        let bytes =
            builder.section() + builder.interface() + (0..<500).flatMap { _ in simple }
            + (0..<500).flatMap { _ in plain + simple }
        #expect(Self.compare(bytes, by: reader, "of the smallest blocks").records.count == 1500)
    }
}
