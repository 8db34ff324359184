import Capture
import Foundation
import Platform
import Testing
import Wire

@Suite("Captures that are opened before they are read")
struct CaptureInputsTests {
    /// The number of packets that `inputs` reads from `path`.
    private static func packets(_ path: String, of inputs: CaptureInputs) throws -> Int {
        var file = try inputs.open(path)
        var batch = PacketBatch()
        var count = 0
        while try file.next(into: &batch) { count += batch.records.count }
        return count
    }

    /// A pcap file of Ethernet with `packets` packets.
    private static func capture(packets: Int) -> Data {
        var bytes: [UInt8] = [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]
        for _ in 0..<packets {
            bytes += [UInt8](repeating: 0, count: 8) + [14, 0, 0, 0, 14, 0, 0, 0] + [UInt8](repeating: 0, count: 14)
        }
        return Data(bytes)
    }

    @Test("The second reading finds the same file, although another one has its name, or none")
    func again() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inputs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("a.pcap")
        try Self.capture(packets: 3).write(to: file)
        let inputs = try CaptureInputs([file.path], filter: nil)
        #expect(try Self.packets(file.path, of: inputs) == 3)
        // Replaces the file, and does not write to it.
        try Self.capture(packets: 5).write(to: file, options: .atomic)
        #expect(try Self.packets(file.path, of: inputs) == 3)
        try FileManager.default.removeItem(at: file)
        #expect(try Self.packets(file.path, of: inputs) == 3)
        #expect(inputs.openedLater.isEmpty)
    }

    @Test("What cannot be opened is reported when it is its turn")
    func missing() throws {
        let path = "/nonexistent/a.pcap"
        let inputs = try CaptureInputs([path], filter: nil)
        let error = #expect(throws: CaptureError.self) { _ = try inputs.open(path) }
        #expect(error?.code == .notFound && error?.description == "there is no file \(path)")
    }

    @Test("An unknown name in the filter is reported before a capture is opened")
    func unknownName() throws {
        let error = #expect(throws: CaptureError.self) {
            _ = try CaptureInputs(["/nonexistent/a.pcap"], filter: "port no-such-service")
        }
        #expect(error?.code == .invalidFilter)
    }
}
