import KeepAlive
import Testing
import Wire

@testable import Report

@Suite("Page")
struct PageTests {
    /// Markup, the end of an attribute, and a quote with a combining accent.
    static let hostile = "<script>alert('1')</script>&amp;\"\u{301} onload=x {{title}} \u{1B}[31m\u{2028}"
    static let escaped =
        "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;&quot;\u{301} onload=x {{title}} \\x1b[31m\\u{2028}"

    private static let client = Endpoint(IPAddress(v4: 0x0A00_0001), 40000)
    private static let server = Endpoint(IPAddress(v4: 0x0A00_0002), 5001)

    private static func text(
        _ diagnoses: [Diagnosis], _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks = DataTicks()
    ) -> String {
        var text = TextBuffer()
        Page(diagnoses, summary, kept, ticks).append(to: &text)
        return text.string
    }

    /// A segment of the client, or of the server, `seconds` after 1970.
    private static func segment(_ seconds: Double, fromClient: Bool = true, port: UInt16 = 40000) -> Segment {
        let client = Endpoint(client.address, port)
        return Segment(
            time: Int64(seconds * 1e9), source: fromClient ? client : server,
            destination: fromClient ? server : client)
    }

    /// Connections, numbered from 0, each with `probes` unanswered probes 60 s apart.
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

    @Test("The template is valid, and every tag has a value")
    func template() throws {
        _ = try Template(String(decoding: PackageResources.page_html, as: UTF8.self))
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(2, probes: 3, kept: &kept), Summary(version: .newest), kept)
        #expect(!page.contains("{{") && !page.contains("=\"\""))
        #expect(page.hasSuffix("</html>\n"))
    }

    @Test("A file name, and the sentence about its damage, add no markup to the page")
    func escaping() {
        var summary = Summary(version: .newest)
        summary.files = [Self.hostile, Self.hostile]
        summary.damaged = [(Self.hostile, FileDamage(offset: 1, sentence: "\(Self.hostile): cut"))]
        var kept = RetainedEvents()
        for file in summary.files { kept.begin(file: file) }
        let page = Self.text(Self.probing(1, probes: 2, kept: &kept), summary, kept)
        #expect(Self.count(Self.escaped, in: page) == 5, "title, heading, two files, damage")
        #expect(Self.count("<script", in: page) == 1 && !page.contains("\u{1B}"))
        // A browser reads scalars: no quote is left before the accent.
        #expect(!page.unicodeScalars.split(separator: "\u{301}").dropLast().contains { $0.last == "\"" })
    }

    @Test("The page of an empty capture says so")
    func empty() {
        let page = Self.text([], Summary(version: .newest), RetainedEvents())
        #expect(
            page.contains("No connection has keep-alives") && page.contains("No keep-alive or zero-window segments."))
        #expect(!page.contains("<article") && !page.contains("{{"))
    }

    @Test("Connections are sorted by severity, then by number")
    func order() {
        var kept = RetainedEvents()
        var diagnoses = Self.probing(3, probes: 2, kept: &kept)
        diagnoses.swapAt(0, 2)
        let page = Self.text(diagnoses, Summary(version: .newest), kept)
        let rows = (0..<3).map { page.firstRange(of: "<tr data-connection=\"\($0)\">")?.lowerBound }
        #expect(rows.compactMap(\.self).count == 3)
        #expect(rows.compactMap(\.self) == rows.compactMap(\.self).sorted())
    }

    @Test("Of many events the first and the last are drawn, and the others are counted")
    func manyEvents() {
        var kept = RetainedEvents(limit: 10)
        let page = Self.text(Self.probing(1, probes: 1000, kept: &kept), Summary(version: .newest), kept)
        let history = kept.history(of: 0)
        #expect(history?.leftOut == 980)
        #expect(history?.early.map(\.frame) == Array(0..<10) && history?.late.map(\.frame) == Array(990..<1000))
        #expect(Self.count("<use href=\"#probe\" class=\"mark probe\" x=", in: page) == 20)
        #expect(page.contains("980 more not drawn"))
    }

    @Test(
        "The number of kept events is bounded for any number of connections, and the counts are right",
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

    @Test("The numbers of listed and drawn connections are limited, and the page says so")
    func manyRows() {
        var kept = RetainedEvents()
        let diagnoses = Self.probing(210, probes: 2, kept: &kept)
        let page = Self.text(diagnoses, Summary(version: .newest), kept)
        #expect(Self.count("<tr data-connection", in: page) == 210 && Self.count("<article", in: page) == 210)
        #expect(Self.count("<svg class=\"drawing\"", in: page) == 3 * Page.drawingLimit)
        #expect(page.contains("The 200 most severe are drawn.") && !page.contains("{{"))
        let many = Array(repeating: diagnoses, count: 24).joined()
        let longPage = Self.text(Array(many), Summary(version: .newest), kept)
        #expect(Self.count("<tr data-connection", in: longPage) == Page.rowLimit)
        #expect(longPage.contains("These are the 5,000 most severe; 40 more: use"))
    }

    @Test("The smallest and largest times are drawn", arguments: [(Int64.min, Int64.max), (.max, .min), (0, 0)])
    func extremes(first: Int64, last: Int64) throws {
        var kept = RetainedEvents()
        var diagnosis = try #require(Self.probing(1, probes: 3, kept: &kept).first)
        (diagnosis.connection.firstTime, diagnosis.connection.lastTime) = (first, last)
        let page = Self.text([diagnosis], Summary(version: .newest), kept)
        #expect(page.contains("class=\"drawing\"") && !page.contains("=\"nan") && !page.contains("=\"inf"))
    }

    @Test("An idle period shows the shorter idle timeouts")
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

    @Test("Data, SYN and FIN are drawn on the lane of their sender, and data is counted")
    func data() {
        var tracker = ConnectionTracker(version: .newest, seed: 1)
        var batch = SegmentBatch()
        var events: [SegmentEvent] = []
        var origins: [SegmentOrigin?] = []
        var ticks = DataTicks()
        // The server, the greater endpoint, opens the connection: it is the originator, on the upper lane.
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
        #expect(
            page.contains(
                "<span class=\"sent\" data-value=\"2\">2</span> of the originator, <span class=\"sent\" data-value=\"1\">1</span>"
            ))
        #expect(
            page.contains(
                "aria-label=\"Timeline of stream 0: 2 × data of 10.0.0.2:5001. 1 × data of 10.0.0.1:40000. \""))
        #expect(Self.count("<rect class=\"data\" x=\"", in: page) == 6, "three, two below the drawing, and the legend")
        #expect(page.contains("data-count=\"1\"><title>1 segment with data, 00:00:03.000000</title>"))
        #expect(Self.count("<use href=\"#syn\" class=\"turn\" x=", in: page) == 2)
        #expect(page.contains("<use href=\"#fin\" class=\"turn\" x=\"100%\" y=\"90\"><title>FIN, 00:00:10.000000"))
    }

    @Test("Data at the smallest and largest times is drawn")
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
        #expect(Self.count("<rect class=\"data\" x=\"", in: page) == 7 && !page.contains("=\"nan"))
    }

    @Test("If the data of some connections is not kept, the page says so", arguments: [false, true])
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
        #expect(page.contains("the data of the last ones is not drawn") == isFull)
    }

    @Test(
        "Each finding has severity, confidence and filter; the first has the names of the JSON members")
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
                "<h3><span class=\"badge \(severity)\">\(severity)</span> \(name) <a class=\"permalink\" href=\"#c2\">")
        )
        #expect(page.contains("<li class=\"finding\" data-finding=\"\(name)\"><span data-json=\"sentence\">"))
        #expect(page.contains("<code class=\"filter\">tcp.stream eq 2</code>"))
    }

    @Test("The first and the last events of a connection are in its table, with the date where it changes")
    func events() {
        var kept = RetainedEvents(limit: 10)
        let page = Self.text(Self.probing(1, probes: 1500, kept: &kept), Summary(version: .newest), kept)
        #expect(page.contains("<summary>Events (1,500)</summary>") && page.contains("1,480 more not shown"))
        #expect(Self.count("<tr data-kind=\"probe\">", in: page) == 20)
        #expect(
            page.contains(
                "<td>1<td>00:02:00.000000<td>originator sends a keep-alive, +60.000 s, 1 unanswered\n"))
        #expect(Self.count("<td>1970-01-01<br>", in: page) == 1)
        #expect(Self.count("<td>1970-01-02<br>", in: page) == 1)
    }

    @Test("The table shows at most 200 events", arguments: [(200, 200), (201, 200), (401, 200)])
    func longTable(events: Int, shown: Int) {
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(1, probes: events, kept: &kept), Summary(version: .newest), kept)
        #expect(Self.count("<tr data-kind=", in: page) == shown)
        #expect(page.contains("\(events - shown) more not shown") == (events > shown))
    }

    @Test("The table of events has the file of each event if there are several")
    func eventFiles() {
        var kept = RetainedEvents()
        let diagnoses = Self.probing(1, probes: 2, kept: &kept)
        #expect(!Self.text(diagnoses, Summary(version: .newest), kept).contains("<th scope=\"col\">file</th>"))
        kept.begin(file: "more.pcap")
        let page = Self.text(diagnoses, Summary(version: .newest), kept)
        #expect(page.contains("<th scope=\"col\">file</th>") && page.contains("<td><bdi>probes.pcap</bdi>"))
    }

    @Test("The page defines every shape and every severity")
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

    @Test("A strip has the gaps and the band of a setting")
    func strip() {
        var kept = RetainedEvents()
        let page = Self.text(Self.probing(1, probes: 5, kept: &kept), Summary(version: .newest), kept)
        #expect(page.contains("4 gaps, 60.000 s; a timer of"))
    }
}
