import Capture
import Foundation
import Testing
import Wire

@Suite("Opening captures")
struct OpeningTests {
    static let tools = ["gzip", "zstd", "xz", "lz4"]
    static let hasTools = tools.allSatisfy { tool in
        ["/usr/bin/", "/bin/", "/usr/local/bin/", "/opt/homebrew/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + tool)
        }
    }

    /// The bytes that `command` writes when it reads `bytes`.
    static func run(_ command: String, on bytes: [UInt8]) throws -> [UInt8] {
        let (input, output) = (try TemporaryFile(bytes), try TemporaryFile([]))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "\(command) < '\(input.path)' > '\(output.path)'"]
        try process.run()
        process.waitUntilExit()
        return try Array(Data(contentsOf: URL(fileURLWithPath: output.path)))
    }

    @Test(
        "reads a compressed capture, pcap or pcapng",
        .enabled(if: hasTools, "needs gzip, zstd, xz and lz4"), arguments: tools, [false, true])
    func compressed(_ tool: String, isPcapng: Bool) throws {
        let packets = Packet.some(3000)
        let plain = isPcapng ? PcapngBuilder().file(packets) : PcapBuilder().file(packets)
        let contents = try read(Self.run("\(tool) -c", on: plain))
        #expect(contents.packets == packets)
        #expect(contents.damage == nil)
        #expect(contents.format == (isPcapng ? "pcapng, \(tool)" : "pcap, microseconds, \(tool)"))
    }

    @Test(
        "reads a cut compressed stream up to the cut, which is damage",
        .enabled(if: hasTools, "needs gzip, zstd, xz and lz4"), arguments: tools)
    func cutStream(_ tool: String) throws {
        var packets = Packet.some(30_000)
        for index in packets.indices { packets[index].bytes = packets[index].bytes.map { _ in .random(in: 0...255) } }
        // Blocks of 64 KiB, because lz4 outputs nothing of a cut block.
        let stream = try Self.run("\(tool) -c \(tool == "lz4" ? "-B4" : "")", on: PcapBuilder().file(packets))
        let contents = try read(Array(stream.prefix(stream.count * 9 / 10)))
        #expect(contents.packets == Array(packets.prefix(contents.packets.count)))
        // A program may not output the last blocks before the cut.
        #expect(packets.count / 2..<packets.count ~= contents.packets.count)
        #expect(contents.damage?.sentence.contains("\(tool) stream is damaged") == true)
        #expect(throws: CaptureError.self) { try read(Array(stream.prefix(11))) }
    }

    @Test("reads a capture through a pipe, compressed or not", .enabled(if: hasTools, "needs gzip, zstd, xz and lz4"))
    func pipe() throws {
        let packets = Packet.some(20_000)
        let plain = try TemporaryFile(PcapBuilder().file(packets))
        for command in ["cat"] + Self.tools.map({ "\($0) -c" }) {
            let fifo = plain.path + ".fifo"
            try #require(unsafe mkfifo(fifo, 0o600) == 0)
            defer { unsafe unlink(fifo) }
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", "\(command) < '\(plain.path)' > '\(fifo)'"]
            try process.run()
            let contents = try read(fifo)
            process.waitUntilExit()
            #expect(contents.packets == packets, "\(command)")
            #expect(contents.damage == nil)
        }
    }

    @Test("ends the decompression when a capture is closed early", .enabled(if: hasTools, "needs gzip"))
    func givenUp() throws {
        let stream = try Self.run("gzip -c", on: PcapBuilder().file(Packet.some(200_000)))
        let file = try TemporaryFile(stream)
        func first() throws -> Int {
            var capture = try CaptureFile(path: file.path)
            var batch = PacketBatch()
            _ = try capture.next(into: &batch)
            #expect(capture.bytesRead > 0)
            #expect(capture.bytesTotal == UInt64(stream.count))
            return batch.records.count
        }
        // This would hang if the thread that decompresses did not end.
        #expect(try first() > 0)
    }

    @Test("refuses a capture that is compressed twice", .enabled(if: hasTools, "needs gzip"))
    func twice() throws {
        let bytes = try Self.run("(gzip -c | gzip -c)", on: PcapBuilder().file([]))
        #expect(throws: CaptureError.self) { try read(bytes) }
    }

    @Test(
        "names the format of other files and says what to do",
        arguments: [
            ("snoop\0\0\0\0\0\0\u{2}", "a snoop capture"), ("<!DOCTYPE html><p>", "an HTML page"),
            ("<?xml version=", "an XML file"), ("{\"a\": 1}", "a JSON file"), ("Hello, world.\n", "a text file"),
            ("0000  00 11 22 33\n", "a hex dump"), ("BZh91AY", "a bzip2 file"), ("PK\u{3}\u{4}..", "a zip archive"),
            ("\u{7F}ELF\u{2}", "a program (ELF)"), ("GMBU\u{0}\u{2}", "a Microsoft Network Monitor 2 capture"),
            ("btsnoop\0\0\0\0\u{1}", "a Bluetooth btsnoop capture"), ("\n\u{b}\u{c}\u{1}", "begins with 0a 0b 0c 01"),
        ])
    func foreign(_ text: String, name: String) throws {
        let error = #expect(throws: CaptureError.self) { try read(Array(text.utf8)) }
        #expect(error?.description.contains(name) == true, "\(error?.description ?? "")")
    }

    @Test("says why a file cannot be opened, with a code, the path and the error number")
    func unopened() throws {
        let (empty, cut) = (try TemporaryFile([]), try TemporaryFile(Array(PcapBuilder().header.prefix(10))))
        let broken = try TemporaryFile([0x1F, 0x8B, 7, 0])
        for (path, code, errno, words) in [
            ("/nowhere/at/all.pcap", CaptureError.Code.notFound, ENOENT, "there is no file /nowhere/at/all.pcap"),
            ("/tmp", .notACapture, nil, "/tmp is a directory"), (empty.path, .notACapture, nil, "is empty"),
            (cut.path, .damaged, nil, "is cut off"), (broken.path, .notDecompressed, nil, "cannot be decompressed"),
        ] as [(String, CaptureError.Code, Int32?, String)] {
            let error = #expect(throws: CaptureError.self) { try read(path) }
            #expect(error?.code == code && error?.path == path && error?.errno == errno, "\(words)")
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        let filter = #expect(throws: CaptureError.self) { try read(PcapBuilder().file([]), filter: "porrt 1") }
        #expect(filter?.code == .invalidFilter && filter?.path == nil && filter?.errno == nil)
    }
}

@Suite("Capture filters")
struct FilterTests {
    /// An Ethernet frame with a TCP segment to `port`.
    private func frame(port: UInt8) -> [UInt8] {
        zeros(12) + [8, 0, 0x45, 0, 0, 40] + zeros(5) + [6] + zeros(10) + [0, 1, 0, port] + zeros(16)
    }

    @Test("keep the packets that match, with their frame numbers")
    func matches() throws {
        let packets = [80, 25, 80, 80, 22].map { Packet(time: 0, bytes: frame(port: $0)) }
        let contents = try read(PcapBuilder().file(packets), filter: "tcp dst port 80")
        #expect(contents.frames == [1, 3, 4])
        #expect(contents.packets == [packets[0], packets[2], packets[3]])
    }

    @Test("are compiled for each link type of a file", arguments: [UInt16(101), 12, 14])
    func linkTypes(_ raw: UInt16) throws {
        let builder = PcapngBuilder()
        let ethernet = Packet(time: 0, bytes: frame(port: 80))
        let bare = Packet(time: 0, bytes: Array(frame(port: 80).dropFirst(14)), interface: 1, linkType: raw)
        let other = Packet(time: 0, bytes: Array(frame(port: 25).dropFirst(14)))
        let file =
            builder.section() + builder.interface() + builder.interface(linkType: raw) + builder.packet(ethernet)
            + builder.packet(bare, interface: 1) + builder.packet(other, interface: 1)
        #expect(try read(file, filter: "port 80").packets == [ethernet, bare])
    }

    @Test("that do not compile are an error with the filter", arguments: [false, true])
    func bad(isPcapng: Bool) throws {
        let packets = Packet.some(2)
        let bytes = isPcapng ? PcapngBuilder().file(packets) : PcapBuilder().file(packets)
        let error = #expect(throws: CaptureError.self) { try read(bytes, filter: "port nowhere at all") }
        #expect(error?.description.contains("port nowhere at all") == true)
    }

    @Test("drop the packets of link types for which they do not compile")
    func unsuited() throws {
        let builder = PcapngBuilder()
        let ethernet = Packet(time: 0, bytes: frame(port: 80))
        let usb = Packet(time: 0, bytes: frame(port: 80), interface: 1, linkType: 189)
        let file =
            builder.section() + builder.interface() + builder.interface(linkType: 189)
            + builder.packet(usb, interface: 1) + builder.packet(ethernet) + builder.packet(usb, interface: 1)
        let contents = try read(file, filter: "tcp port 80")
        #expect(contents.packets == [ethernet] && contents.frames == [2])
    }

    @Test("that do not compile for the link type of a pcap file are an error")
    func noSuchLinkType() throws {
        #expect(throws: CaptureError.self) { try read(PcapBuilder(network: 189).file([]), filter: "tcp port 80") }
    }
}
