import Capture
import Foundation
import Platform
import Testing

@Suite("Output files")
struct OutputFileTests {
    /// A directory for one test.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("output-\(UUID().uuidString)").path

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }

        /// The names of the files in it.
        var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private static func permissions(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    private static func write(_ text: String, to path: String, isPrivate: Bool = true) throws {
        var file = try OutputFile(path: path, isPrivate: isPrivate)
        try file.write(Array(text.utf8))
        try file.finish()
    }

    @Test("a file appears when it is complete, and nothing else stays")
    func complete() throws {
        let folder = try Folder()
        let path = folder.path + "/a.pcapng"
        var file = try OutputFile(path: path)
        try file.write([1])
        #expect(try folder.names.count == 1 && !FileManager.default.fileExists(atPath: path))
        try file.finish()
        #expect(try folder.names == ["a.pcapng"])
    }

    @Test("a file that is not finished leaves nothing behind")
    func unfinished() throws {
        let folder = try Folder()
        func begin() throws {
            var file = try OutputFile(path: folder.path + "/a.pcapng")
            try file.write([1])
        }
        try begin()
        #expect(try folder.names.isEmpty)
    }

    @Test("the temporary name is another one each time, so no link can wait there")
    func temporaryNames() throws {
        let folder = try Folder()
        var names: Set<String> = []
        for _ in 0..<20 {
            var file = try OutputFile(path: folder.path + "/a")
            try file.write([1])
            names.formUnion(try folder.names)
        }
        #expect(names.count == 20)
    }

    @Test("a new capture can be read by its owner only, a new report by all that the umask allows")
    func newPermissions() throws {
        let folder = try Folder()
        try Self.write("", to: folder.path + "/capture")
        try Self.write("", to: folder.path + "/report", isPrivate: false)
        #expect(try Self.permissions(folder.path + "/capture") == 0o600)
        #expect(try Self.permissions(folder.path + "/report") == 0o666 & ~Int(systemUmask()))
        _ = try OutputFile(growing: folder.path + "/growing")
        #expect(try Self.permissions(folder.path + "/growing") == 0o600)
    }

    @Test("a file that is replaced keeps its permissions", arguments: [0o600, 0o640, 0o644, 0o400], [true, false])
    func keptPermissions(permissions: Int, isPrivate: Bool) throws {
        let folder = try Folder()
        let path = folder.path + "/a"
        try #require(FileManager.default.createFile(atPath: path, contents: nil))
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
        try Self.write("new", to: path, isPrivate: isPrivate)
        #expect(try Self.permissions(path) == permissions)
        #expect(FileManager.default.contents(atPath: path) == Data("new".utf8))
    }

    @Test("a symbolic link stays, and the file to which it leads is replaced")
    func link() throws {
        let folder = try Folder()
        let (target, link) = (folder.path + "/target", folder.path + "/link")
        try #require(FileManager.default.createFile(atPath: target, contents: Data("old".utf8)))
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "target")
        try Self.write("new", to: link)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "target")
        #expect(FileManager.default.contents(atPath: target) == Data("new".utf8))
    }

    @Test("a file that cannot be created is one sentence", arguments: ["/no/such/folder/a", "/proc/a"])
    func refused(path: String) {
        let error = #expect(throws: OutputError.self) { _ = try OutputFile(path: path) }
        guard case .failed(let sentence)? = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(sentence.hasPrefix("cannot write \(path): "))
    }

    @Test(
        "a file name of any bytes has a text of its own, and the text has these bytes",
        arguments: [
            Array("a.pcap".utf8), Array("größe 水.pcap".utf8), [0x62, 0xFF, 0x2E], [0xC3], [0xC3, 0x28],
            [0xED, 0xA0, 0x80],
            [0xF4, 0x8F, 0xBF, 0xBF], [0xFF, 0xFE], [0xF0, 0x9F, 0x98], Array("\u{10FFFF}\u{10FF00}".utf8), [],
        ] as [[UInt8]])
    func names(_ bytes: [UInt8]) {
        let text = FileName.text(of: bytes)
        #expect(FileName.bytes(of: text) == bytes)
        if let plain = String(validating: bytes, as: UTF8.self),
            !plain.unicodeScalars.contains(where: { $0.value >= 0x10FF00 })
        {
            #expect(text == plain)
        }
    }

    @Test("a capture whose name is not UTF-8 is written and read")
    func unusualName() throws {
        let folder = try Folder()
        let path = FileName.text(of: Array((folder.path + "/bad").utf8) + [0xFF])
        try Self.write("text", to: path)
        #expect(CaptureFile.exists(path) && CaptureFile.isRegular(path))
        #expect(!CaptureFile.exists(folder.path + "/bad\u{FFFD}"))
        let error = #expect(throws: CaptureError.self) { _ = try CaptureFile(path: path) }
        #expect(error?.code == .notACapture)
    }
}
