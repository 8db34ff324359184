import Foundation
import Testing

/// The file of `probe-path --log`. Nothing listens on port 1, so it reads the log, adds nothing, and ends.
@Suite("Log of probe-path")
struct PathLogTests {
    private static let header = "address,idle_ms,outcome\n"
    private static let row = "127.0.0.1:1,20000,survived\n"

    /// Runs the tool with a log that has `contents`; returns the contents afterwards, too.
    private func run(_ contents: Data) throws -> (run: Tool.Run, contents: Data) {
        try Tool.withFolder { folder in
            let log = folder.appendingPathComponent("log.csv")
            try contents.write(to: log)
            let run = try Tool.run(["probe-path", "127.0.0.1:1", "--log", log.path])
            return (run, try Data(contentsOf: log))
        }
    }

    @Test(
        "A last line without an end is ignored, and the next record begins on its own line",
        arguments: [
            "127.0.0.1:1,30000,sil", "127.0.0.1:1,30000,reset", "127.0.0.1:1,30000,reset_while_idl", "127", "\0\0\0",
            "192.0.2.1:1,30000,silent",
        ])
    func torn(line: String) throws {
        let whole = Self.header + Self.row
        let (run, contents) = try run(Data((whole + line).utf8))
        #expect(run.status == 13 && run.output.contains("Going on from 1 result in "), "\(run)")
        // What the torn line may have said is not known.
        #expect(run.output.contains("survive 20.0 s without a packet; more is not known."), "\(run)")
        #expect(contents == Data(whole.utf8))
    }

    @Test("A torn last line that is no text is ignored, too")
    func tornBytes() throws {
        let whole = Data((Self.header + Self.row).utf8)
        let (run, contents) = try run(whole + Data([0xe2, 0x82, 0xff]))
        #expect(run.status == 13 && contents == whole, "\(run)")
    }

    @Test("Of a torn header, a new log is made", arguments: ["", "addr", "address,idle_ms,outcome"])
    func tornHeader(text: String) throws {
        let (run, contents) = try run(Data(text.utf8))
        #expect(run.status == 13 && contents == Data(Self.header.utf8), "\(run)")
    }

    @Test("A file that is no log is refused, and stays as it is", arguments: ["precious", "precious\n", "\n\nx"])
    func foreign(text: String) throws {
        let (run, contents) = try run(Data(text.utf8))
        #expect(run.status == 2 && contents == Data(text.utf8))
        #expect(run.errors.hasSuffix("log.csv: this is no log of probe-path; name another file\n"), "\(run)")
    }

    @Test("A damaged line that has an end is named by its number")
    func damaged() throws {
        let text = Self.header + "\n" + Self.row + "127.0.0.1:1,20,what\nx"
        let (run, contents) = try run(Data(text.utf8))
        #expect(run.status == 2 && contents == Data(text.utf8))
        #expect(run.errors.contains("log.csv: line 4 is damaged: remove it, or name another file"), "\(run)")
    }

    @Test("What is no regular file is refused", arguments: ["/dev/full", "/dev/zero", "/dev/null", "/"])
    func irregular(name: String) throws {
        let run = try Tool.run(["probe-path", "127.0.0.1:1", "--log", name])
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(
            run.errors
                == "tcpalive: error: \(name): this is no regular file, so it cannot keep results; name another one\n",
            "\(run)")
    }

    @Test("A pipe is refused without waiting for its other end")
    func pipe() throws {
        try Tool.withFolder { folder in
            let name = folder.appendingPathComponent("pipe").path
            let result = unsafe mkfifo(name, 0o600)
            #expect(result == 0)
            let run = try Tool.run(["probe-path", "127.0.0.1:1", "--log", name])
            #expect(run.status == 2 && run.errors.contains("pipe: this is no regular file"), "\(run)")
        }
    }

    @Test("A file larger than any log is refused before it is read")
    func large() throws {
        try Tool.withFolder { folder in
            let log = folder.appendingPathComponent("log.csv")
            try Data(Self.header.utf8).write(to: log)
            let file = try FileHandle(forWritingTo: log)
            try file.truncate(atOffset: 1 << 40)
            try file.close()
            let run = try Tool.run(["probe-path", "127.0.0.1:1", "--log", log.path])
            #expect(run.status == 2 && run.errors.contains("this is no log of probe-path"), "\(run)")
        }
    }
}
