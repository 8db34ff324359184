import Testing
import Wire

@testable import KeepAlive
@testable import Report

@Suite("Timelines as text")
struct TimelineTextTests {
    private static let second: Int64 = 1_000_000_000

    /// Events of connection 3: `count` probes of the client 60 s apart, answered or not.
    private static func events(_ count: Int, answered: Bool) -> [SegmentEvent] {
        (1...count).flatMap { number -> [SegmentEvent] in
            let probe = Segment(time: Int64(number) * 60 * second, source: Samples.client, destination: Samples.server)
            var event = SegmentEvent(segment: probe, marks: .keepAlive, kind: .probe, connection: 3)
            event.wait = Wait(since: number == 1 ? .segment : .answeredProbe, gap: 60 * second)
            event.unanswered = answered ? 0 : UInt32(number - 1)
            let answer = Segment(time: probe.time + 1000, source: Samples.server, destination: Samples.client)
            var reply = SegmentEvent(segment: answer, marks: .keepAliveAck, kind: .answer, connection: 3)
            reply.reply = 1_000_000
            return answered ? [event, reply] : [event]
        }
    }

    private static func timeline(_ events: [SegmentEvent], files: SourceFiles = ["a.pcap"]) -> String {
        var kept = RetainedEvents()
        kept.begin(file: "a.pcap")
        for (index, event) in events.enumerated() { kept.add(event, frame: UInt64(index) + 1) }
        var timeline = TimelineText(Samples.diagnosis(), kept, files: files)
        return Samples.text { timeline.append(to: &$0) }
    }

    @Test("Unanswered probes have their waits, lines are in the order of time, and all findings follow")
    func unanswered() {
        let diagnosis = Samples.diagnosis()
        let timeline = Self.timeline(Self.events(3, answered: false))
        let lines = """

            Stream 3: 192.0.2.10:40000 to [2001:db8::1]:443, 1970-01-01 UTC
              00:00:00.000000  opened
              00:00:01.000000  last packet; still open
              00:01:00.000000  originator sends a keep-alive after 60.000 s idle
              00:02:00.000000  originator sends a keep-alive, +60.000 s, 1 unanswered
              00:03:00.000000  originator sends a keep-alive, +60.000 s, 2 unanswered

            """
        #expect(timeline.hasPrefix(lines), "\(timeline)")
        let findings = diagnosis.findings.map { finding in
            "\n" + Samples.text { $0.append(block: finding, in: diagnosis, files: ["a.pcap"]) }
        }
        #expect(timeline.hasSuffix(findings.joined()))
    }

    @Test("A row of answered probes is abridged, in the right number", arguments: [(10, "7"), (4, "1")])
    func answered(probes: Int, abridged: String) {
        let timeline = Self.timeline(Self.events(probes, answered: true))
        let words = "... about \(abridged) more \(abridged == "1" ? "probe" : "probes"), all answered\n"
        #expect(timeline.contains(words), "\(timeline)")
        #expect(timeline.ranges(of: "more probe").count == 1)
    }
}
