import KeepAlive
import Report
import Seeded
import Testing
import Wire

/// Messages of the process that captures for `tcpalive top`.
@Suite("Messages of packets")
struct WireRecordTests {
    private static let ends = [
        Endpoint(IPAddress(v4: 0xC000_0201), 40000), Endpoint(IPAddress(v6: 0x2001_0DB8_0000_0000, 7), 443),
    ]

    private static let contents: [WireRecord.Content] = [
        .ready, .failed("no permission"), .dropped(.max),
        .packet(.probe, at: 1_700_000_000_000_000_000, reply: nil, number: 3, text: "keep-alive 3, +15.1 s"),
        .packet(.answer, at: 0, reply: 0, number: 0, text: ""),
        .finding(.peerDead, .failure, "The peer is dead.\nSo it is."),
    ]

    private static func bytes(_ contents: [WireRecord.Content]) -> [UInt8] {
        var bytes: [UInt8] = []
        for content in contents {
            WireRecord(content, from: ends[0], to: ends[1]).append(to: &bytes)
        }
        return bytes
    }

    @Test("Messages arrive as they were sent, however their bytes are divided")
    func pieces() throws {
        var received: [WireRecord] = []
        var rest: [UInt8] = []
        for byte in Self.bytes(Self.contents) {
            rest.append(byte)
            var slice = rest[...]
            while let record = try WireRecord.take(from: &slice) { received.append(record) }
            rest = Array(slice)
        }
        #expect(rest.isEmpty && received.map(\.content) == Self.contents)
        #expect(received.allSatisfy { $0.source == Self.ends[0] && $0.destination == Self.ends[1] })
    }

    @Test("A long text is cut, and the next message is whole")
    func long() throws {
        let bytes = Self.bytes([.failed(String(repeating: "x", count: 70_000)), .ready])
        var slice = bytes[...]
        let first = try WireRecord.take(from: &slice)
        guard case .failed(let text) = first?.content else {
            Issue.record("no message")
            return
        }
        #expect(text.count == 1000)
        let last = try WireRecord.take(from: &slice)
        #expect(last?.content == .ready && slice.isEmpty)
    }

    @Test(
        "A message with a length, type, kind, severity, verdict or address that does not exist is refused",
        arguments: [(0, 0), (1, 255), (2, 99), (3, 200), (4, 5), (5, 1), (49, 255), (57, 65)])
    func invalid(offset: Int, value: UInt8) {
        var bytes = Self.bytes([Self.contents[3]])
        bytes[offset] = value
        var slice = bytes[...]
        #expect(throws: WireRecord.Invalid.self) { try WireRecord.take(from: &slice) }
    }

    @Test("Random changes are messages or refused, and never trap")
    func random() {
        var numbers = SeededNumbers(18)
        let whole = Self.bytes(Self.contents)
        var (taken, refused) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...8, using: &numbers) {
                bytes[Int.random(in: bytes.indices, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            var slice = bytes[...]
            do {
                while try WireRecord.take(from: &slice) != nil { taken += 1 }
            } catch {
                refused += 1
            }
        }
        #expect(taken > 10_000 && refused > 1000)
    }
}
