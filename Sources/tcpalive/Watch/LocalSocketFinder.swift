import Capture
import KeepAlive
import Platform
import Report
import Sockets
import Wire

/// Finds the sockets of this host at the ends of captured connections: it asks the process that may look (`SocketHelper`), and
/// never waits for it while packets come.
///
/// Looking costs nothing for a packet without an event. A socket is looked up when its connection is established, 2 s later, because programs set
/// options after they connect, and when an event concerns it, at most once a second. All lookups together are limited: in
/// a flood of connections most remain unknown.
struct LocalSocketFinder: ~Copyable {
    /// The state of an end.
    private struct Ticket {
        var remote: Endpoint
        /// The interfaces that have the local address. The socket may be bound to one.
        var interfaces: [UInt32]
        /// Which of them is asked for.
        var attempt = 0
        /// When it was last looked up; nil: never.
        var asked: ContinuousClock.Instant?
        var isOutstanding = false
        /// Whether an event concerned it.
        var hasEvents = false
        /// Whether what is known about it was printed.
        var isShown = false
        /// Whether its socket was there and is not any more.
        var isGone = false
    }

    private let inspector: InspectorConnection
    /// Whether the other process has ended, or answers wrongly: then nothing more becomes known.
    private(set) var isOver = false
    private var tickets: [LocalSockets.End: Ticket] = [:]
    /// Ends that wait to be asked about.
    private var queue: [LocalSockets.End] = []
    /// Ends that are asked about again at a time, in order.
    private var later: [(time: ContinuousClock.Instant, end: LocalSockets.End)] = []
    private var outstanding: [UInt32: LocalSockets.End] = [:]
    private var nextNumber: UInt32 = 0
    /// Questions that may be asked now.
    private var allowance = 0.0
    private var lastTurn = ContinuousClock.now
    private var lastAddresses = ContinuousClock.now
    private var lastForgotten = ContinuousClock.now
    private var cursor = AppearanceCursor()
    private let limit: Int

    /// The time between two turns.
    private static let turn = Duration.milliseconds(50)
    /// Questions in a second, and without an answer.
    private static let rate = 1000.0
    private static let mostOutstanding = 256
    /// Ends that wait, at most: one second's worth. In a flood, the others are left out without any work for them.
    private static let mostQueued = 1000
    /// The time between two lookups of one socket.
    private static let pause = Duration.seconds(1)
    /// When a new socket is looked up again.
    private static let settling = Duration.seconds(2)
    /// How long the end of the capture waits for answers.
    private static let patience = Duration.milliseconds(500)
    private static let bytesPerTicket = 512

    /// A finder that asks `inspector`, and uses up to `memory` bytes.
    init(asking inspector: consuming InspectorConnection, memory: Int) {
        self.inspector = inspector
        limit = max(256, memory / Self.bytesPerTicket)
    }

    // MARK: What to ask

    /// Takes the ends of this host in `events`, and prints the sockets of those that are known already.
    mutating func observe(
        _ events: [SegmentEvent], _ addresses: HostAddresses, _ reporter: inout Reporter
    ) throws(OutputError) {
        for event in events where !event.isCopy {
            let (source, destination) = (event.segment.source, event.segment.destination)
            for (local, remote) in [(source, destination), (destination, source)]
            where addresses.contains(local.address) {
                let end = LocalSockets.End(event.connection, local)
                want(end, remote, addresses, hasEvent: true)
                try show(end, &reporter)
            }
        }
    }

    private mutating func want(
        _ end: LocalSockets.End, _ remote: Endpoint, _ addresses: HostAddresses, hasEvent: Bool
    ) {
        if tickets[end] == nil {
            guard queue.count < Self.mostQueued else { return }
            if tickets.count >= limit { forget() }
            if tickets.count >= limit { return }
            tickets[end] = Ticket(remote: remote, interfaces: addresses.interfaces(with: end.endpoint.address))
        }
        if hasEvent { tickets[end]?.hasEvents = true }
        guard let ticket = tickets[end], !ticket.isOutstanding, !ticket.isGone, queue.count < Self.mostQueued else {
            return
        }
        if let asked = ticket.asked, asked + Self.pause > .now { return }
        tickets[end]?.isOutstanding = true
        queue.append(end)
    }

    /// Prints the socket at `end` once, if it is known and its connection has an event.
    private mutating func show(_ end: LocalSockets.End, _ reporter: inout Reporter) throws(OutputError) {
        guard let ticket = tickets[end], !ticket.isShown, ticket.hasEvents, reporter.sockets[end] != nil else { return }
        try reporter.socket(at: end, isNew: true)
        tickets[end]?.isShown = true
    }

    /// Makes room: most connections have no events. Returns false if it has done so less than a second ago.
    @discardableResult
    private mutating func forget() -> Bool {
        let now = ContinuousClock.now
        if lastForgotten + Self.pause > now { return false }
        lastForgotten = now
        tickets = tickets.filter { $0.value.hasEvents || $0.value.isOutstanding }
        return true
    }

    // MARK: Turns

    /// Asks and takes answers, if the time for that has come. New connections are those of `tracker`.
    ///
    /// Prints sockets of connections with events through `reporter`.
    mutating func advance(
        _ tracker: borrowing ConnectionTracker, _ addresses: inout HostAddresses, _ reporter: inout Reporter
    ) throws(OutputError) {
        let now = ContinuousClock.now
        guard !isOver, lastTurn + Self.turn <= now else { return }
        let (seconds, attoseconds) = lastTurn.duration(to: now).components
        allowance = min(Self.rate, allowance + (Double(seconds) + Double(attoseconds) * 1e-18) * Self.rate)
        lastTurn = now
        discover(tracker, &addresses, now)
        let due = later.prefix { $0.time <= now }.count
        for (_, end) in later.prefix(due) {
            if let ticket = tickets[end] { want(end, ticket.remote, addresses, hasEvent: false) }
        }
        later.removeFirst(due)
        ask()
        try takeAnswers(&reporter)
    }

    private mutating func discover(
        _ tracker: borrowing ConnectionTracker, _ addresses: inout HostAddresses, _ now: ContinuousClock.Instant
    ) {
        var found: [(number: UInt64, first: Endpoint, second: Endpoint)] = []
        tracker.forEachNew(since: &cursor, limit: max(0, Self.mostQueued - queue.count)) { found.append(($0, $1, $2)) }
        if found.isEmpty { return }
        if lastAddresses + Self.pause < now {
            addresses.update()
            lastAddresses = now
        }
        for (number, first, second) in found {
            for (local, remote) in [(first, second), (second, first)] where addresses.contains(local.address) {
                want(LocalSockets.End(number, local), remote, addresses, hasEvent: false)
            }
        }
    }

    private mutating func ask() {
        let count = min(queue.count, Int(allowance), Self.mostOutstanding - outstanding.count)
        guard count > 0 else { return }
        allowance -= Double(count)
        let now = ContinuousClock.now
        var questions: [SocketQuestion] = []
        for end in queue.prefix(count) {
            guard let ticket = tickets[end] else { continue }
            let interface = ticket.interfaces.isEmpty ? 0 : ticket.interfaces[ticket.attempt]
            tickets[end]?.asked = now
            outstanding[nextNumber] = end
            questions.append(
                SocketQuestion(
                    number: nextNumber, local: end.endpoint, remote: ticket.remote, interface: interface))
            nextNumber &+= 1
        }
        queue.removeFirst(count)
        do {
            try inspector.send(questions)
        } catch {
            isOver = true
        }
    }

    private mutating func takeAnswers(_ reporter: inout Reporter) throws(OutputError) {
        while !outstanding.isEmpty, let answers = receive() {
            for answer in answers { try take(answer, &reporter) }
        }
    }

    /// The next answers; nil: there are none now, or the process has ended.
    private mutating func receive() -> [SocketAnswer]? {
        do {
            return try inspector.receive()
        } catch {
            isOver = true
            return nil
        }
    }

    private mutating func take(_ answer: SocketAnswer, _ reporter: inout Reporter) throws(OutputError) {
        guard let end = outstanding.removeValue(forKey: answer.number) else { return }
        tickets[end]?.isOutstanding = false
        // The kernel keeps a closed connection for a while, without a process.
        guard let socket = answer.socket, socket.process != nil || socket.isOn != nil else {
            if reporter.sockets[end] != nil {
                tickets[end]?.isGone = true
            } else if tryNextInterface(end) {
                return
            } else if tickets[end]?.hasEvents != true {
                tickets[end] = nil
            }
            return
        }
        let isFirst = reporter.sockets[end] == nil
        if isFirst, reporter.sockets.count >= limit {
            if forget() { reporter.sockets.removeAll { tickets[$0] == nil } }
            if reporter.sockets.count >= limit { return }
        }
        let isChanged = reporter.sockets.update(end, socket, at: WallClock.now)
        if isFirst { later.append((.now + Self.settling, end)) }
        if isChanged, tickets[end]?.isShown == true { try reporter.socket(at: end, isNew: false) }
        try show(end, &reporter)
    }

    /// Asks about `end` again, for a socket on the next interface that has its address; false if there is none.
    private mutating func tryNextInterface(_ end: LocalSockets.End) -> Bool {
        guard let ticket = tickets[end] else { return false }
        let next = ticket.attempt + 1
        tickets[end]?.attempt = next < ticket.interfaces.count ? next : 0
        guard next < ticket.interfaces.count, queue.count < Self.mostQueued else { return false }
        tickets[end]?.isOutstanding = true
        queue.append(end)
        return true
    }

    // MARK: At the end

    /// Looks again at the sockets of connections with events, and waits for the answers, but not for long.
    mutating func refresh(_ reporter: inout Reporter) throws(OutputError) {
        let now = ContinuousClock.now
        for (end, ticket) in tickets where ticket.hasEvents && !ticket.isOutstanding && !ticket.isGone {
            tickets[end]?.isOutstanding = true
            queue.append(end)
        }
        allowance = Self.rate
        let deadline = now + Self.patience
        while !isOver, !(queue.isEmpty && outstanding.isEmpty), ContinuousClock.now < deadline {
            ask()
            // More would take longer than anybody should wait.
            if outstanding.isEmpty { return }
            guard (try? inspector.wait(until: deadline)) == true else { return }
            try takeAnswers(&reporter)
        }
    }
}
