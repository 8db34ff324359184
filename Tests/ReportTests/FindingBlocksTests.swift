import KeepAlive
import Testing
import Wire

@testable import Report

@Suite("Blocks of findings")
struct FindingBlocksTests {
    private static func text(_ findings: [(Finding, Diagnosis)], files: SourceFiles = ["a.pcap"]) -> String {
        var blocks = FindingBlocks(files: files)
        for (finding, diagnosis) in findings { blocks.add(finding, in: diagnosis) }
        return Samples.text { blocks.append(to: &$0) }
    }

    @Test("A block has severity, name, sentence, advice, frames and filter")
    func block() {
        let diagnosis = Samples.diagnosis()
        let finding = Samples.finding(.peerDead, frames: [(0, 12), (0, 15), (0, 18)])
        let advice = finding.advice(in: diagnosis)
        #expect(
            Self.text([(finding, diagnosis)]) == """

                failure  peer_dead (stream 3, confidence medium)
                   \(finding.sentence(in: diagnosis))
                \(advice.isEmpty ? "" : "   Advice: \(advice)\n")   Frames 12, 15, 18; Wireshark filter: tcp.stream eq 3

                """)
    }

    @Test("A finding without frames has only a filter, and one frame is singular")
    func frames() {
        let diagnosis = Samples.diagnosis()
        let none = Self.text([(Samples.finding(.peerDead), diagnosis)])
        #expect(none.hasSuffix("\n   Wireshark filter: tcp.stream eq 3\n"))
        let one = Self.text([(Samples.finding(.peerDead, frames: [(0, 7)]), diagnosis)])
        #expect(one.hasSuffix("\n   Frame 7; Wireshark filter: tcp.stream eq 3\n"))
    }

    @Test("With several files the frames name their file, and the filter has no stream number")
    func files() {
        let finding = Samples.finding(.peerDead, frames: [(0, 12), (0, 15), (1, 2), (9, 4)])
        let text = Self.text([(finding, Samples.diagnosis())], files: ["a.pcap", "evil\u{1B}.pcap"])
        #expect(
            text.hasSuffix(
                "\n   Frames 12, 15 of a.pcap, 2 of evil\\x1b.pcap, 4; Wireshark filter: ip.addr eq 192.0.2.10 "
                    + "and tcp.port eq 40000 and ipv6.addr eq 2001:db8::1 and tcp.port eq 443\n"), "\(text)")
    }

    @Test("With a capture filter Wireshark numbers streams differently, so the display filter has addresses and ports")
    func filtered() {
        let files = SourceFiles(["a.pcap"], isFiltered: true)
        let text = Self.text([(Samples.finding(.peerDead, frames: [(0, 7)]), Samples.diagnosis())], files: files)
        #expect(text.contains("\n   Frame 7; Wireshark filter: ip.addr eq 192.0.2.10 and tcp.port eq 40000 and "))
    }

    @Test("Findings are sorted by severity over all connections, then by appearance")
    func order() {
        let text = Self.text([
            (Samples.finding(.noKeepalive), Samples.diagnosis(0)), (Samples.finding(.peerDead), Samples.diagnosis(1)),
            (Samples.finding(.unresponsive), Samples.diagnosis(2)), (Samples.finding(.blocked), Samples.diagnosis(3)),
            (Samples.finding(.unitError), Samples.diagnosis(1)),
        ])
        let heads = text.split(separator: "\n").filter { $0.contains("(stream ") }.map {
            String($0.prefix { $0 != "," })
        }
        #expect(
            heads == [
                "failure  peer_dead (stream 1", "failure  blocked (stream 3", "warning  unresponsive (stream 2",
                "warning  unit_error (stream 1", "notice  no_keepalive (stream 0",
            ])
    }

    @Test("The twenty most severe findings are printed, and the others are counted")
    func many() {
        let notices = (0..<1030).map { (Samples.finding(.noKeepalive), Samples.diagnosis($0)) }
        let text = Self.text(notices + [(Samples.finding(.peerDead), Samples.diagnosis(99))])
        #expect(text.hasPrefix("\nfailure  peer_dead (stream 99"))
        #expect(text.ranges(of: "(stream ").count == 20 && text.contains("(stream 18,"))
        #expect(text.hasSuffix("\n... and 1,011 more: use --brief or --format jsonl\n"))
    }

    @Test(
        "Endpoints have a colon, and IPv6 brackets; in tcpdump's notation they have a point",
        arguments: [
            (Samples.client, "192.0.2.10:40000", "192.0.2.10.40000"),
            (Samples.server, "[2001:db8::1]:443", "2001:db8::1.443"),
            (Endpoint(IPAddress(v6: 0, 0xFFFF_0A00_0001), 1), "[::ffff:10.0.0.1]:1", "::ffff:10.0.0.1.1"),
        ])
    func endpoints(endpoint: Endpoint, text: String, tcpdump: String) {
        #expect(Samples.text { $0.append(endpoint) } == text && endpoint.description == text)
        #expect(Samples.text { $0.append(tcpdump: endpoint) } == tcpdump)
    }

    @Test("Comments are found by file and frame; several on one frame are in the order of the findings")
    func comments() {
        let diagnosis = Samples.diagnosis()
        let dead = Samples.finding(.peerDead, frames: [(0, 12), (0, 500), (1, 12)])
        let idle = Samples.finding(.noKeepalive, frames: [(0, 12)])
        let comments = FindingComments([(dead, diagnosis), (idle, diagnosis), (Samples.finding(.closed), diagnosis)])
        let words = { (finding: Finding, name: String) in
            "tcpalive: \(name), confidence medium): \(finding.sentence(in: diagnosis))"
        }
        let (isDead, isIdle) = (words(dead, "peer_dead (failure"), words(idle, "no_keepalive (notice"))
        #expect(comments.comments(file: 0, frames: 1...499).map(\.sentence) == [isDead, isIdle])
        #expect(comments.comments(file: 0, frames: 13...500).map(\.frame.frame) == [500])
        #expect(comments.comments(file: 1, frames: 12...12).map(\.sentence) == [isDead])
        #expect(comments.comments(file: 1, frames: 13...99).map(\.sentence).isEmpty)
        #expect(comments.comments(file: 2, frames: 1...99).map(\.sentence).isEmpty)
        #expect(FindingComments([]).isEmpty && !comments.isEmpty)
    }
}
