import FuzzTargets
import Platform
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Every input that is committed, in the targets of `make fuzz`: the corpus, which has the coverage of millions of inputs, and the
/// cases that were once a finding.
/// One after the other, because targets share a file (`MemoryFile`).
@Suite("Fuzz targets", .serialized)
struct ReplayTests {
    /// An input of a target.
    struct Input: Sendable, CustomTestStringConvertible {
        var target: FuzzTarget
        var folder: String
        var name: String

        var testDescription: String { "\(folder)/\(target.rawValue)/\(name)" }
        var path: String { "\(ReplayTests.root)/\(testDescription)" }
    }

    private static let root = #filePath.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" }

    private static func inputs(_ folder: String, _ target: FuzzTarget) -> [Input] {
        var names: [String] = []
        guard let entries = unsafe opendir("\(root)/\(folder)/\(target.rawValue)") else { return [] }
        while let entry = unsafe readdir(entries) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        unsafe closedir(entries)
        return names.sorted().map { Input(target: target, folder: folder, name: $0) }
    }

    private static let regressions = FuzzTarget.allCases.flatMap { inputs("Regressions", $0) }

    private static func contents(_ path: String) throws -> [UInt8] {
        let number = try systemOpen(path, O_RDONLY)
        defer { systemClose(number) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var count = 0
        while count < bytes.count, let read = try systemRead(number, into: &bytes, at: count), read > 0 {
            count += read
        }
        return Array(bytes.prefix(count))
    }

    @Test("The corpus has no finding", arguments: FuzzTarget.allCases)
    func corpus(_ target: FuzzTarget) throws {
        let inputs = Self.inputs("Corpus", target)
        #expect(inputs.count > 20, "the corpus of \(target) is missing")
        for input in inputs {
            do {
                try target.run(try Self.contents(input.path))
            } catch {
                Issue.record("\(input.testDescription): \(error)")
            }
        }
    }

    @Test("What was once a finding is none", arguments: regressions)
    func regression(_ input: Input) throws {
        try input.target.run(try Self.contents(input.path))
    }

    @Test("An empty input, one byte, and a long input have no finding", arguments: FuzzTarget.allCases)
    func edges(_ target: FuzzTarget) throws {
        try target.run([])
        for byte in UInt8.min...UInt8.max { try target.run([byte]) }
        try target.run([UInt8](repeating: 0xA5, count: 4000))
    }
}
