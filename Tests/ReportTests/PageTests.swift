import KeepAlive
import Testing
import Wire

@testable import Capture
@testable import Report

@Suite("Page")
struct PageTests {
    /// Markup, an end of an attribute, and a quote that an accent joins to another character.
    static let hostile = "<script>alert('1')</script>&amp;\"\u{301} onload=x {{title}} \u{1B}[31m\u{2028}"
    static let escaped =
        "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;&quot;\u{301} onload=x {{title}} \\x1b[31m\u{2028}"

    private static let client = Endpoint(IPAddress(v4: 0x0A00_0001), 40000)
    private static let server = Endpoint(IPAddress(v4: 0x0A00_0002), 5001)

    private static func text(
        _ diagnoses: [Diagnosis], _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks = DataTicks()
    ) -> String {
        var text = TextBuffer()
        Page(diagnoses, summary, kept, ticks).append(to: &text)
        return text.string
    }

    /// A segment of the client, or of the server, that many seconds after 1970.
    private static func segment(_ seconds: Double, fromClient: Bool = true, port: UInt16 = 40000) -> Segment {
        let client = Endpoint(client.address, port)
        return Segment(
            time: Int64(seconds * 1e9), source: fromClient ? client : server,
            destination: fromClient ? server : client)
    }

    /// Connections, numbered from 0, in each of which `probes` probes come 60 s apart and are not answered.
    private static func probing(_ connections: Int, probes: Int, kept: inout RetainedEvents) -> [Diagnosis] {
        var tracker = ConnectionTracker(version: .newest, seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        for number in 0..<connections {
            let port = UInt16(10_000 + number)
            var syn = segment(0, port: port)
            (syn.flags, syn.sequence) = (.syn, SequenceNumber(999))
            var answer = segment(0.1, fromClient: false, port: port)
            (answer.flags, answer.sequence) = ([.syn, .ack], SequenceNumber(4999))
            (answer.acknowledgment, answer.window) = (SequenceNumber(1000), 1000)
            var opened = segment(0.2, port: port)
            (opened.flags, opened.sequence, opened.acknowledgment) = (.ack, SequenceNumber(1000), SequenceNumber(5000))
            for segment in [syn, answer, opened] { batch.append(segment) }
            for probe in 1...probes {
                var segment = opened
                segment.time = Int64(probe) * 60_000_000_000
                (segment.sequence, segment.identification) = (SequenceNumber(999), UInt16(truncatingIfNeeded: probe))
                batch.append(segment)
            }
        }
        tracker.track(batch, events: &events)
        kept.begin(file: "probes.pcap")
        for (index, event) in events.enumerated() { kept.add(event, frame: UInt64(index)) }
        return tracker.diagnoses(all: true)
    }

    private static func count(_ part: String, in page: String) -> Int {
        page.ranges(of: part).count
    }

    @Test("The template is one, and every hole in it is filled")
    func template() throws {
        _ = try Template(String(decoding: PackageResources.page_html, as: UTF8.self))
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(2, probes: 3, kept: &kept), Summary(version: .newest), kept)
        #expect(!page.contains("{{") && !page.contains("=\"\""))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test(
        "Holes are escaped, sections stand once an item, and where there is none",
        arguments: [
            ("a{{x}}b", "a&lt;b"), ("{{#l}}{{n}},{{/l}}", "1,2,"), ("{{^l}}none{{/l}}", ""),
            ("{{#e}}x{{/e}}{{^e}}none{{/e}}", "none"), ("{{#t}}yes{{/t}}{{^t}}no{{/t}}", "yes"),
            ("{{#l}}{{x}}{{/l}}", "&lt;&lt;"), ("{{#m}}a{{/m}}{{^m}}b{{/m}}{{m}}", "b"), ("{{! why }}a", "a"),
            ("<p>\n  {{#l}}\n  {{n}}\n  {{/l}}\n</p>", "<p>\n  1\n  2\n</p>"),
        ])
    func rendering(template: String, expected: String) throws {
        var text = TextBuffer()
        let items: [Template.Values] = [["n": .number(1)], ["n": .number(2)]]
        let values: Template.Values = [
            "x": .text("<"), "l": .items(items), "e": .items([]), "t": .truth(true), "m": .text(nil),
        ]
        try Template(template).append(values, to: &text)
        #expect(text.string == expected)
    }

    @Test("What is no template is refused", arguments: ["{{#a}}x", "x{{/a}}", "{{#a}}{{/b}}", "{{a"])
    func faults(template: String) {
        #expect(throws: (any Error).self) { try Template(template) }
    }

    @Test("No hole of the template goes without escaping, and none changes how the others are escaped")
    func holes() {
        let template = String(decoding: PackageResources.page_html, as: UTF8.self)
        for tag in ["{{{", "{{&", "{{%", "{{=", "{{>", "{{<", "{{$"] { #expect(!template.contains(tag)) }
    }

    @Test("A name of a file, and a sentence of its damage, bring no markup into the page")
    func escaping() {
        var summary = Summary(version: .newest)
        summary.files = [Self.hostile, Self.hostile]
        summary.damaged = [(Self.hostile, FileDamage(offset: 1, sentence: "\(Self.hostile): cut"))]
        var kept = RetainedEvents()
        for file in summary.files { kept.begin(file: file) }
        let page = Self.text(Self.probing(1, probes: 2, kept: &kept), summary, kept)
        #expect(Self.count(Self.escaped, in: page) == 5, "title, heading, two files, damage")
        #expect(Self.count("<script", in: page) == 1 && !page.contains("\u{1B}"))
        // A browser reads scalars: no quote of the name is left before the accent.
        #expect(!page.unicodeScalars.split(separator: "\u{301}").dropLast().contains { $0.last == "\"" })
    }

    @Test("An empty capture has a page that says so")
    func empty() {
        let page = Self.text([], Summary(version: .newest), RetainedEvents())
        #expect(page.contains("No connection has keep-alives") && page.contains("No segment concerns keep-alives."))
        #expect(!page.contains("<article") && !page.contains("{{"))
    }

    @Test("Connections stand by risk, then by number")
    func order() {
        var kept = RetainedEvents()
        var diagnoses = Self.probing(3, probes: 2, kept: &kept)
        diagnoses.swapAt(0, 2)
        let page = Self.text(diagnoses, Summary(version: .newest), kept)
        let origins = (0..<3).map { page.firstRange(of: "<tr data-connection=\"\($0)\">")?.lowerBound }
        #expect(origins.compactMap(\.self).count == 3)
        #expect(origins.compactMap(\.self) == origins.compactMap(\.self).sorted())
    }

    @Test("Of a connection with many events the first and the last are drawn, and the rest is counted")
    func manyEvents() {
        var kept = RetainedEvents(limit: 10)
        let page = Self.text(Self.probing(1, probes: 1000, kept: &kept), Summary(version: .newest), kept)
        let history = kept.history(of: 0)
        #expect(history?.leftOut == 980)
        #expect(history?.early.map(\.frame) == Array(0..<10) && history?.late.map(\.frame) == Array(990..<1000))
        #expect(Self.count("<use href=\"#probe\" class=\"mark probe\" x=", in: page) == 20)
        #expect(page.contains("980 more left out"))
    }

    @Test(
        "However many connections have events, what is kept is bounded, and nothing is miscounted",
        arguments: [(1, 64), (4, 64), (7, 64), (8, 64), (40, 64)])
    func manyConnections(connections: Int, bound: Int) {
        var kept = RetainedEvents(limit: 200, bound: bound)
        _ = Self.probing(connections, probes: 50, kept: &kept)
        let histories = (0..<UInt64(connections)).compactMap { kept.history(of: $0) }
        #expect(histories.map(\.kept).reduce(0, +) <= bound)
        #expect(kept.isFull == (connections > bound / 8) && histories.count == min(connections, bound / 8))
        for history in histories {
            #expect(history.count == 50 && history.kept + Int(history.leftOut) == 50)
            let frames = (history.early + history.late).map(\.frame)
            #expect(frames == frames.sorted() && Set(frames).count == frames.count)
            #expect(frames.first.map { $0 % 50 } == 0 && frames.last.map { $0 % 50 } == 49)
        }
    }

    @Test("No more connections are listed and drawn than a browser bears, and the page says so")
    func manyRows() {
        var kept = RetainedEvents()
        let diagnoses = Self.probing(210, probes: 2, kept: &kept)
        let page = Self.text(diagnoses, Summary(version: .newest), kept)
        #expect(Self.count("<tr data-connection", in: page) == 210 && Self.count("<article", in: page) == 210)
        #expect(Self.count("class=\"drawing\" viewBox=\"0 0 720", in: page) == 3 * Page.drawingLimit)
        #expect(page.contains("The 200 most severe are drawn."))
        let many = Array(repeating: diagnoses, count: 24).joined()
        let longPage = Self.text(Array(many), Summary(version: .newest), kept)
        #expect(Self.count("<tr data-connection", in: longPage) == Page.rowLimit)
        #expect(longPage.contains("These are the 5000 most severe; 40 more: use"))
    }

    @Test("Times at the ends of 64 bits are drawn too", arguments: [(Int64.min, Int64.max), (.max, .min), (0, 0)])
    func extremes(first: Int64, last: Int64) throws {
        var kept = RetainedEvents()
        var diagnosis = try #require(Self.probing(1, probes: 3, kept: &kept).first)
        (diagnosis.connection.firstTime, diagnosis.connection.lastTime) = (first, last)
        let page = Self.text([diagnosis], Summary(version: .newest), kept)
        #expect(page.contains("class=\"drawing\"") && !page.contains("=\"nan") && !page.contains("=\"inf"))
    }

    @Test("An idle time shows the idle timeouts that it is longer than")
    func timeouts() {
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(1, probes: 1, kept: &kept), Summary(version: .newest), kept)
        #expect(!page.contains("class=\"timeout\""))
        var tracker = ConnectionTracker(version: .newest, seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        // Data, its acknowledgment, and data again.
        for (seconds, sequence) in [(0.0, 1), (0, nil), (400, 11)] as [(Double, UInt32?)] {
            var segment = Self.segment(seconds, fromClient: sequence != nil)
            (segment.flags, segment.window) = (.ack, 1000)
            (segment.payloadLength, segment.sequence) = (sequence == nil ? 0 : 10, SequenceNumber(sequence ?? 1))
            segment.acknowledgment = SequenceNumber(sequence == nil ? 11 : 1)
            batch.append(segment)
        }
        tracker.track(batch, events: &events)
        let silent = Self.text(tracker.diagnoses(all: true), Summary(version: .newest), RetainedEvents())
        #expect(Self.count("class=\"timeout\"", in: silent) == 2)
        #expect(silent.contains("350 s: AWS Network Load Balancer and NAT gateway"))
        #expect(silent.contains("idle for 400.000 s"))
    }

    @Test("Data, SYN and FIN are drawn on the lane of their sender, and counted")
    func data() {
        var tracker = ConnectionTracker(version: .newest, seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        var origins: [SegmentOrigin?] = []
        var ticks = DataTicks()
        // The server, which is the greater endpoint, opens: it is the originator, on the upper lane.
        var syn = Self.segment(0, fromClient: false)
        syn.flags = .syn
        var answer = Self.segment(0.1)
        (answer.flags, answer.acknowledgment) = ([.syn, .ack], SequenceNumber(1))
        batch.append(syn)
        batch.append(answer)
        for (index, isFromClient) in [false, false, true].enumerated() {
            var segment = Self.segment(Double(index) + 1, fromClient: isFromClient)
            (segment.flags, segment.payloadLength, segment.window) = ([.ack, .psh], 10, 1000)
            segment.sequence = SequenceNumber(isFromClient ? 1 : UInt32(index) * 10 + 1)
            batch.append(segment)
        }
        var end = Self.segment(10)
        (end.flags, end.sequence, end.window) = ([.fin, .ack], SequenceNumber(11), 1000)
        batch.append(end)
        tracker.track(batch, events: &events, origins: &origins)
        ticks.take(batch, origins, events)
        let page = Self.text(tracker.diagnoses(all: true), Summary(version: .newest), RetainedEvents(), ticks)
        #expect(page.contains("<span class=\"sent\">2</span> of the originator, <span class=\"sent\">1</span>"))
        #expect(page.contains("2 × data of 10.0.0.2:5001, 1 × data of 10.0.0.1:40000</desc>"))
        #expect(Self.count("<rect class=\"data\" x=\"", in: page) == 4, "three, and the legend")
        #expect(page.contains("data-count=\"1\"><title>1 segment with data, 00:00:03.000000</title>"))
        #expect(Self.count("<use href=\"#syn\" class=\"turn\" x=", in: page) == 2)
        #expect(page.contains("<use href=\"#fin\" class=\"turn\" x=\"704\" y=\"78\"><title>FIN, 00:00:10.000000"))
    }

    @Test("Data at the ends of 64 bits is drawn too")
    func extremeData() throws {
        var kept = RetainedEvents()
        let diagnosis = try #require(Self.probing(1, probes: 3, kept: &kept).first)
        var batch = SegmentBatch()
        for time in [0, Int64.max, .min, -1, 1] {
            var segment = Self.segment(0, port: 10_000)
            (segment.time, segment.payloadLength) = (time, 5)
            batch.append(segment)
        }
        var ticks = DataTicks()
        let origins = [SegmentOrigin?](repeating: SegmentOrigin(connection: 0, side: 0), count: 5)
        ticks.take(batch, origins, [])
        let page = Self.text([diagnosis], Summary(version: .newest), kept, ticks)
        #expect(Self.count("<rect class=\"data\" x=\"", in: page) == 6 && !page.contains("=\"nan"))
    }

    @Test("Where the data of some connections could not be kept the page says so", arguments: [false, true])
    func missingData(isFull: Bool) {
        var kept = RetainedEvents()
        let diagnoses = Self.probing(9, probes: 2, kept: &kept)
        var batch = SegmentBatch()
        let count: UInt64 = isFull ? 9 : 8
        var origins: [SegmentOrigin?] = []
        for number in 0..<count {
            var segment = Self.segment(1, port: 10_000 + UInt16(number))
            segment.payloadLength = 5
            batch.append(segment)
            origins.append(SegmentOrigin(connection: number, side: 0))
        }
        var ticks = DataTicks(bound: 64)
        ticks.take(batch, origins, [])
        let page = Self.text(diagnoses, Summary(version: .newest), kept, ticks)
        #expect(page.contains("the times of data were not kept for the last ones") == isFull)
    }

    @Test(
        "Each finding of a connection is listed, with severity, confidence and filter; the first has the names of JSON")
    func findings() throws {
        var kept = RetainedEvents()
        var summary = Summary(version: .newest)
        summary.files = ["probes.pcap"]
        let diagnoses = Self.probing(3, probes: 3, kept: &kept)
        let page = Self.text(diagnoses, summary, kept)
        #expect(Self.count("<li class=\"finding\"", in: page) == diagnoses.map(\.findings.count).reduce(0, +))
        #expect(Self.count(" data-json=\"sentence\">", in: page) == 3)
        let first = try #require(diagnoses.first)
        let (name, severity) = (first.verdict.rawValue, first.severity.rawValue)
        #expect(
            page.contains(
                "<li class=\"finding\" data-finding=\"\(name)\"><span class=\"badge \(severity)\">\(severity)</span>"))
        #expect(page.contains("Wireshark filter: <code>tcp.stream eq 2</code>"))
    }

    @Test("Every shape of a kind, and every severity, is defined in the page")
    func definitions() {
        let template = String(decoding: PackageResources.page_html, as: UTF8.self)
        for shape in Set(SegmentKind.allCases.map(\.shape)).union(["icmp-error"]) {
            #expect(template.contains("id=\"\(shape)\""), "\(shape)")
        }
        for severity in Severity.allCases {
            #expect(
                template.contains("\n.\(severity.rawValue) { color")
                    || template.contains(" .\(severity.rawValue) { color"))
        }
    }

    @Test("A gap stands within the band of its setting")
    func strip() {
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(1, probes: 5, kept: &kept), Summary(version: .newest), kept)
        #expect(page.contains("4 gaps, 60.000 s; a timer of"))
    }
}
