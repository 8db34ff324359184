import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Summary as text")
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

    @Test("Counts have the right number and separators")
    func plurals() {
        let one = Samples.text { $0.append(Self.summary(1)) }
        #expect(one.hasPrefix("Marked: 1 keep-alive, 0 keep-alive ACKs, 1 zero-window probe (as Wireshark"))
        #expect(
            one.contains(
                "\nMarked, but actually: 1 zero-window probe, 1 retransmission of one byte, 1 unrelated ACK.\n"
                    + "Not marked by Wireshark: 2 zero-window probes, 2 retransmissions of one byte, 2 unrelated ACKs.\n"
                    + "Not counted: 1 duplicate of probes or answers, from a mirror port or a merged capture.\n")
        )
        #expect(one.hasSuffix("\nRead a.pcap: 0 packets (0 bytes), 0 TCP segments, 1 connection.\n"))
        let many = Samples.text { $0.append(Self.summary(1_234_567)) }
        #expect(many.hasPrefix("Marked: 1,234,567 keep-alives, 0 keep-alive ACKs, 1,234,567 zero-window probes (as"))
        #expect(
            many.contains(
                "\nMarked, but actually: 1,234,567 zero-window probes, 1,234,567 retransmissions of one byte, "))
        #expect(many.hasSuffix(" 0 TCP segments, 1,234,567 connections.\n"))
        let three = Samples.text { $0.append(Self.summary(3)) }
        #expect(three.contains("\nMarked, but actually: 3 zero-window probes, 3 retransmissions of one byte, "))
        #expect(three.contains("\nNot counted: 3 duplicates of probes"))
    }

    @Test("ICMP errors are counted, and a cut header has a snaplen to use")
    func errorsAndCuts() {
        var summary = Self.summary(0)
        (summary.tally.segments, summary.tally.icmpErrors) = (5, 1)
        #expect(
            Samples.text { $0.append(summary) }.hasSuffix(
                "5 TCP segments, 1 ICMP error that quotes a segment, 0 connections.\n"))
        (summary.tally.icmpErrors, summary.tally.cutHeaders, summary.tally.cutHeadersNeed) = (3, 16, 66)
        let text = Samples.text { $0.append(summary) }
        #expect(text.contains(", 3 ICMP errors that quote a segment, "))
        #expect(
            text.contains(
                "\n16 segments are cut within their TCP header, which ends at byte 66 of the packet: they have no marks, "
                    + "and findings have low confidence. Capture with -s 96 or more.\n"))
        (summary.tally.cutHeaders, summary.tally.cutHeadersNeed) = (1, 64)
        #expect(
            Samples.text { $0.append(summary) }.contains(
                "\n1 segment is cut within its TCP header, which ends at byte 64 of the packet: it has no marks, and "
                    + "findings have low confidence. Capture with -s 64 or more.\n"))
    }

    @Test("Counts of 0 have no line of their own")
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
