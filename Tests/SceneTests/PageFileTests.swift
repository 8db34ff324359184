import Foundation
import Testing

/// `analyze --html`: the file and its errors. `make page` compares the contents of the page with JSON.
@Suite("Page file")
struct PageFileTests {
    private static let scene = SceneTests.directory.appendingPathComponent("scenes/dead-peer-60-15-4.pcap")

    @Test("A complete page is written in addition to the report and replaces an older one")
    func written() throws {
        try Tool.withFolder { folder in
            let page = folder.appendingPathComponent("page.html")
            try Data("old".utf8).write(to: page)
            let run = try Tool.run(["analyze", "--html", page.path, Self.scene.path])
            #expect(run.status == 0 && run.errors.isEmpty && run.output.contains("unresponsive"))
            let text = try String(contentsOf: page, encoding: .utf8)
            #expect(text.hasPrefix("<!DOCTYPE html>") && text.hasSuffix("</html>\n"))
            #expect(text.contains("data-finding=\"unresponsive\"") && text.contains("10.9.0.1:58902"))
            #expect(!text.contains("src=") && !text.contains("http://") && !text.contains("https://"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["page.html"])
        }
    }

    @Test("Every capture has a page, also a damaged one", arguments: SceneTests.names)
    func everyScene(name: String) throws {
        try Tool.withFolder { folder in
            let page = folder.appendingPathComponent("page.html")
            let run = try Tool.run(
                ["analyze", "--marks", "--html", page.path, name], in: SceneTests.directory)
            let isDamaged = SceneTests.isDamaged(name)
            #expect(run.status == (isDamaged ? 3 : 0))
            let text = try String(contentsOf: page, encoding: .utf8)
            #expect(text.hasSuffix("</html>\n") && text.contains("class=\"damage\"") == isDamaged)
        }
    }

    @Test("A page that cannot be written is an error in one sentence, before anything is read")
    func unwritable() throws {
        let run = try Tool.run(["analyze", "--html", "/nowhere/page.html", Self.scene.path])
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors == "tcpalive: error: cannot write /nowhere/page.html: No such file or directory\n")
    }

    @Test("A full disk is an error", .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")))
    func full() throws {
        let run = try Tool.run(["analyze", "-q", "--html", "/dev/full", Self.scene.path])
        #expect(run.status == 2 && run.errors.contains("No space left on device"), "\(run.errors)")
    }

    @Test("If no capture can be read there is no page, and an older one stays")
    func unreadable() throws {
        try Tool.withFolder { folder in
            let page = folder.appendingPathComponent("page.html")
            try Data("old".utf8).write(to: page)
            let other = folder.appendingPathComponent("other.pcap")
            try Data("no capture".utf8).write(to: other)
            let run = try Tool.run(["analyze", "--html", page.path, other.path])
            #expect(run.status == 2)
            #expect(try String(contentsOf: page, encoding: .utf8) == "old")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 2)
        }
    }

    @Test("A page never replaces its capture, also under another name")
    func overwriting() throws {
        try Tool.withFolder { folder in
            let capture = folder.appendingPathComponent("one.pcap")
            try FileManager.default.copyItem(at: Self.scene, to: capture)
            let link = folder.appendingPathComponent("two.html")
            try FileManager.default.createSymbolicLink(at: link, withDestinationURL: capture)
            for path in [capture.path, link.path, folder.path + "/./one.pcap"] {
                let run = try Tool.run(["analyze", "--html", path, capture.path])
                #expect(run.status == 64 && run.output.isEmpty, "\(run.errors)")
            }
            #expect(try Data(contentsOf: capture) == Data(contentsOf: Self.scene))
            #expect(try Tool.run(["analyze", "--html", "-", capture.path]).status == 64)
        }
    }
}
