import Capture
import Foundation
import Testing
import Wire

/// Compressed streams, made by the programs or by hand.
@Suite("Compressed captures", .timeLimit(.minutes(2)))
struct CompressedTests {
    static let programs = ["gzip", "zstd", "xz", "lz4"]
    /// Those whose streams are simple enough to be made by hand.
    static let simple = ["gzip", "zstd"]

    // MARK: Parts

    @Test(
        "several members or frames, some empty, are one stream",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"), arguments: programs)
    func parts(_ program: String) throws {
        let packets = Packet.some(9000)
        let plain = PcapBuilder().file(packets)
        let parts = [plain.prefix(5), plain[5..<5], plain[5..<200_001], plain[200_001...]].map { Array($0) }
        let stream = try parts.flatMap { try OpeningTests.run("\(program) -c", on: $0) }
        let contents = try read(stream)
        #expect(contents.packets == packets && contents.damage == nil)
    }

    @Test("skippable frames of zstd are skipped", .enabled(if: OpeningTests.hasTools, "needs zstd"))
    func skippable() throws {
        let packets = Packet.some(900)
        let plain = PcapBuilder().file(packets)
        let skipped: [UInt8] = [0x5A, 0x2A, 0x4D, 0x18, 5, 0, 0, 0, 1, 2, 3, 4, 5]
        let stream =
            try OpeningTests.run("zstd -c", on: Array(plain.prefix(999))) + skipped + skipped
            + OpeningTests.run("zstd -c", on: Array(plain.dropFirst(999))) + skipped
        let contents = try read(stream)
        #expect(contents.packets == packets && contents.damage == nil)
    }

    /// `count` packets, and a capture of them compressed by `program`.
    private static func capture(of count: Int, by program: String) throws -> (packets: [Packet], stream: [UInt8]) {
        let packets = Packet.some(count)
        // Blocks of 64 KiB, because lz4 outputs nothing of a cut block.
        let command = "\(program) -c \(program == "lz4" ? "-B4" : "")"
        return (packets, try OpeningTests.run(command, on: PcapBuilder().file(packets)))
    }

    // MARK: Compared with the programs

    /// Whether `program` accepts `stream` without an error or a warning.
    private static func isSound(_ stream: [UInt8], to program: String) throws -> Bool {
        let command = "(\(program) -dc > /dev/null 2>&1; echo $?)"
        return try String(decoding: OpeningTests.run(command, on: stream), as: UTF8.self) == "0\n"
    }

    /// Expects that a capture of `packets` in `stream` is damaged if and only if `program` says so.
    private static func expectSameJudgement(
        _ stream: [UInt8], by program: String, _ packets: [Packet], _ words: String, isSame: Bool = false
    ) throws {
        let isSound = try isSound(stream, to: program)
        do {
            let contents = try read(stream)
            #expect((contents.damage == nil) == isSound, "\(words): \(contents.damage?.sentence ?? "sound")")
            if isSound || isSame { #expect(contents.packets == packets, "\(words)") }
        } catch let error as CaptureError {
            #expect(!isSound, "\(words): \(error)")
        }
    }

    /// A skippable frame of two bytes, of which one is there.
    private static let cutSkippableFrame: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9]

    @Test(
        "bytes after a stream are damage if the program says so",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"), arguments: programs,
        [
            [0], [0, 0, 0, 0], [0, 1], [0x78], [0x78, 0x79], [0x78, 0x79, 0x7A, 1, 2, 3, 4, 5, 6, 7, 8, 9], [0x1F],
            [0x1F, 0x8B], [0x1F, 0x8C], [0x1F, 0x8B, 8], [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 3, 0], [0x28],
            [0x28, 0xB5, 0x2F, 0xFD], [0x27, 0xB5, 0x2F, 0xFD, 0], [0x50, 0x2A],
            [0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9],
            cutSkippableFrame, [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1],
            [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], [0x04, 0x22, 0x4D, 0x18],
        ] as [[UInt8]])
    func tails(_ program: String, tail: [UInt8]) throws {
        let packets = Packet.some(50)
        let stream = try OpeningTests.run("\(program) -c", on: PcapBuilder().file(packets)) + tail
        if program == "lz4", tail == Self.cutSkippableFrame {
            // lz4(1) seeks behind the end of the file, and does not notice that there is nothing.
            #expect(try read(stream).damage != nil)
            return
        }
        try Self.expectSameJudgement(stream, by: program, packets, "\(tail)", isSame: true)
    }

    @Test(
        "a changed byte is damage if the program says so",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"), arguments: programs)
    func changes(_ program: String) throws {
        let (packets, stream) = try Self.capture(of: 300, by: program)
        let indices = Array(0..<24) + Array(stride(from: 24, to: stream.count - 12, by: stream.count / 25))
        for index in indices + (stream.count - 12..<stream.count) {
            var changed = stream
            changed[index] ^= 0x55
            try Self.expectSameJudgement(changed, by: program, packets, "byte \(index) of \(stream.count) changed")
        }
    }

    @Test(
        "a cut is damage, and everything before it is read",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"), arguments: programs)
    func cuts(_ program: String) throws {
        // More than one block of zstd, because nothing of a cut block can be read.
        let (packets, stream) = try Self.capture(of: 6000, by: program)
        var opened = 0
        let steps = stride(from: 30, to: stream.count, by: stream.count / 40)
        for count in Array(10..<30) + Array(steps) + [stream.count - 1] {
            do {
                let contents = try read(Array(stream.prefix(count)))
                opened += 1
                #expect(contents.packets == Array(packets.prefix(contents.packets.count)))
                #expect(contents.damage?.sentence.contains("\(program) stream is damaged or cut") == true, "\(count)")
            } catch let error as CaptureError {
                // The cut may be inside the file header.
                #expect(error.description.contains(" cut "), "\(count): \(error)")
            }
        }
        #expect(opened > 10, "\(opened)")
    }

    @Test(
        "xz may need 192 MiB; a stream that needs more is an error",
        .enabled(if: OpeningTests.hasTools, "needs xz"), arguments: [(64, true), (256, false)])
    func dictionary(mebibytes: Int, isRead: Bool) throws {
        let packets = Packet.some(3)
        let stream = try OpeningTests.run(
            "xz -c --lzma2=preset=0,dict=\(mebibytes)MiB", on: PcapBuilder().file(packets))
        if isRead {
            let contents = try read(stream)
            #expect(contents.packets == packets && contents.damage == nil)
        } else {
            let error = #expect(throws: CaptureError.self) { try read(stream) }
            #expect(error?.description.contains("the xz stream needs more than 192 MiB") == true)
        }
    }

    // MARK: By hand

    /// A stream without an end: a header and `parts` in uncompressed blocks.
    private static func begun(_ program: String, _ parts: [[UInt8]]) -> [UInt8] {
        let isGzip = program == "gzip"
        // gzip: no name, no time. zstd: a window of 2 MiB, no checksum.
        let header: [UInt8] = isGzip ? [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3] : [0x28, 0xB5, 0x2F, 0xFD, 0, 0x58]
        return header + parts.flatMap { isGzip ? storedBlock($0) : rawBlock($0) }
    }

    /// An uncompressed block of gzip (RFC 1951 3.2.4).
    private static func storedBlock(_ bytes: [UInt8]) -> [UInt8] {
        let (low, high) = (UInt8(bytes.count & 0xFF), UInt8(bytes.count >> 8))
        return [0, low, high, ~low, ~high] + bytes
    }

    /// A raw block of zstd (RFC 8878 3.1.1.2).
    private static func rawBlock(_ bytes: [UInt8]) -> [UInt8] {
        let header = bytes.count << 3
        return [UInt8(header & 0xFF), UInt8(header >> 8 & 0xFF), UInt8(header >> 16)] + bytes
    }

    @Test("everything before a flaw is read", arguments: simple, [1, 3, 40])
    func beforeFlaw(_ program: String, parts: Int) throws {
        let packets = Packet.some(parts * 10)
        let records = packets.map { PcapBuilder().record($0) }
        let blocks = (0..<parts).map { part in Array(records[part * 10..<part * 10 + 10].joined()) }
        // A block of an invalid type, in both formats.
        let stream = Self.begun(program, [PcapBuilder().header] + blocks) + [0x06, 0, 0, 0]
        let contents = try read(stream)
        #expect(contents.packets == packets)
        #expect(contents.damage?.sentence.contains("\(program) stream is damaged") == true)
    }

    @Test("zstd may have a window of 128 MiB; a larger one is an error", arguments: [0x88, 0x89, 0x90] as [UInt8])
    func window(descriptor: UInt8) throws {
        let packets = Packet.some(3)
        let plain = PcapBuilder().file(packets)
        var stream = Self.begun("zstd", [plain])
        stream[5] = descriptor
        stream[6] |= 1  // the last block
        if descriptor == 0x88 {
            let contents = try read(stream)
            #expect(contents.packets == packets && contents.damage == nil)
        } else {
            let error = #expect(throws: CaptureError.self) { try read(stream) }
            #expect(error?.description.contains("cannot be decompressed: the zstd stream has a window") == true)
        }
    }

    // MARK: Pipes

    /// A named pipe and its writing end.
    private final class Fifo {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pipe-\(UUID().uuidString)").path
        private var writing: Int32

        init() throws {
            try #require(unsafe mkfifo(path, 0o600) == 0)
            // Both ends, because opening only one would wait for the other.
            writing = unsafe open(path, O_RDWR | O_CLOEXEC)
            try #require(writing >= 0)
        }

        func write(_ bytes: [UInt8]) {
            let count = unsafe bytes.withUnsafeBytes { unsafe systemWrite(writing, $0.baseAddress, $0.count) }
            #expect(count == bytes.count)
        }

        func end() {
            if writing >= 0 { close(writing) }
            writing = -1
        }

        deinit {
            end()
            unsafe unlink(path)
        }
    }

    @Test("packets are delivered as soon as their compressed bytes arrive by a pipe", arguments: simple)
    func growing(_ program: String) throws {
        let packets = Packet.some(9)
        let fifo = try Fifo()
        fifo.write(Self.begun(program, [PcapBuilder().header]))
        var file = try CaptureFile(path: fifo.path)
        #expect(!file.isFinite && file.bytesTotal == nil)
        var batch = PacketBatch()
        var received = 0
        for sent in 0...9 {
            // This would wait forever if any bytes were held back.
            while received < sent {
                #expect(try file.next(into: &batch))
                received += batch.records.count
            }
            if sent < 9 { fifo.write(Self.block(program, packets[sent])) }
        }
        fifo.end()
        while try file.next(into: &batch) {}
        #expect(file.damage?.sentence.contains("\(program) stream is damaged or cut short") == true)
        #expect(file.bytesRead == UInt64(PcapBuilder().file(packets).count))
    }

    private static func block(_ program: String, _ packet: Packet) -> [UInt8] {
        let record = PcapBuilder().record(packet)
        return program == "gzip" ? storedBlock(record) : rawBlock(record)
    }

    @Test("a reader may end while the thread waits for a pipe", arguments: simple)
    func silent(_ program: String) throws {
        let fifo = try Fifo()
        fifo.write(Self.begun(program, [PcapBuilder().file(Packet.some(5))]))
        func first() throws -> Int {
            var file = try CaptureFile(path: fifo.path)
            var batch = PacketBatch()
            #expect(try file.next(into: &batch))
            return batch.records.count
        }
        // This would hang if the thread did not end.
        #expect(try first() == 5)
    }

    @Test(
        "the batch may be a new one each time, or reused",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"),
        arguments: programs, [true, false])
    func batches(_ program: String, areNew: Bool) throws {
        // Records of all lengths up to several buffers.
        let packets = (0..<60).map { count in
            Packet(time: 0, bytes: [UInt8](repeating: UInt8(count), count: count * count * 331), linkType: 249)
        }
        let file = try TemporaryFile(OpeningTests.run("\(program) -c", on: PcapBuilder(network: 249).file(packets)))
        var capture = try CaptureFile(path: file.path)
        var contents = Contents()
        var batch = PacketBatch()
        while try capture.next(into: &batch) {
            contents.take(batch)
            if areNew { batch = PacketBatch() }
        }
        let areEqual = contents.packets == packets
        #expect(areEqual && capture.damage == nil)
    }

    @Test(
        "a reader may end while all buffers are full",
        .enabled(if: OpeningTests.hasTools, "needs gzip, zstd, xz and lz4"), arguments: programs)
    func full(_ program: String) throws {
        let file = try TemporaryFile(OpeningTests.run("\(program) -c", on: PcapBuilder().file(Packet.some(60_000))))
        func read(batches: Int) throws {
            var capture = try CaptureFile(path: file.path)
            var batch = PacketBatch()
            for _ in 0..<batches { #expect(try capture.next(into: &batch)) }
        }
        for batches in [0, 1, 2, 3, 5, 8, 13] { try read(batches: batches) }
        #if os(Linux)
            // Other tests open files too, but not hundreds.
            for _ in 0..<300 { try read(batches: 0) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count < 250)
        #endif
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
