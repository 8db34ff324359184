import KeepAlive
import Testing
import Wire

@testable import Report
@testable import Sockets

/// The screens of `tcpalive top`.
@Suite("Screens of top")
struct TopViewTests {
    private static let now: Int64 = 1_700_000_000_000_000_000

    private static func row(
        _ cookie: UInt64, _ purpose: ConnectionTimer.Purpose?, heard: UInt32 = 1, unanswered: UInt8 = 0,
        remote: IPAddress = IPAddress(v4: 0xC633_6414), _ options: KeepAliveOptions? = nil, program: String? = "app"
    ) -> AuditedSocket {
        var socket = SocketAssessmentTests.socket(purpose, heard: heard, unanswered: unanswered, remote: remote)
        socket.cookie = cookie
        socket.local.port = 40_000 + UInt16(cookie)
        return AuditedSocket(
            socket, owner: program.map { _ in SocketOwner(process: 100 + Int32(cookie), descriptor: 3) },
            program: program, user: "alice", namespace: nil, reading: TimerReading(), options: options,
            assessment: SocketAssessment(socket, TimerReading(), options, pathTimeout: nil))
    }

    private static let rows = [
        row(1, .keepAlive, KeepAliveOptions(idle: 60, interval: 15, count: 4)),
        row(
            2, .keepAlive, heard: 75, unanswered: 2, KeepAliveOptions(idle: 60, interval: 15, count: 4),
            program: "nginx"),
        row(3, nil, heard: 30, KeepAliveOptions(isEnabled: false), program: "long-program-name"),
        row(
            4, .keepAlive, heard: 4000, remote: IPAddress(v6: 0x2001_0DB8_0000_0001, 0x0002_0003_0004_0005),
            KeepAliveOptions(idle: 7200, interval: 75, count: 9)),
    ]

    private static func table(_ rows: [AuditedSocket] = rows) -> TopTable {
        var table = TopTable()
        update(&table, rows)
        return table
    }

    private static func update(
        _ table: inout TopTable, _ rows: [AuditedSocket], at time: Int64 = now, isComplete: Bool = true
    ) {
        var totals = AuditTotals(limit: TopTable.limit)
        for row in rows { totals.add(row, looksForProcesses: true) }
        table.update(totals, at: time, isComplete: isComplete)
    }

    private static func screen(
        _ view: inout TopView, _ table: TopTable, _ height: Int = 24, _ width: Int = 80, at time: Int64 = now
    ) -> [String] {
        let surroundings = TopView.Surroundings(
            now: time, zone: 0, capture: "no packets are captured", notes: ["A note."])
        let lines = view.screen(of: table, surroundings, height: height, width: width)
        #expect(lines.count == height)
        #expect(lines.allSatisfy { $0.columns <= width })
        return lines.map { line in
            var text = line.text
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    @Test("A screen of 80 columns has the worst connections first, and what matters most of each")
    func narrow() {
        var view = TopView()
        let lines = Self.screen(&view, Self.table(), 10, 80)
        #expect(
            lines == [
                "tcpalive top 22:13:20  4 connections: 2 warnings, 1 notice, 1 off",
                "no packets are captured",
                "A note.",
                "  process      remote                  keep-alive idle next un verdictv",
                "! nginx[102]   198.51.100.20:443       60/15/4    1m15  12s  2 unresponsive",
                "! app[104]     [2001:db8:0:1:2:3~]:443 7200/75/9  1h06  12s    too_late_for_path",
                "* long-p~[103] 198.51.100.20:443       off         30s    -    no_keepalive",
                "  app[101]     198.51.100.20:443       60/15/4      1s  12s    ok",
                "",
                "? Help  Enter Details  / Filter  > Sort  I Invert  Z Pause  q Quit",
            ])
    }

    @Test("A screen of 160 columns has all of them")
    func wide() {
        var view = TopView()
        let lines = Self.screen(&view, Self.table(), 10, 160)
        #expect(
            Array(lines[3...7]) == [
                "  process                local            remote                     state keep-alive idle next un  answer verdictv",
                "! nginx[102]             192.0.2.10:40002 198.51.100.20:443          ESTAB 60/15/4    1m15  12s  2 ~0.10ms unresponsive",
                "! app[104]               192.0.2.10:40004 [2001:db8:0:1:2:3:4:5]:443 ESTAB 7200/75/9  1h06  12s    ~0.10ms too_late_for_path",
                "* long-program-name[103] 192.0.2.10:40003 198.51.100.20:443          ESTAB off         30s    -    ~0.10ms no_keepalive",
                "  app[101]               192.0.2.10:40001 198.51.100.20:443          ESTAB 60/15/4      1s  12s    ~0.10ms ok",
            ])
    }

    @Test(
        "On a screen of any size every line fits, and the last one has the keys",
        arguments: [(1, 1), (2, 10), (5, 30), (24, 40), (50, 300)])
    func sizes(height: Int, width: Int) {
        for keys in [[], [TopKey.enter], [.character("?")], [.character(">")], [.character("/"), .character("x")]] {
            var view = TopView()
            _ = Self.screen(&view, Self.table(), height, width)
            for key in keys { view.press(key) }
            let lines = Self.screen(&view, Self.table(), height, width)
            #expect(lines.last?.isEmpty == false)
        }
    }

    @Test("The order follows the menu, and I inverts it")
    func order() {
        var view = TopView()
        let table = Self.table()
        _ = Self.screen(&view, table)
        #expect(view.visible == [2, 4, 3, 1])
        for key in [TopKey.character(">"), .down, .enter] { view.press(key) }
        _ = Self.screen(&view, table)
        // By process: app[101], app[104], long-program-name, nginx.
        #expect(view.visible == [1, 4, 3, 2])
        view.press(.character("I"))
        _ = Self.screen(&view, table)
        #expect(view.visible == [2, 3, 4, 1])
        for key in [TopKey.character(">"), .down, .escape] { view.press(key) }
        _ = Self.screen(&view, table)
        #expect(view.visible == [2, 3, 4, 1])
    }

    @Test(
        "Each order has its first connection",
        arguments: [
            (TopOrder.severity, 2), (.process, 1), (.local, 1), (.remote, 2), (.settings, 3), (.idle, 4), (.next, 2),
            (.unanswered, 2), (.answer, 2),
        ] as [(TopOrder, UInt64)])
    func first(order: TopOrder, cookie: UInt64) {
        var view = TopView(order: order)
        _ = Self.screen(&view, Self.table())
        #expect(view.visible.first == cookie)
    }

    @Test("The filter finds any text of a row in any case, and Esc clears it")
    func filter() {
        var view = TopView()
        let table = Self.table()
        for (text, cookies) in [("NGINX", [2]), ("2001:db8", [4]), ("no_keep", [3]), ("alice", [2, 4, 3, 1])]
            as [(String, [UInt64])]
        {
            view.press(.character("/"))
            for character in text { view.press(.character(character)) }
            view.press(.enter)
            #expect(Self.screen(&view, table)[2] == "filter: \(text)")
            #expect(view.visible == cookies)
            view.press(.escape)
        }
        view.press(.character("\\"))
        for character in "zzq" { view.press(.character(character)) }
        #expect(Self.screen(&view, table)[4] == "no connection contains \"zzq\"")
        #expect(!view.isDone)
        view.press(.backspace)
        #expect(Self.screen(&view, table)[2].hasPrefix("filter: zz"))
        view.press(.escape)
        _ = Self.screen(&view, table)
        #expect(view.visible.count == 4)
    }

    @Test("The selection stays on its connection, and the list scrolls with it")
    func selection() {
        var view = TopView()
        let rows = (1...100).map { Self.row($0, nil, heard: UInt32(1000 - $0)) }
        let table = Self.table(rows)
        _ = Self.screen(&view, table, 15)
        #expect(view.visible == Array(1...10))
        view.press(.pageDown)
        _ = Self.screen(&view, table, 15)
        view.press(.down)
        _ = Self.screen(&view, table, 15)
        #expect(view.visible == Array(3...12))
        view.press(.end)
        _ = Self.screen(&view, table, 15)
        #expect(view.visible.last == 100)
        view.press(.character("I"))
        _ = Self.screen(&view, table, 15)
        // Still the connection 100, which is the first now.
        #expect(view.visible.first == 100)
        view.press(.enter)
        #expect(Self.screen(&view, table, 15)[0] == "192.0.2.10:40100 > 198.51.100.20:443")
        view.press(.character("I"))
        view.press(.escape)
        view.press(.character("I"))
        _ = Self.screen(&view, table, 15)
        // The first line is selected, whatever it is.
        view.press(.enter)
        #expect(Self.screen(&view, table, 15)[0] == "192.0.2.10:40001 > 198.51.100.20:443")
    }

    @Test("Space pauses, q and F10 quit, and other keys do not")
    func keys() {
        var view = TopView()
        view.press(.character(" "))
        #expect(view.isPaused && Self.screen(&view, Self.table())[0].hasPrefix("tcpalive top PAUSED "))
        view.press(.character("Z"))
        #expect(!view.isPaused)
        for key in [TopKey.enter, .character("q"), .character("?"), .character("q"), .character("x"), .escape] {
            view.press(key)
            #expect(!view.isDone)
        }
        view.press(.function(10))
        #expect(view.isDone)
        var other = TopView()
        other.press(.character("q"))
        #expect(other.isDone)
    }

    @Test("Details have settings, findings, a timeline and the last events")
    func details() {
        var table = Self.table()
        table.isCaptured = true
        let (local, remote) = (Self.rows[1].socket.local, Self.rows[1].socket.remote)
        for (back, number) in [(31, 1), (16, 2)] as [(Int64, Int)] {
            table.add(
                .probe, from: local, to: remote, at: Self.now - back * 1_000_000_000, reply: nil, number: number,
                text: "keep-alive \(number)")
        }
        var view = TopView()
        _ = Self.screen(&view, table)
        view.press(.enter)
        let lines = Self.screen(&view, table, 30, 80)
        #expect(
            lines == [
                "192.0.2.10:40002 > 198.51.100.20:443",
                "process     nginx[102], descriptor 3, user alice",
                "state       ESTAB",
                "keep-alive  60/15/4 (idle/interval/count, read from the socket)",
                "next probe  in 12s, 2 unanswered",
                "idle now    1m15",
                "answer      smoothed round trip of the kernel 0.10ms",
                "queues      0 bytes to read, 0 to send",
                "",
                "warning     unresponsive: keep-alive probes are unanswered",
                "            Look at the peer and the path: after the last probe the kernel ends",
                "            the connection.",
                "",
                "timeline",
                "sent     ......................................p..............p................",
                "received ......................................................................",
                "         -1m10                              -35s                            now",
                "(p probe, a answer, d data, r data again, z window probe, R reset, ! ICMP error)",
                "",
                "events",
                "22:13:04.0  sent: keep-alive 2",
                "22:12:49.0  sent: keep-alive 1",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "Esc Back  Up/Down Scroll  Z Pause  F10 Quit",
            ])
    }

    @Test("A connection that closed stays for a minute, without a severity, and then goes")
    func closed() {
        var table = Self.table()
        Self.update(&table, Array(Self.rows[..<1]), at: Self.now + 1_000_000_000)
        var view = TopView()
        var lines = Self.screen(&view, table, 10, 160)
        #expect(lines[4].hasPrefix("- nginx[102]") && lines[4].contains("closed: unresponsive"))
        #expect(view.visible.count == 4)
        Self.update(&table, Array(Self.rows[..<1]), at: Self.now + 62_000_000_000)
        lines = Self.screen(&view, table, 10, 160)
        #expect(view.visible == [1])
    }

    @Test("A connection that a look has missed is not closed, and one that is back is open")
    func missed() {
        var table = Self.table()
        Self.update(&table, Array(Self.rows[..<1]), isComplete: false)
        #expect(table.rows.count == 4 && table.rows.allSatisfy { $0.closed == nil })
        Self.update(&table, Array(Self.rows[..<1]))
        #expect(table.rows.count { $0.closed != nil } == 3)
        Self.update(&table, Self.rows)
        #expect(table.rows.count == 4 && table.rows.allSatisfy { $0.closed == nil })
    }

    @Test("Details stay those of one connection, even if the filter excludes it, and end with it")
    func detailsStay() {
        var table = Self.table()
        var view = TopView()
        _ = Self.screen(&view, table)
        view.press(.character("/"))
        for character in "unresp" { view.press(.character(character)) }
        view.press(.enter)
        _ = Self.screen(&view, table)
        view.press(.enter)
        let title = "192.0.2.10:40002 > 198.51.100.20:443"
        #expect(Self.screen(&view, table)[0] == title)
        view.press(.character("?"))
        #expect(Self.screen(&view, table)[0] != title)
        view.press(.escape)
        #expect(Self.screen(&view, table)[0] == title)
        // The verdict of what is closed is not in the list any more.
        Self.update(&table, [Self.rows[0], Self.rows[2], Self.rows[3]], at: Self.now + 1_000_000_000)
        #expect(Self.screen(&view, table)[0] == title && Self.screen(&view, table)[2].hasPrefix("state       closed"))
        Self.update(&table, [Self.rows[0], Self.rows[2], Self.rows[3]], at: Self.now + 99_000_000_000)
        #expect(Self.screen(&view, table)[0].hasPrefix("tcpalive top"))
    }

    @Test("Times at the limits of a message, and wide letters, do not harm the screen")
    func limits() {
        var (table, view) = (Self.table(), TopView())
        let (local, remote) = (Self.rows[1].socket.local, Self.rows[1].socket.remote)
        for time in [0, 1 << 62] as [Int64] {
            table.add(.answer, from: remote, to: local, at: time, reply: 1 << 62, number: .max, text: "漢字")
        }
        _ = Self.screen(&view, table)
        view.press(.enter)
        let lines = Self.screen(&view, table, 30, 80)
        #expect(lines.contains { $0.hasSuffix("received: ??") })
    }

    @Test("Packets give unanswered probes, round trips and findings to both ends of a connection within the host")
    func packets() {
        let (one, other) = (Endpoint(IPAddress(v4: 0x7F00_0001), 1), Endpoint(IPAddress(v4: 0x7F00_0001), 2))
        var (near, far) = (Self.row(1, .keepAlive), Self.row(2, nil))
        (near.socket.local, near.socket.remote) = (one, other)
        (far.socket.local, far.socket.remote) = (other, one)
        near.socket.unanswered = 1
        var table = Self.table([near, far])
        let isProbe = table.add(.probe, from: one, to: other, at: Self.now, reply: nil, number: 3, text: "")
        #expect(isProbe)
        #expect(table.row(of: 1)?.unanswered == 3 && table.row(of: 2)?.unanswered == 0)
        let isAnswer = table.add(.answer, from: other, to: one, at: Self.now, reply: 250_000, number: 0, text: "")
        #expect(isAnswer)
        #expect(table.row(of: 1)?.wire.unanswered == 0 && table.row(of: 1)?.wire.lastReply == 250_000)
        #expect(table.row(of: 1)?.answerText == "0.25ms" && table.row(of: 2)?.answerText == "~0.10ms")
        table.add(TopRow.Wire.Found(.peerDead, .failure, "It died."), between: one, and: other)
        #expect(table.row(of: 1)?.verdict == "peer_dead" && table.row(of: 2)?.severity == .failure)
        let stranger = Endpoint(IPAddress(v4: 0x0808_0808), 53)
        let isStranger = table.add(.probe, from: stranger, to: one, at: Self.now, reply: nil, number: 1, text: "")
        #expect(!isStranger)
        #expect(table.probes == 2 && table.answers == 1)
    }

    @Test("No more events than the limit are kept, the last ones")
    func events() {
        var row = TopRow(Self.rows[0])
        for second in 0..<100 { row.add(TopEvent(Int64(second), .received)) }
        #expect(row.events.map(\.time) == Array(52..<100))
    }
}

/// What two looks at a socket show.
@Suite("Events between two looks")
struct TopEventTests {
    /// `socket` a second later, with `change`.
    private static func later(_ socket: HostSocket, _ change: (inout HostSocket) -> Void) -> HostSocket {
        var socket = socket
        socket.time = socket.time + .seconds(1)
        socket.details?.sinceDataReceived += 1000
        socket.details?.sinceAckReceived += 1000
        socket.details?.sinceDataSent += 1000
        change(&socket)
        return socket
    }

    private static func kinds(
        _ before: HostSocket, isCaptured: Bool = false, _ change: (inout HostSocket) -> Void
    ) -> [TopEvent.Kind] {
        TopEvent.events(from: before, to: later(before, change), at: 10_000_000_000, isCaptured: isCaptured).map(\.kind)
    }

    private static let idle = SocketAssessmentTests.socket(.keepAlive, heard: 30)

    @Test("Time that passes is no event, nor is a difference of a tick")
    func nothing() {
        #expect(Self.kinds(Self.idle) { _ in } == [])
        #expect(Self.kinds(Self.idle) { $0.details?.sinceAckReceived -= 12 } == [])
    }

    @Test("A probe, its answer, data, retransmissions, window probes and states are events")
    func events() {
        #expect(Self.kinds(Self.idle) { $0.unanswered = 1 } == [.probe(unanswered: 1)])
        #expect(Self.kinds(Self.idle) { $0.details?.sinceAckReceived = 400 } == [.probe(unanswered: 1), .answer])
        var unanswered = Self.idle
        unanswered.unanswered = 1
        #expect(
            Self.kinds(unanswered) {
                $0.unanswered = 0
                $0.details?.sinceAckReceived = 400
            } == [.answer])
        #expect(Self.kinds(unanswered) { $0.unanswered = 2 } == [.probe(unanswered: 2)])
        #expect(
            Self.kinds(Self.idle) {
                $0.details?.bytesReceived = 10
                $0.details?.sinceDataReceived = 300
                $0.details?.sinceAckReceived = 300
            } == [.received])
        #expect(
            Self.kinds(Self.idle) {
                $0.details?.sinceDataSent = 300
                $0.details?.sinceAckReceived = 299
            } == [.sent])
        #expect(
            Self.kinds(Self.idle) {
                $0.timer = .retransmission
                $0.unanswered = 2
                $0.details?.retransmissions = 2
                $0.details?.sinceDataSent = 100
            } == [.retransmission(2)])
        #expect(
            Self.kinds(Self.idle) {
                $0.timer = .windowProbe
                $0.unanswered = 1
            } == [.windowProbe(1)])
        #expect(Self.kinds(Self.idle) { $0.state = .closeWait } == [.state(.closeWait)])
    }

    @Test("Captured packets report probes and answers themselves")
    func captured() {
        #expect(Self.kinds(Self.idle, isCaptured: true) { $0.unanswered = 1 } == [])
        #expect(Self.kinds(Self.idle, isCaptured: true) { $0.details?.sinceAckReceived = 400 } == [])
    }

    @Test("A timeline has one scale for all events, and the more important of two in one column")
    func timeline() {
        let now: Int64 = 100_000_000_000
        func event(_ back: Int64, _ kind: TopEvent.Kind) -> TopEvent { TopEvent(now - back * 1_000_000_000, kind) }
        let short = TopTimeline(
            [event(9, .sent), event(9, .probe(unanswered: 1)), event(4, .answer), event(0, .received)], now: now,
            columns: 10)
        #expect(short.lines == ["sent     p.........", "received .....a...d", "         -10s   now"])
        let long = TopTimeline([event(95, .probe(unanswered: 1)), event(0, .answer)], now: now, columns: 10)
        #expect(long.lines == ["sent     p.........", "received .........a", "         -1m40  now"])
    }
}
