import Dispatch
import KeepAlive
import Platform
import Sockets
import Synchronization
import Testing
import Wire

@testable import Report

@Suite("Style of text")
struct TextStyleTests {
    private static let second: Int64 = 1_000_000_000
    /// 2026-10-25 01:00 UTC, when clocks in Berlin go back from 03:00 to 02:00.
    private static let change: Int64 = 1_792_890_000

    /// Central Europe around the change.
    @Sendable private static func berlin(_ seconds: Int64) -> ZoneOffset {
        seconds < change ? ZoneOffset(seconds: 7200, name: "CEST") : ZoneOffset(seconds: 3600, name: "CET")
    }

    private static func style(_ change: (inout TextStyle) -> Void) -> TextStyle {
        var style = TextStyle()
        change(&style)
        return style
    }

    private static func event(_ time: Int64, from source: Endpoint = Samples.client) -> SegmentEvent {
        var segment = Segment(time: time, source: source, destination: Samples.server)
        segment.flags = .ack
        return SegmentEvent(segment: segment, marks: .keepAlive, kind: .probe, connection: 3)
    }

    private static func lines(_ times: [Int64], _ style: TextStyle) -> [String] {
        var lines = EventText(style)
        let text = Samples.text { text in
            for time in times { lines.append(Self.event(time), frame: 1, file: "a.pcap", to: &text) }
        }
        return text.split(separator: "\n").map { String($0.prefix { $0 != "I" }).trimmingSuffix() }
    }

    @Test(
        "Event lines have the times of tcpdump's -t options",
        arguments: [
            (TextStyle.Time.timeOfDay, ["a.pcap, 2026-10-25 CEST", "02:59:59.250000", "02:59:59.750000"]),
            (.none, ["a.pcap", "", ""]), (.epoch, ["a.pcap", "1792889999.250000", "1792889999.750000"]),
            (.sincePrevious, ["a.pcap", " 00:00:00.000000", " 00:00:00.500000"]),
            (.dateAndTime, ["a.pcap, times in CEST", "2026-10-25 02:59:59.250000", "2026-10-25 02:59:59.750000"]),
            (.sinceFirst, ["a.pcap", " 00:00:00.000000", " 00:00:00.500000"]),
        ])
    func times(time: TextStyle.Time, expected: [String]) {
        let style = Self.style {
            $0.time = time
            $0.zone = Self.berlin
        }
        let start = Self.change * Self.second - 750_000_000
        let lines = Self.lines([start, start + 500_000_000], style)
        #expect(lines == [expected[0]] + expected.dropFirst().map { ("      1  " + $0).trimmingSuffix() })
    }

    @Test("Times since a line count from that line, may be negative, and may exceed a day")
    func deltas() {
        let times = [0, 90_061 * Self.second, 90_060 * Self.second + 1]
        let previous = Self.lines(times, Self.style { $0.time = .sincePrevious })
        #expect(previous.dropFirst(2).map { $0.dropFirst(9) } == [" 25:01:01.000000", "-00:00:00.999999999"])
        let first = Self.lines(times, Self.style { $0.time = .sinceFirst })
        #expect(first.dropFirst(2).map { $0.dropFirst(9) } == [" 25:01:01.000000", " 25:01:00.000000001"])
        let epoch = Self.lines([-Self.second / 2], Self.style { $0.time = .epoch })
        #expect(epoch.last == "      1  -0.500000")
    }

    @Test("The earliest and the latest time have a text in every style", arguments: TextStyle.Time.allCases)
    func extremes(time: TextStyle.Time) {
        for offset in [-50_000, 0, 50_000] as [Int64] {
            let style = Self.style {
                $0.time = time
                $0.zone = { _ in ZoneOffset(seconds: offset, name: "X") }
            }
            #expect(Self.lines([.min, .max, .min, 0, -1], style).count >= 6)
        }
        #expect(LocalZone.offset(at: Int64.max / Self.second).seconds.magnitude < 100_000)
        #expect(LocalZone.offset(at: Int64.min / Self.second).seconds.magnitude < 100_000)
        #expect(LocalZone.offset(at: .max).seconds.magnitude < 100_000)
    }

    @Test("When clocks change, a new heading names the new zone")
    func change() {
        let times = [-1, 0, 1].map { (Self.change + $0) * Self.second }
        #expect(
            Self.lines(times, Self.style { $0.zone = Self.berlin }) == [
                "a.pcap, 2026-10-25 CEST", "      1  02:59:59.000000", "a.pcap, 2026-10-25 CET",
                "      1  02:00:00.000000", "      1  02:00:01.000000",
            ])
    }

    @Test("A clock asks for an offset once per hour, unless it changes in that hour; it is right at every second")
    func cache() {
        let asked = Mutex(0)
        // Changes at 00:30:00 and 05:00:00.
        let rule: @Sendable (Int64) -> ZoneOffset = { seconds in
            asked.withLock { $0 += 1 }
            return ZoneOffset(seconds: seconds < 1800 ? 1 : seconds < 18_000 ? 2 : 3, name: "\(seconds < 1800)")
        }
        var clock = ZoneClock(rule)
        for second in 0..<36_000 as Range<Int64> {
            let (time, zone) = clock.time(second * Self.second)
            let expected = CivilTime(second * Self.second, offset: second < 1800 ? 1 : second < 18_000 ? 2 : 3)
            guard time == expected, clock.name(of: zone) == "\(second < 1800)" else {
                Issue.record("\(second): \(time)")
                return
            }
        }
        // Two per hour, and three for each time in the first.
        #expect(asked.withLock { $0 } == 9 * 2 + 3600 * 3)
        let before = clock.zone(at: 20_000 * Self.second)
        #expect(before == clock.zone(at: 20_000 * Self.second + 64 * 3600 * Self.second))
        #expect(clock.zone(at: -1) == clock.zone(at: 0))
    }

    @Test(
        "Whether there are colours: NO_COLOR, CLICOLOR_FORCE, CLICOLOR, then the terminal",
        arguments: [
            ([:], false, false), (["TERM": "xterm"], true, true), (["TERM": "dumb"], true, false), ([:], true, false),
            (["TERM": "xterm", "NO_COLOR": "1"], true, false), (["TERM": "xterm", "NO_COLOR": ""], true, true),
            (["TERM": "xterm", "CLICOLOR": "0"], true, false), (["CLICOLOR_FORCE": "1"], false, true),
            (["CLICOLOR_FORCE": "0"], false, false), (["CLICOLOR_FORCE": ""], false, false),
            (["CLICOLOR_FORCE": "1", "CLICOLOR": "0", "TERM": "dumb"], false, true),
            (["CLICOLOR_FORCE": "1", "NO_COLOR": "1"], true, false), (["TERM": "xterm", "CLICOLOR": "1"], true, true),
        ] as [([String: String], Bool, Bool)])
    func colors(environment: [String: String], isTerminal: Bool, expected: Bool) {
        #expect(ColorRule.wantsColor(isTerminal: isTerminal) { environment[$0] } == expected)
    }

    @Test("A finding has the colour of its severity, and the same text without colours")
    func paint() {
        let finding = Samples.finding(.peerDead)
        let block = { (isOn: Bool) in
            Samples.text { text in
                let style = Self.style { $0.palette = Palette(isOn: isOn) }
                text.append(block: finding, in: Samples.diagnosis(), files: ["a.pcap"], style)
            }
        }
        #expect(block(true).hasPrefix("\u{1B}[31mfailure  peer_dead\u{1B}[0m (stream 3"))
        #expect(block(true).replacing("\u{1B}[31m", with: "").replacing("\u{1B}[0m", with: "") == block(false))
    }

    @Test("A line per finding has severity, verdict, stream, confidence, ends and sentence")
    func brief() {
        let (finding, diagnosis) = (Samples.finding(.peerDead), Samples.diagnosis())
        #expect(
            Samples.text { $0.append(line: finding, in: diagnosis) }
                == "failure  peer_dead  stream 3  confidence medium  192.0.2.10:40000 > [2001:db8::1]:443  "
                + "\(finding.sentence(in: diagnosis))\n")
    }

    @Test(
        "On a narrow terminal the description of an event is in a second line, and flags and numbers are omitted",
        arguments: [
            (120, 1, true), (110, 2, true), (80, 1, false), (64, 2, false), (50, 3, false),
        ])
    func narrow(width: Int, count: Int, hasFlags: Bool) {
        var lines = EventText(Self.style { $0.width = width })
        var event = Self.event(0)
        event.trainNumber = 1
        let text = Samples.text { lines.append(event, frame: 1, file: "a.pcap", to: &$0) }
        let rows = text.split(separator: "\n").dropFirst()
        #expect(rows.allSatisfy { $0.count <= width } && rows.count == count, "\(text)")
        #expect(rows.dropFirst().allSatisfy { $0.hasPrefix("         ") && $0.dropFirst(9).first != " " })
        #expect(text.contains("Flags [.]") == hasFlags && lines.isReduced == !hasFlags)
        #expect(text.contains("192.0.2.10.40000") && text.contains("2001:db8::1.443") && text.contains("keep-alive 1"))
    }

    @Test("Names are looked up once, replace addresses in text, and only plain ones are printed")
    func names() {
        let asked = Mutex(0)
        let names = HostNames { address in
            asked.withLock { $0 += 1 }
            return address == Samples.client.address ? "client.example" : "evil\u{1B}[31m"
        }
        let style = Self.style { $0.names = names }
        for _ in 0..<3 {
            #expect(Samples.text { style.append(Samples.client, to: &$0) } == "client.example:40000")
            #expect(Samples.text { style.append(tcpdump: Samples.client, to: &$0) } == "client.example.40000")
            #expect(Samples.text { style.append(Samples.server, to: &$0) } == "[2001:db8::1]:443")
        }
        #expect(Samples.text { names.append(Samples.client, limit: 10, to: &$0) } == "192.0.2.10:40000")
        #expect(asked.withLock { $0 } == 2)
        let text = Samples.text { text in
            text.append(block: Samples.finding(.peerDead), in: Samples.diagnosis(), files: ["a.pcap"], style)
        }
        #expect(text.contains("client.example:40000 gave up"), "\(text)")
    }

    @Test("A look-up that takes too long leaves the address, and all together wait no longer than the limit")
    func slowNames() {
        let gate = Gate()
        let names = HostNames(wait: .milliseconds(1), patience: .milliseconds(3)) { _ in gate.pass() }
        for number in 0..<20 as Range<UInt32> { #expect(names.name(of: IPAddress(v4: number)) == nil) }
        #expect(gate.count <= 3)
        gate.open()
        // The answer is final, although a name has come since.
        #expect(names.name(of: IPAddress(v4: 0)) == nil)
    }

    /// Look-ups that wait until the gate opens.
    private final class Gate: Sendable {
        private let started = Mutex(0)
        private let gate = DispatchSemaphore(value: 0)

        var count: Int { started.withLock { $0 } }

        func open() { gate.signal() }

        func pass() -> String? {
            started.withLock { $0 += 1 }
            gate.wait()
            gate.signal()
            return "late.example"
        }
    }
}

extension String {
    fileprivate func trimmingSuffix() -> String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
