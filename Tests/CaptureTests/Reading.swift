import Foundation
import Testing
import Wire

@testable import Capture

/// The contents of a capture file.
struct Contents: Equatable {
    var packets: [Packet] = []
    var frames: [UInt64] = []
    var checkSequenceLengths: [UInt8] = []
    var damage: CaptureFile.Damage?
    var format = ""
    var interfaces: [CaptureInterface] = []

    /// Adds the packets of `batch`.
    mutating func take(_ batch: borrowing PacketBatch) {
        for record in batch.records {
            let bytes = batch.withBytes { bytes in
                let packet = bytes.extracting(Int(record.offset)..<Int(record.offset) + Int(record.capturedLength))
                return unsafe packet.withUnsafeBytes { unsafe Array($0) }
            }
            packets.append(
                Packet(
                    time: record.time, bytes: bytes, original: Int(record.originalLength), interface: record.interface,
                    linkType: record.linkType.rawValue))
            frames.append(batch.frame(of: record))
            checkSequenceLengths.append(record.checkSequenceLength)
        }
    }
}

/// Reads all of `path`, through batches of `capacity` bytes.
func read(_ path: String, filter: String? = nil, capacity: Int = 0) throws -> Contents {
    var file = try CaptureFile(path: path, filter: filter)
    return try read(&file, capacity: capacity)
}

/// Reads the rest of `file`, through batches of `capacity` bytes.
func read(_ file: inout CaptureFile, capacity: Int = 0) throws -> Contents {
    var batch = PacketBatch(capacity: capacity)
    var contents = Contents()
    while try file.next(into: &batch) { contents.take(batch) }
    contents.damage = file.damage
    contents.format = file.format
    contents.interfaces = file.interfaces
    return contents
}

/// A file that is removed in `deinit`.
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

    func append(_ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: bytes)
    }

    func cut(to count: UInt64) throws {
        try FileHandle(forWritingTo: URL(fileURLWithPath: path)).truncate(atOffset: count)
    }
}

/// Reads `whole` with each byte changed to each of four values, and passes what could be read to `check`.
///
/// Many of the files must be sound and many damaged, so that `check` has something to check.
func readChanged(_ whole: [UInt8], flipping mask: UInt8, _ check: (Contents) -> Void) throws {
    let file = try TemporaryFile([])
    var (sound, damaged) = (0, 0)
    for index in whole.indices {
        for value in [0, 0x7F, 0xFF, whole[index] ^ mask] {
            try file.write(whole.replacing(index, with: value))
            guard let contents = try? read(file.path, capacity: 512) else { continue }
            if contents.damage == nil { sound += 1 } else { damaged += 1 }
            check(contents)
        }
    }
    #expect(sound > whole.count / 2 && damaged > 20, "\(sound) sound, \(damaged) damaged")
}

/// Reads a file of `bytes`.
func read(_ bytes: [UInt8], filter: String? = nil, capacity: Int = 0) throws -> Contents {
    let file = try TemporaryFile(bytes)
    return try read(file.path, filter: filter, capacity: capacity)
}
