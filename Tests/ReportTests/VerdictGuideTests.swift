import Foundation
import KeepAlive
import Testing

@testable import Report

@Suite("Explanations of verdicts")
struct VerdictGuideTests {
    @Test("docs/verdicts.md is the output of explain --markdown")
    func page() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/verdicts.md"), encoding: .utf8)
        #expect(page == Samples.text { $0.appendVerdictTable() }, "make docs generates docs/verdicts.md")
    }

    @Test("Each explanation is complete and fits the table, and severities above ok have a remedy")
    func complete() {
        for verdict in Verdict.allCases {
            let guide = verdict.guide
            #expect(guide.meaning.hasSuffix(".") && !guide.requirements.isEmpty && !guide.sources.isEmpty, "\(verdict)")
            #expect(verdict.severity == .ok || guide.remedy.hasSuffix("."), "\(verdict)")
            for clause in guide.requirements + guide.alternatives {
                #expect(
                    !clause.hasSuffix(".") && !clause.contains("|") && !clause.contains("\n"), "\(verdict): \(clause)")
            }
        }
        #expect(Set(Verdict.allCases.map(\.guide.meaning)).count == Verdict.allCases.count)
    }

    @Test("The list has one line per verdict, the most severe first")
    func list() {
        let lines = Samples.text { $0.appendVerdictList() }.split(separator: "\n")
        let words = lines.map { $0.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true) }
        #expect(Set(words.map { String($0[0]) }) == Set(Verdict.allCases.map(\.rawValue)))
        let severities = words.compactMap { Severity(rawValue: String($0[1])) }
        #expect(severities.count == Verdict.allCases.count && severities == severities.sorted(by: >))
        #expect(lines.allSatisfy { $0.hasSuffix(".") })
    }

    @Test("An explanation has its sections, without empty ones")
    func explanation() {
        let drop = Samples.text { $0.append(explanationOf: .silentDrop) }
        #expect(drop.hasPrefix("silent_drop (failure)\n\n  After an idle period"))
        for title in ["Requires\n  - ", "Alternatives\n  - ", "Remedy\n  ", "Sources\n  "] {
            #expect(drop.contains("\n\n" + title), "\(title)")
        }
        #expect(drop.split(separator: "\n").allSatisfy { $0.count <= 80 })
        #expect(!Samples.text { $0.append(explanationOf: .closed) }.contains("Remedy"))
    }

    @Test(
        "A verdict is found with - or _ and in any case",
        arguments: [
            ("silent_drop", .silentDrop), ("silent-drop", .silentDrop), ("Peer-Dead", .peerDead), ("drop", nil),
        ]
            as [(String, Verdict?)])
    func named(name: String, verdict: Verdict?) {
        #expect(Verdict(named: name) == verdict)
    }

    @Test(
        "An unknown name has similar names as suggestions",
        arguments: [
            ("silent_drip", .silentDrop), ("peer-died", .peerDead), ("idle", .idleClose), ("healty", .healthy),
            ("reset", .resetByPath), ("timeout", .userTimeout),
        ] as [(String, Verdict)])
    func near(name: String, verdict: Verdict) {
        let near = Verdict.near(name)
        #expect(near.contains(verdict) && near.count <= 3, "\(near)")
    }

    @Test("A name without similar names has no suggestions", arguments: ["zzz", "", "xylophone_concert"])
    func notNear(name: String) {
        #expect(Verdict.near(name).isEmpty)
    }

    @Test("Scenes are named after their verdict")
    func scenes() {
        #expect(Verdict.tooLateForPath.scene == "captures/verdicts/verdict-too-late-for-path.pcap")
        #expect(Verdict.tooLateForPath.nearMiss == "captures/verdicts/near-too-late-for-path.pcap")
    }
}
