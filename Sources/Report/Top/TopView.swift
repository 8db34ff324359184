import KeepAlive
import Sockets
import Wire

/// What `tcpalive top` shows of a `TopTable`, and how keys change it.
package struct TopView: Sendable {
    /// What is on the screen.
    private enum Page: Sendable, Equatable {
        case list, details, help
        /// The menu of orders, with the number of the selected one.
        case orders(Int)
    }

    /// What surrounds the list.
    package struct Surroundings: Sendable {
        /// The time (ns since 1970), and the zone (seconds east of UTC).
        package var now: Int64
        package var zone: Int64
        /// What is captured, or why nothing is.
        package var capture: String
        /// Sentences on what is hidden or incomplete.
        package var notes: [String]

        /// Surroundings at `now` (ns since 1970).
        package init(now: Int64, zone: Int64, capture: String, notes: [String]) {
            self.now = now
            self.zone = zone
            self.capture = capture
            self.notes = notes
        }
    }

    /// Whether the user wants to quit.
    package private(set) var isDone = false
    /// Whether no more looks are wanted for now.
    package private(set) var isPaused = false
    /// The connections on the screen, from top to bottom.
    package private(set) var visible: [UInt64] = []

    private let pathTimeout: Int?
    private var page = Page.list
    /// Where the help was asked for.
    private var pageBelow = Page.list
    private var order = TopOrder.severity
    private var isInverted = false
    private var filter = ""
    private var isTyping = false
    /// The selected connection, and its place in the list. The selection follows the connection, but the first line is selected
    /// until a key moves away from it.
    private var selected: UInt64?
    private var place = 0
    /// The number of the first line on the screen.
    private var top = 0
    private var scroll = 0
    /// Lines of the last page, for keys that move by a page.
    private var pageSize = 10
    /// The indices of the rows that are listed, in order.
    private var arranged: [Int] = []

    /// A view of the list, sorted by `order`.
    ///
    /// `pathTimeout`: the idle time after which paths forget (s); nil: unknown.
    package init(order: TopOrder = .severity, pathTimeout: Int? = nil) {
        self.order = order
        self.pathTimeout = pathTimeout
    }

    // MARK: Keys

    /// Obeys `key`.
    package mutating func press(_ key: TopKey) {
        if isTyping { return type(key) }
        switch (page, key) {
        case (.list, .character("q")), (_, .function(10)): isDone = true
        case (.help, _): page = pageBelow
        case (.orders(let number), _): choose(number, key)
        case (.details, .character("q")), (.details, .escape), (.details, .enter), (.details, .backspace):
            page = .list
        case (.details, .up): scroll = max(0, scroll - 1)
        case (.details, .down): scroll += 1
        case (.details, .pageUp): scroll = max(0, scroll - pageSize)
        case (.details, .pageDown): scroll += pageSize
        case (.details, .home): scroll = 0
        case (.details, .end): scroll = .max / 2
        case (_, .character("?")), (_, .character("h")), (_, .function(1)): (page, pageBelow) = (.help, page)
        case (_, .character("Z")), (_, .character("p")), (_, .character(" ")): isPaused.toggle()
        case (.list, .up): move(-1)
        case (.list, .down): move(1)
        case (.list, .pageUp): move(-pageSize)
        case (.list, .pageDown): move(pageSize)
        case (.list, .home): move(-arranged.count)
        case (.list, .end): move(arranged.count)
        case (.list, .enter):
            guard !arranged.isEmpty else { return }
            (page, scroll) = (.details, 0)
        case (.list, .character("I")): isInverted.toggle()
        case (.list, .character("\\")), (.list, .character("/")), (.list, .function(3)), (.list, .function(4)):
            isTyping = true
        case (.list, .escape): filter = ""
        case (.list, .character(">")), (.list, .character("<")), (.list, .character(".")), (.list, .character(",")),
            (.list, .function(6)):
            page = .orders(TopOrder.allCases.firstIndex(of: order) ?? 0)
        default: break
        }
    }

    private mutating func type(_ key: TopKey) {
        switch key {
        case .enter: isTyping = false
        case .escape:
            isTyping = false
            filter = ""
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .character(let character): if filter.count < 60 { filter.append(character) }
        case .up: move(-1)
        case .down: move(1)
        default: break
        }
    }

    private mutating func choose(_ number: Int, _ key: TopKey) {
        let all = TopOrder.allCases
        switch key {
        case .up: page = .orders(max(0, number - 1))
        case .down: page = .orders(min(all.count - 1, number + 1))
        case .enter:
            order = all[number]
            isInverted = false
            page = .list
        case .escape, .character("q"): page = .list
        default: break
        }
    }

    private mutating func move(_ step: Int) {
        place = max(0, min(arranged.count - 1, place + step))
        selected = nil
    }

    // MARK: Screen

    /// The lines of a screen of `height` lines and `width` columns.
    package mutating func screen(
        of table: TopTable, _ surroundings: Surroundings, height: Int, width: Int
    ) -> [ScreenLine] {
        arrange(table)
        var lines: [ScreenLine]
        switch page {
        case .list: lines = list(table, surroundings, height: height, width: width)
        case .details: lines = details(table, surroundings, height: height, width: width)
        case .help: lines = Self.help.map { ScreenLine($0) } + surroundings.notes.map { ScreenLine($0) }
        case .orders(let number): lines = orders(number)
        }
        lines = lines.prefix(max(0, height - 1)).map { $0.cut(to: width) }
        while lines.count < height - 1 { lines.append(ScreenLine()) }
        var bar = ScreenLine(keys, .reversed)
        bar.pad(to: width, .reversed)
        lines.append(bar.cut(to: width))
        return Array(lines.prefix(height))
    }

    /// Sorts and filters, and finds the selected connection again.
    private mutating func arrange(_ table: TopTable) {
        let rows = table.rows
        let pattern = Array(filter.lowercased().utf8)
        arranged = rows.indices.filter { pattern.isEmpty || rows[$0].contains(pattern) }
        let (order, isInverted) = (order, isInverted)
        arranged.sort { isInverted ? order.isBefore(rows[$1], rows[$0]) : order.isBefore(rows[$0], rows[$1]) }
        // Details stay those of one connection, even if the filter excludes it now.
        if page == .details, let selected {
            if let found = arranged.firstIndex(where: { rows[$0].cookie == selected }) { place = found }
            if table.row(of: selected) != nil { return }
            page = .list
        }
        if place > 0, let selected,
            let found = arranged.firstIndex(where: { rows[$0].cookie == selected })
        {
            place = found
        }
        place = max(0, min(arranged.count - 1, place))
        selected = arranged.isEmpty ? nil : rows[arranged[place]].cookie
    }

    private mutating func list(
        _ table: TopTable, _ surroundings: Surroundings, height: Int, width: Int
    ) -> [ScreenLine] {
        var lines = heading(table, surroundings, width)
        // The header, and the keys.
        pageSize = max(1, height - lines.count - 2)
        if place < top { top = place }
        if place >= top + pageSize { top = place - pageSize + 1 }
        top = max(0, min(top, arranged.count - pageSize))
        let rows = arranged[top..<min(arranged.count, top + pageSize)].map { table.rows[$0] }
        visible = rows.map(\.cookie)
        let columns = TopColumns(rows, width: width)
        lines.append(columns.header(sortedBy: order, isInverted: isInverted, width: width))
        for (index, row) in rows.enumerated() {
            lines.append(columns.line(of: row, isSelected: top + index == place, width: width))
        }
        if rows.isEmpty {
            lines.append(ScreenLine(filter.isEmpty ? "no TCP connection" : "no connection contains \"\(filter)\""))
        }
        return lines
    }

    private func heading(_ table: TopTable, _ surroundings: Surroundings, _ width: Int) -> [ScreenLine] {
        let all = table.totals.all
        let civil = CivilTime(surroundings.now, offset: surroundings.zone)
        var first = ScreenLine("tcpalive top ", .bold)
        if isPaused {
            first.append("PAUSED", .reversed)
            first.append(" ")
        }
        first.append(
            TextBuffer.string {
                $0.append(timeOfDay: civil, digits: 0)
                $0.append("  ")
                $0.append(all.sockets, of: "connection")
                $0.append(": ")
                $0.append(all.warnings, of: "warning")
                $0.append(", ")
                $0.append(all.notices, of: "notice")
                $0.append(", ")
                $0.append(grouped: all.off)
                $0.append(" off")
            })
        var second = ScreenLine()
        if table.isCaptured {
            second.append(
                TextBuffer.string {
                    $0.append(table.probes, of: "keep-alive")
                    $0.append(", ")
                    $0.append(table.answers, of: "answer")
                    $0.append(" on ")
                })
        }
        second.append(surroundings.capture)
        var third = ScreenLine()
        if isTyping || !filter.isEmpty {
            third.append("filter: \(filter)", .bold)
            if isTyping { third.append(" ", .reversed) }
        } else if let note = surroundings.notes.first {
            third.append(note)
        }
        return [first, second, third]
    }

    private mutating func details(
        _ table: TopTable, _ surroundings: Surroundings, height: Int, width: Int
    ) -> [ScreenLine] {
        guard let selected, let row = table.row(of: selected) else {
            page = .list
            return list(table, surroundings, height: height, width: width)
        }
        visible = [selected]
        let lines = TopDetails(row: row, zone: surroundings.zone, pathTimeout: pathTimeout).lines(
            width: width, now: surroundings.now)
        pageSize = max(1, height - 2)
        scroll = max(0, min(scroll, lines.count - pageSize))
        return Array(lines[scroll...])
    }

    private func orders(_ selected: Int) -> [ScreenLine] {
        [ScreenLine("Sort by", .bold)]
            + TopOrder.allCases.enumerated().map { index, order in
                ScreenLine("  \(order.rawValue)", index == selected ? .reversed : .plain)
            }
    }

    /// The last line.
    private var keys: String {
        if isTyping { return "Enter Done  Esc Clear  (any text in a row: process, address, verdict, user)" }
        return switch page {
        case .list: "? Help  Enter Details  / Filter  > Sort  I Invert  Z Pause  q Quit"
        case .details: "Esc Back  Up/Down Scroll  Z Pause  F10 Quit"
        case .help: "any key: back"
        case .orders: "Enter Choose  Esc Back"
        }
    }

    private static let help = [
        "The TCP connections of this host, and whether keep-alive would save them",
        "",
        "Up Down PgUp PgDn Home End   select a connection",
        "Enter        its details, timeline and events",
        "/ \\ F3 F4    filter by any text in a row; Esc clears the filter",
        "> < . , F6   choose the order; I inverts it",
        "Z p Space    pause, and go on",
        "? h F1       this help",
        "q F10        quit",
        "",
        "first        ! warning, * notice, X failure, - closed within the last minute",
        "keep-alive   idle/interval/count in seconds, or off; ? unknown,",
        "             >=N no probe before N s of silence, N* idle or interval,",
        "             u user timeout",
        "idle         time since the last segment of the peer",
        "next         time until the next probe; data or window: none is sent meanwhile",
        "un           unanswered probes",
        "answer       round trip of the last answer; ~ smoothed, of the kernel",
        "verdict      see tcpalive explain VERDICT",
        "",
    ]
}

extension TopRow {
    /// Whether a cell contains `pattern`, the UTF-8 of lowercase text.
    fileprivate func contains(_ pattern: [UInt8]) -> Bool {
        let socket = audited.socket
        let text = TextBuffer.string {
            $0.append(audited.program ?? "")
            if let owner = audited.owner { $0.append("[\(owner.process)]") }
            for word in [socket.local.description, socket.remote.description, socket.state.shortName] {
                $0.append(" ")
                $0.append(word)
            }
            $0.append(" ")
            $0.append(SocketCells(row: audited).settings)
            $0.append(" ")
            $0.append(closed == nil ? verdict : "closed")
            $0.append(" ")
            $0.append(audited.user ?? "")
        }
        let bytes = Array(text.lowercased().utf8)
        guard bytes.count >= pattern.count else { return false }
        return (0...(bytes.count - pattern.count)).contains { start in
            bytes[start..<(start + pattern.count)].elementsEqual(pattern)
        }
    }
}
