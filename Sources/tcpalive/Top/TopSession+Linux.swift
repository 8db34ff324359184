#if os(Linux)
    import Glibc
    import Platform
    import Report
    import Sandbox
    import Sockets
    import Wire

    /// A run of `tcpalive top`.
    struct TopSession: ~Copyable {
        private let selection: SocketSelection
        private let delay: Duration
        private let hasColor: Bool
        private let filter: SocketFilter
        private let states: SocketStates
        private let wakeup: SignalWakeup
        private var feed: WireFeed
        /// What could not be restricted.
        private let lack: String?
        /// nil: while it is being read.
        private var source: AuditSource?
        private var table = TopTable()
        private var view: TopView
        private var notes: [String] = []
        /// When the sockets are listed next, and when the screen is drawn next.
        private var nextLook = ContinuousClock.now
        /// When they may be listed, if a packet says that something has changed.
        private var earliestLook = ContinuousClock.now
        private var nextDraw = ContinuousClock.now
        private var needsDraw = true

        /// So many rows are listed before keys are looked for.
        private static let rowsAtOnce = 2000
        /// Listing the sockets takes at most this part of the time, and so does drawing.
        private static let lookShare = 20
        /// The time between two drawings, or two looks, because of packets.
        private static let shortest = Duration.milliseconds(100)

        /// Opens what is necessary, and gives up rights that are not.
        init(_ options: Top) throws {
            try Screen.requireTerminal()
            let filter = try SocketFilter(options.sockets.filter)
            if let pid = options.sockets.pid {
                try SelectedProcess.requireProcess(pid)
                try SelectedProcess.requireOwnNamespace(pid, remedy: "nsenter -t \(pid) -n tcpalive top shows it")
            }
            let wakeup = try SignalWakeup()
            Signals.catchResizes()
            let feed = try Self.feed(options.packets)
            var source = AuditSource(
                looksForProcesses: true, pid: options.sockets.pid, pathTimeout: options.path.timeout, repeats: true)
            try source.openOwn()
            do throws(SystemError) {
                try InspectionRights.keepOnly()
                lack = nil
            } catch {
                lack = "This system cannot restrict tcpalive, which goes on with its rights (\(error))."
            }
            selection = options.sockets
            delay = options.screen.delay?.duration ?? .seconds(1)
            hasColor = options.screen.color.palette(on: .standardOutput).isOn
            self.filter = filter
            self.wakeup = wakeup
            self.feed = feed
            self.source = .some(source)
            states = filter.states(usual: .open)
            view = TopView(order: options.screen.order ?? .severity, pathTimeout: options.path.timeout)
        }

        /// The packets that `options` ask for. Throws if they name an interface that cannot be captured on.
        private static func feed(_ options: Top.PacketOptions) throws -> WireFeed {
            if options.noPackets { return WireFeed(none: "no packets are captured") }
            var feed = try WireFeed(on: options.interfaces.isEmpty ? ["any"] : options.interfaces)
            if let failure = try feed.begin(), !options.interfaces.isEmpty {
                complain(failure)
                throw ExitStatus.couldNotRun
            }
            return feed
        }

        /// The user quits while the sockets are listed.
        private struct Quit: Error {}

        /// Draws until the user quits.
        mutating func run() throws {
            table.isCaptured = feed.isCapturing
            try look { _ in }
            var screen = try Screen(hasColor: hasColor)
            while !Signals.isStopping, !view.isDone {
                if Signals.takeResize() {
                    screen.resize()
                    needsDraw = true
                }
                let now = ContinuousClock.now
                if !view.isPaused, now >= nextLook {
                    do {
                        try look { session in try session.follow(&screen) }
                    } catch is Quit {
                        break
                    }
                }
                if needsDraw, now >= nextDraw { draw(screen) }
                if try !wait() { break }
                wakeup.drain()
                if try !obey(&screen) { break }
                takePackets()
            }
        }

        /// Waits for a key, a packet, a signal, or the time of the next look or drawing; false if the terminal is gone.
        private func wait() throws -> Bool {
            var interests = [Interest(descriptor: STDIN_FILENO), Interest(descriptor: wakeup.descriptor)]
            if let descriptor = feed.descriptor { interests.append(Interest(descriptor: descriptor)) }
            var deadline = view.isPaused ? ContinuousClock.now + .seconds(3600) : nextLook
            if needsDraw { deadline = min(deadline, nextDraw) }
            try systemWait(&interests, until: deadline)
            return !interests[0].isBroken
        }

        // MARK: Keys

        /// Obeys the keys that were typed; false if the user quits.
        private mutating func obey(_ screen: inout Screen) throws -> Bool {
            while let input = screen.next() {
                switch input {
                case .interrupt: return false
                case .suspend: screen.suspend()
                case .redraw: screen.resize()
                case .key(let key): view.press(key)
                }
                needsDraw = true
                // At once, so that the screen follows the keyboard.
                nextDraw = .now
            }
            return true
        }

        /// Obeys the keys that were typed while the sockets are listed, and draws. Throws `Quit` if the user quits.
        private mutating func follow(_ screen: inout Screen) throws {
            if try !obey(&screen) || view.isDone || Signals.isStopping { throw Quit() }
            if needsDraw, ContinuousClock.now >= nextDraw { draw(screen) }
        }

        // MARK: Sockets and packets

        /// Lists the sockets. If there are many, `pause` is called again and again meanwhile, so that the keyboard need not wait.
        private mutating func look(_ pause: (inout TopSession) throws -> Void) throws {
            guard var source = source.take() else { return }
            let start = ContinuousClock.now
            var paused = Duration.zero
            var rows = 0
            var totals = AuditTotals(limit: TopTable.limit)
            let (selected, filter, states) = (selection, filter, states)
            source.watched = Set(view.visible)
            // A connection that is shown remains while it closes.
            let shown = table.openConnections
            try source.forEachRow(
                in: states.union(.probing),
                where: { socket in
                    shown.contains(socket.cookie)
                        || (states.contains(socket.state) && selected.hasPort(socket) && filter.matches(socket))
                }, &totals
            ) { _ in
                rows += 1
                if rows % Self.rowsAtOnce > 0 { return }
                let time = ContinuousClock.now
                try pause(&self)
                paused += time.duration(to: .now)
            }
            notes = (lack.map { [$0] } ?? []) + source.notes(totals)
            table.isCaptured = feed.isCapturing
            if !view.isPaused { table.update(totals, at: WallClock.now, isComplete: source.isComplete) }
            self.source = .some(source)
            let end = ContinuousClock.now
            earliestLook = end + max(Self.shortest, (start.duration(to: end) - paused) * (Self.lookShare - 1))
            nextLook = max(start + delay, earliestLook)
            needsDraw = true
        }

        private mutating func takePackets() {
            guard feed.descriptor != nil else { return }
            var hasNew = false
            var concerns = false
            feed.read { record in
                switch record.content {
                case .packet(let kind, let time, let reply, let number, let text):
                    concerns =
                        table.add(
                            kind, from: record.source, to: record.destination, at: time, reply: reply,
                            number: Int(number), text: text) || concerns
                    hasNew = true
                case .finding(let verdict, let severity, let sentence):
                    table.add(
                        TopRow.Wire.Found(verdict, severity, sentence), between: record.source,
                        and: record.destination)
                    hasNew = true
                case .ready, .failed, .dropped: break
                }
            }
            if hasNew, !view.isPaused { needsDraw = true }
            // What the kernel knows has changed as well.
            if concerns { nextLook = min(nextLook, earliestLook) }
        }

        private mutating func draw(_ screen: borrowing Screen) {
            let now = WallClock.now
            let surroundings = TopView.Surroundings(
                now: now, zone: LocalZone.offset(at: now / 1_000_000_000).seconds, capture: feed.state,
                notes: notes)
            let start = ContinuousClock.now
            screen.draw(
                view.screen(of: table, surroundings, height: screen.size.lines, width: screen.size.columns))
            needsDraw = false
            let end = ContinuousClock.now
            nextDraw = end + max(Self.shortest, start.duration(to: end) * (Self.lookShare - 1))
        }
    }
#endif
