import KeepAlive
import Testing
import Wire

@testable import Report

@Suite("Lines of events")
struct EventTextTests {
    private static func event(_ source: Endpoint, _ destination: Endpoint, _ error: ICMPError?) -> SegmentEvent {
        var segment = Segment(time: 1_000_000_000, source: source, destination: destination)
        segment.sequence = SequenceNumber(2_819_257_268)
        segment.error = error
        if error != nil { segment.role = .quotedShort }
        return SegmentEvent(segment: segment, marks: [], kind: error == nil ? .challenge : .icmpError, connection: 0)
    }

    private static func line(_ event: SegmentEvent) -> String {
        var lines = EventText()
        let text = Samples.text { lines.append(event, frame: 9, file: "a.pcap", to: &$0) }
        return text.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test("The line of an ICMP error has router, receiver, error and quoted segment")
    func errors() {
        let peer = Endpoint(IPAddress(v4: 0xC633_6414), 6379)
        let error = ICMPError(router: IPAddress(v4: 0xC633_6401), type: 3, code: 1)
        var event = Self.event(peer, Samples.client, error)
        let line =
            "      9  00:00:01.000000 IP 198.51.100.1 > 198.51.100.20: ICMP host unreachable, quoting "
            + "198.51.100.20.6379 > 192.0.2.10.40000: seq 2819257268  not delivered"
        #expect(Self.line(event) == line)
        event.unanswered = 1
        #expect(Self.line(event) == line + ", 1 probe unanswered")
        let far = ICMPError(router: IPAddress(v6: 0x2001_0DB8_0000_0000, 9), type: 2, code: 0)
        #expect(
            Self.line(Self.event(Samples.server, Samples.server, far)).contains(
                " IP6 2001:db8::9 > 2001:db8::1: ICMP6 packet too big, quoting 2001:db8::1.443 > 2001:db8::1.443: seq ")
        )
    }

    @Test("If a capture has several interfaces, lines and records name them")
    func interfaces() {
        let event = Self.event(Samples.client, Samples.server, nil)
        var lines = EventText()
        let text = Samples.text {
            for name in ["lo", "eth0", "lo"] {
                lines.append(event, frame: 9, file: "any", interface: name, to: &$0)
            }
        }
        let rows = text.split(separator: "\n").dropFirst()
        for (row, words) in zip(rows, [" lo IP ", " eth0 IP ", " lo   IP "]) { #expect(row.contains(words), "\(row)") }
        #expect(rows.count == 3)
        let record = Samples.text {
            $0.appendRecord(event, frame: 9, file: "any", interface: "eth0", hasStreamNumbers: false)
        }
        #expect(record.contains(",\"frame\":9,\"interface\":\"eth0\","))
        #expect(
            !Samples.text { $0.appendRecord(event, frame: 9, file: "any", hasStreamNumbers: false) }.contains(
                "interface"))
    }

    @Test("The record of a quoted segment has only the quoted fields")
    func records() {
        let error = ICMPError(router: IPAddress(v4: 0xC633_6401), type: 11, code: 0)
        var event = Self.event(Samples.client, Samples.server, error)
        event.unanswered = 2
        let short = Samples.text { $0.appendRecord(event, frame: 9, file: "a.pcap", hasStreamNumbers: false) }
        #expect(
            short.contains("\"seq\":2819257268,\"marks\":[],\"kind\":\"icmp_error\",\"connection\":0,\"unanswered\":2,")
        )
        #expect(
            short.contains("\"icmp_type\":11,\"icmp_code\":0,\"icmp_text\":\"time exceeded in transit\",\"router_ip\":")
        )
        event.segment.role = .quoted
        let whole = Samples.text { $0.appendRecord(event, frame: 9, file: "a.pcap", hasStreamNumbers: false) }
        #expect(whole.contains("\"win\":0,\"flags\":\"\",") && !whole.contains("\"len\""))
    }
}
