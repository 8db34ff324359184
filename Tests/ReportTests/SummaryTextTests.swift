import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Summary in words")
struct SummaryTextTests {
    private static func summary(_ count: UInt64) -> Summary {
        var summary = Summary(version: .newest)
        summary.files = ["a.pcap"]
        let kinds = [SegmentKind.zeroWindowProbe, .retransmission, .acknowledgment]
        summary.counts.marks = [count, 0, count]
        for kind in kinds {
            summary.counts.misnamed[Int(kind.rawValue)] = count
            summary.counts.unmarked[Int(kind.rawValue)] = 2 * count
        }
        summary.counts.copies = count
        summary.counts.connections = count
        return summary
    }

    @Test("One of a kind and several of it are named rightly")
    func plurals() {
        let one = Samples.text { $0.append(Self.summary(1)) }
        #expect(one.hasPrefix("Marked: 1 keep-alive, 0 keep-alive ACKs, 1 zero-window probe (as Wireshark"))
        #expect(
            one.contains(
                "\nMarked, but actually: 1 zero-window probe, 1 retransmission of one byte, 1 unrelated ACK.\n"
                    + "Not marked by Wireshark: 2 zero-window probes, 2 retransmissions of one byte, 2 unrelated ACKs.\n"
                    + "Not counted: 1 duplicate of probes or answers, as mirror ports make them.\n"))
        #expect(one.hasSuffix("\nRead a.pcap: 0 packets (0 bytes), 0 TCP segments, 1 connection.\n"))
        let three = Samples.text { $0.append(Self.summary(3)) }
        #expect(three.contains("\nMarked, but actually: 3 zero-window probes, 3 retransmissions of one byte, "))
        #expect(three.contains("\nNot counted: 3 duplicates of probes"))
    }

    @Test("Nothing is said about what did not happen")
    func quiet() {
        var summary = Summary(version: .newest)
        summary.files = ["a.pcap", "b.pcap"]
        #expect(
            Samples.text { $0.append(summary) } == """
                Nothing is marked: no keep-alive, no keep-alive ACK, no zero-window probe (as Wireshark 4.6 shows them).
                Read 2 files: 0 packets (0 bytes), 0 TCP segments, 0 connections.

                """)
    }
}
