import Capture
import KeepAlive
import Platform
import Wire

@testable import Analysis
@testable import Report

/// A capture file to a report. The input is the file; its length chooses the format of the report and the settings, so that a
/// case is also a file for `tcpalive analyze`.
enum FileTarget {
    /// Bytes that are read at a time: records are larger, and of another size than what is left over.
    private static let smallCapacity = 97
    private static let capacity = 1 << 14

    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        let path = try MemoryFile.path(of: input)
        let choices = ReportRun.Choice.allCases
        let whole = try report(path, choices[input.count % choices.count], input.count)
        let pieces = try read(path)
        try check(
            whole == pieces, "read in pieces of \(smallCapacity) bytes, the file has \(pieces), and at once \(whole)")
    }

    /// What a file has, apart from the bytes of its packets.
    private struct Contents: Equatable {
        var packets: UInt64 = 0
        var bytes: UInt64 = 0
        /// A checksum of all packets, their times and lengths.
        var checksum: UInt64 = 0
        var damage: String?
        var refusal: String?

        mutating func add(_ batch: borrowing PacketBatch) {
            batch.withBytes { bytes in
                for record in batch.records {
                    packets += 1
                    self.bytes += UInt64(record.claimedLength)
                    add(UInt64(bitPattern: record.time))
                    add(batch.frame(of: record))
                    add(UInt64(record.originalLength) << 32 | UInt64(record.interface))
                    add(UInt64(record.linkType.rawValue) << 8 | UInt64(record.checkSequenceLength))
                    for offset in Int(record.offset)..<Int(record.offset) + Int(record.capturedLength) {
                        unsafe add(UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)))
                    }
                }
            }
        }

        /// FNV-1a, for words.
        private mutating func add(_ word: UInt64) {
            checksum = (checksum ^ word) &* 0x100_0000_01B3
        }
    }

    /// Opens the file. The alarm of libFuzzer, which ends what takes too long, may interrupt that.
    private static func open(_ path: String) throws(CaptureError) -> CaptureFile {
        while true {
            do throws(CaptureError) {
                return try CaptureFile(path: path)
            } catch  where error.code == .interrupted {
                continue
            }
        }
    }

    /// Reads the file in small pieces.
    private static func read(_ path: String) throws(FuzzFailure) -> Contents {
        var contents = Contents()
        do throws(CaptureError) {
            var file = try open(path)
            var batch = PacketBatch(capacity: smallCapacity)
            while try file.next(into: &batch) { contents.add(batch) }
            contents.damage = file.damage?.sentence
        } catch {
            contents.refusal = error.description
        }
        return contents
    }

    /// Reads the file, and reports what is in it.
    private static func report(
        _ path: String, _ choice: ReportRun.Choice, _ variant: Int
    ) throws(FuzzFailure) -> Contents {
        var contents = Contents()
        var run = ReportRun(choice)
        var ticks = run.hasPage ? DataTicks() : nil
        var settings = AnalysisSettings()
        settings.keepsAll = variant & 1 != 0
        settings.isLight = variant & 6 == 6
        settings.tracksOrigins = run.hasPage
        settings.version = WiresharkVersion.allCases[variant / 8 % WiresharkVersion.allCases.count]
        var analysis = CaptureAnalysis(settings)
        let source: CaptureFile?
        do throws(CaptureError) {
            source = try open(path)
        } catch {
            source = nil
            contents.refusal = error.description
        }
        guard var source else { return contents }
        try run.begin(file: "case")
        analysis.begin("case")
        var batch = PacketBatch(capacity: capacity)
        // The analysis exchanges batches: without this, each would have the usual capacity, which takes long to clear.
        analysis.advance(&batch)
        batch = PacketBatch(capacity: capacity)
        while try next(&source, &batch, &contents) {
            contents.add(batch)
            let interfaces = source.interfaces
            analysis.advance(&batch)
            ticks?.take(analysis.pipeline.segments, analysis.pipeline.origins, analysis.events)
            for event in analysis.events {
                let record = analysis.pipeline.batch.records[Int(event.segment.record)]
                try run.event(event, interface: interfaces.name(of: record, in: analysis.pipeline.batch))
            }
        }
        contents.damage = source.damage?.sentence
        analysis.end(source)
        analysis.conclude()
        let summary = analysis.summary
        try check(
            summary.tally.packets == contents.packets,
            "\(summary.tally.packets) of \(contents.packets) packets are counted")
        try run.finish(analysis, summary, ticks)
        return contents
    }

    /// Reads the next packets; false at the end, or if that fails.
    private static func next(
        _ source: inout CaptureFile, _ batch: inout PacketBatch, _ contents: inout Contents
    ) throws(FuzzFailure) -> Bool {
        do throws(CaptureError) {
            return try source.next(into: &batch)
        } catch {
            contents.refusal = error.description
            return false
        }
    }
}
