import Capture
import Foundation
import Wire

/// What a capture file gave.
struct Contents {
    var packets: [Packet] = []
    var frames: [UInt64] = []
    var checkSequenceLengths: [UInt8] = []
    var damage: CaptureFile.Damage?
    var format = ""
    var interfaces: [CaptureInterface] = []
}

/// Reads all of `path`, through batches of `capacity` octets.
func read(_ path: String, filter: String? = nil, capacity: Int = 0) throws -> Contents {
    var file = try CaptureFile(path: path, filter: filter)
    var batch = PacketBatch(capacity: capacity)
    var contents = Contents()
    while try file.next(into: &batch) {
        for record in batch.records {
            let start = Int(record.offset)
            contents.packets.append(
                Packet(
                    time: record.time, bytes: Array(batch.bytes[start..<start + Int(record.capturedLength)]),
                    original: Int(record.originalLength), interface: record.interface,
                    linkType: record.linkType.rawValue))
            contents.frames.append(batch.frame(of: record))
            contents.checkSequenceLengths.append(record.checkSequenceLength)
        }
    }
    contents.damage = file.damage
    contents.format = file.format
    contents.interfaces = file.interfaces
    return contents
}

/// A file that is gone when the test is over.
final class TemporaryFile {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID().uuidString)").path

    init(_ bytes: [UInt8]) throws {
        try write(bytes)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

/// Reads a file of `bytes`.
func read(_ bytes: [UInt8], filter: String? = nil, capacity: Int = 0) throws -> Contents {
    let file = try TemporaryFile(bytes)
    return try read(file.path, filter: filter, capacity: capacity)
}
