import Wire

/// Makes random stories.
struct StoryGenerator {
    private typealias Application = StoryApplication
    private var random: StoryRandom
    private var hosts: [StoryHost] = []
    private var path = StoryPath(delay: [0, 0], hops: [0, 0])
    private var keepAlive: [StoryKeepAlive?] = [nil, nil]
    private var application = StoryApplication()
    private var incidents: [StoryIncident] = []
    /// The idle periods of the first connection, between bursts.
    private var idlePeriods: [ClosedRange<Int64>] = []
    private var bursts: [ClosedRange<Int64>] = []
    private var cursor: Int64 = 0
    private var name = ""
    private var refuses = false
    private var buffer: [Int64] = [64_000, 64_000]
    private var end: Int64 = 0

    private static let second = Nanoseconds.second

    /// The plan of `seed`, and the random numbers for its run.
    static func plan(seed: UInt64) -> (StoryPlan, StoryRandom) {
        var generator = StoryGenerator(random: StoryRandom(seed: seed))
        return generator.make(seed)
    }

    private init(random: StoryRandom) {
        self.random = random
    }

    private mutating func make(_ seed: UInt64) -> (StoryPlan, StoryRandom) {
        hosts = [host(), host()]
        makePath()
        makeKeepAlive()
        let start = random.int(1...5 * Self.second)
        cursor = start + 3 * (path.delay[0] + path.delay[1]) + 2_000_000
        choose()
        if end == 0 {
            let tails: [Int64] = [1, 5, 30, 100, 300, 1000, 2500]
            end = cursor + (random.chance(0.25) ? random.duration(0.01, 5) : random.pick(tails) * Self.second)
        }
        var connections = [
            StoryConnection(
                clientPort: UInt16(random.int(32_768...60_999)), start: start, keepAlive: keepAlive,
                application: application, refuses: refuses, receiveBuffer: buffer)
        ]
        if random.chance(0.45) { connections.append(second(connections[0].clientPort &+ 1, start)) }
        let plan = StoryPlan(
            seed: seed, name: name, isVersion6: random.chance(0.12), hosts: hosts, path: path,
            connections: connections, incidents: incidents, end: end)
        return (plan, random)
    }

    // MARK: Hosts and path

    private mutating func host() -> StoryHost {
        let kind = random.unit()
        let stack: StoryStack =
            if kind < 0.6 { .linux(random.pick([100, 250, 250, 300, 1000])) } else if kind < 0.7 {
                .macOS
            } else if kind
                < 0.8
            { .freeBSD } else if kind < 0.95 { .windows } else { .illumos }
        var timeToLive: Int64 = stack == .windows ? 128 : 64
        if stack == .illumos { timeToLive = random.pick([64, 255]) }
        if random.chance(0.03) { timeToLive = 32 }
        let identification: StoryIdentification =
            switch stack {
            case .linux: .perSocket
            case .macOS: random.pick([.random, .zero])
            case .freeBSD: random.pick([.random, .perHost, .zero])
            case .windows, .illumos: .perHost
            }
        let offers = random.chance(stack == .windows ? 0.4 : 0.9)
        let retries: Int = stack.isLinux ? random.pick([5, 8, 15]) : stack == .windows ? 5 : Int(random.int(8...12))
        let isQuiet = stack == .windows || stack == .illumos
        return StoryHost(
            stack: stack, timeToLive: timeToLive,
            socketTimeToLive: random.chance(0.03) ? 255 : timeToLive, identification: identification,
            offersTimestamps: offers,
            timestampTick: stack == .illumos ? 10_000_000 : 1_000_000, retries: retries,
            answersEmptyProbes: stack.isLinux || random.chance(0.97),
            resetsWhenGivingUp: !isQuiet || random.chance(0.5),
            congestionBits: congestionBits(), phase: random.int(0...864_000 * Self.second),
            counterStart: UInt16(truncatingIfNeeded: random.next()))
    }

    private mutating func congestionBits() -> TCPFlags {
        guard random.chance(0.04) else { return [] }
        return random.pick([.ece, .ece, [.ece, .ae], [.cwr, .ece, .ae]])
    }

    private mutating func makePath() {
        let total = random.duration(0.000_05, 0.15)
        let hops = random.int(0...20)
        switch random.int(0...9) {
        case 0...3:
            path = StoryPath(delay: [1_500, total], hops: [0, hops])
        case 4...6:
            path = StoryPath(delay: [total, 1_500], hops: [hops, 0])
        default:
            let share = Int64(Double(total) * random.unit())
            let near = random.int(0...hops)
            path = StoryPath(delay: [share + 1_000, total - share + 1_000], hops: [near, hops - near])
        }
        if random.chance(0.5) { path.jitter = Int64(Double(total) * 0.1 * random.unit()) }
    }

    /// A middlebox on one part of the path, which is lengthened if necessary.
    private mutating func makeDevice(on part: Side? = nil) -> StoryDevice {
        let part = part ?? (path.hops[0] > path.hops[1] ? .client : .server)
        let index = part.rawValue
        // A difference of one hop is no difference.
        if path.hops[index] < 3 { path.hops[index] = random.int(3...12) }
        if path.delay[index] < 20_000 { path.delay[index] = random.duration(0.000_05, 0.02) }
        return StoryDevice(
            part: part, hopsToCapture: random.int(0...path.hops[index] - 2),
            timeToLive: random.pick([64, 64, 128, 255, 255]), hasIdentification: random.chance(0.4))
    }

    private mutating func makeKeepAlive() {
        let who = random.unit()
        for side in 0...1 {
            let has = side == 0 ? who < 0.55 : (who > 0.4 && who < 0.75)
            keepAlive[side] = has ? policy(hosts[side].stack) : nil
        }
    }

    private mutating func policy(_ stack: StoryStack) -> StoryKeepAlive {
        let idles: [Int64] = [1, 2, 5, 5, 8, 10, 10, 15, 20, 30, 30, 45, 60, 60, 60, 75, 120, 180, 300, 300, 600, 7200]
        let idle = random.pick(idles)
        var interval = random.pick([1, 2, 3, 5, 5, 8, 10, 10, 15, 30, 60, 75] as [Int64])
        if !stack.isLinux || random.chance(0.85) { interval = min(interval, idle) }
        var settings = StoryKeepAlive(
            idle: idle * Self.second, interval: interval * Self.second,
            count: Int(random.pick([1, 2, 3, 3, 4, 5, 5, 6, 8, 9, 9])))
        if stack == .windows {
            settings.count = 10
            if random.chance(0.05) {
                settings.idle = random.pick([5, 10, 60, 200, 500] as [Int64]) * Nanoseconds.millisecond
                settings.interval = settings.idle
            }
        }
        if stack.isLinux, random.chance(0.08) {
            settings.userTimeout = settings.idle + random.int(1...6) * settings.interval
        }
        return settings
    }

    // MARK: What applications do

    private mutating func request(_ time: Int64, _ side: Side, size: Int64? = nil, reply: Int64? = nil) {
        application.requests.append(
            Application.Request(
                time: time, side: side, size: size ?? random.int(1...900), reply: reply ?? random.int(1...2000),
                think: random.duration(0.000_02, 0.05)))
    }

    private mutating func burst() {
        let begin = cursor
        switch random.int(0...5) {
        case 0...3:
            for _ in 0..<random.int(1...3) {
                request(cursor, random.chance(0.85) ? .client : .server)
                cursor += random.duration(0.01, 2)
            }
        case 4:
            // Bulk data in one direction.
            let side: Side = random.chance(0.5) ? .client : .server
            request(cursor, side, size: random.int(2000...20_000), reply: 0)
            cursor += random.duration(0.2, 2)
        default:
            let side: Side = random.chance(0.5) ? .client : .server
            let period = random.duration(0.1, 15)
            for _ in 0..<random.int(2...8) {
                request(cursor, side, size: random.chance(0.3) ? 1 : nil, reply: random.chance(0.5) ? 0 : 30)
                cursor += period
            }
        }
        cursor += 300 * Nanoseconds.millisecond
        bursts.append(begin...cursor)
    }

    private mutating func idle(_ duration: Int64) {
        idlePeriods.append(cursor...cursor + duration)
        cursor += duration
    }

    private mutating func gap() -> Int64 {
        switch random.int(0...19) {
        case 0...6: random.duration(0.5, 25)
        case 7...12: random.duration(30, 120)
        case 13...18: random.duration(120, 1200)
        default: random.int(7200...8000) * Self.second
        }
    }

    /// Bursts with idle periods between them.
    private mutating func activity(_ periods: ClosedRange<Int64> = 0...4) {
        burst()
        for _ in 0..<random.int(periods) {
            idle(gap())
            burst()
        }
    }

    /// A time within an idle period or a burst.
    private mutating func moment() -> Int64 {
        let choices = random.chance(0.65) && !idlePeriods.isEmpty ? idlePeriods : bursts
        let range = random.pick(choices)
        return random.int(range)
    }

    /// Attempts to use the connection after an incident, or none.
    private mutating func aftermath() {
        guard random.chance(0.6) else { return }
        if random.chance(0.5) { idle(gap()) }
        burst()
    }

    private mutating func anySide() -> Side { random.chance(0.5) ? .client : .server }

    /// A part of the path on which packets may be lost: rarely the one between a host and a capture on that host.
    private mutating func anyPart() -> Side {
        let side = anySide()
        return path.hops[side.rawValue] == 0 && random.chance(0.85) ? side.other : side
    }

    /// How applications end the connection, if they do.
    private mutating func ending() {
        let side = anySide()
        switch random.int(0...15) {
        case 0...3: break
        case 4...6:
            if random.chance(0.4) { cursor += gap() }
            application.closes.append((cursor, side, random.chance(0.1) ? .halfClose : .finish))
            reaction(side.other)
        case 7:
            if random.chance(0.4) { cursor += gap() }
            application.closes.append((cursor, side, .abort))
        case 8:
            // Close with unread data.
            application.stopsReading = (cursor, side)
            request(cursor + 1_000_000, side.other, reply: 0)
            application.closes.append((cursor + random.duration(0.05, 3), side, .leaveUnread))
            cursor += 3 * Self.second
        case 9...11:
            let timeouts: [Int64] = [5, 15, 30, 60, 60, 75, 120, 180, 300, 600, 900]
            application.idleTimeout[side.rawValue] = random.pick(timeouts) * Self.second
            if random.chance(0.25) { application.idleClose = .abort }
            reaction(side.other)
            cursor += random.duration(1, 1000)
            if random.chance(0.4) { burst() }
        case 12:
            application.closes.append((cursor, side, .finish))
            application.reaction[side.other.rawValue] = .leak
            cursor += random.duration(10, 600)
        case 13:
            // A connection pool that does not check: it uses the connection again after the peer's FIN.
            application.closes.append((cursor, side, .finish))
            application.reaction[side.other.rawValue] = .ignore
            cursor += random.duration(0.01, 300)
            request(cursor, side.other)
            cursor += 2 * Self.second
        case 14:
            abortsProbing(side)
        default:
            application.patience = random.duration(1, 60)
            application.idleClose = random.chance(0.5) ? .abort : .finish
        }
    }

    private mutating func abortsProbing(_ side: Side? = nil) {
        let side = side ?? (keepAlive[0] != nil ? .client : .server)
        guard keepAlive[side.rawValue] != nil else { return }
        // Not when the kernel would give up: no capture would show the difference.
        let interval = keepAlive[side.rawValue]?.interval ?? Self.second
        let delay = min(random.duration(0.000_5, 20), Int64(Double(interval) * 0.8))
        application.abortsProbing = (side, Int(random.int(1...3)), delay)
    }

    private mutating func reaction(_ side: Side) {
        if random.chance(0.8) {
            application.reaction[side.rawValue] = .close(after: random.duration(0.000_02, 2))
        } else {
            application.reaction[side.rawValue] = random.chance(0.5) ? .leak : .ignore
        }
    }

    // MARK: What happens

    private mutating func choose() {
        switch random.int(0...99) {
        case 0...15:
            name = "plain"
            activity()
            ending()
        case 16...27:
            name = "host dies"
            activity(0...3)
            incidents.append(.hostDies(anySide(), moment()))
            aftermath()
            if random.chance(0.3) { ending() }
            if random.chance(0.15) { abortsProbing() }
        case 28...35:
            name = "host restarts"
            activity(0...3)
            let time = moment()
            incidents.append(.hostRestarts(anySide(), time, back: time + random.duration(0.001, 120)))
            aftermath()
        case 36...43:
            name = "outage"
            activity(0...3)
            let time = moment()
            let duration = random.chance(0.2) ? 100_000 * Self.second : random.duration(1, 600)
            incidents.append(.outage(anyPart(), from: time, to: time + duration))
            aftermath()
            if random.chance(0.3) { ending() }
        case 44...62: forgets()
        case 63...67:
            name = "path blocks"
            activity(0...3)
            var device = makeDevice(on: anySide())
            device.blocksFrom = moment()
            if random.chance(0.3) { device.blockedSender = anySide() }
            path.device = device
            aftermath()
        case 68...71:
            name = "middlebox answers"
            middleboxAnswers()
        case 72...75:
            name = "middlebox probes"
            var device = makeDevice(on: anySide())
            device.probeIdle = random.pick([15, 30, 60, 300] as [Int64]) * Self.second
            path.device = device
            activity()
            if random.chance(0.4) { incidents.append(.hostDies(anySide(), moment())) }
            if random.chance(0.4) { ending() }
        case 76...81:
            name = random.chance(0.5) ? "reset injected" : "reset refused"
            path.device = makeDevice(on: anySide())
            activity(0...3)
            let time = moment()
            let side = anySide()
            if name == "reset injected" {
                incidents.append(.injectedReset(time, toward: side))
                if random.chance(0.5) { incidents.append(.injectedReset(time + 1, toward: side.other)) }
            } else {
                for number in 0..<random.int(1...3) {
                    incidents.append(.refusedReset(time + number * 1_000_000, toward: side))
                }
            }
            if random.chance(0.5) { ending() }
        case 82...86:
            name = "route change"
            activity(1...4)
            let part: Side = path.hops[0] > path.hops[1] ? .client : .server
            path.hops[part.rawValue] = max(path.hops[part.rawValue], 6)
            incidents.append(
                .routeChange(part, moment(), hops: random.int(-5...12), delay: random.duration(0.000_1, 0.08)))
            ending()
        case 87...91:
            name = "loss"
            path.loss = [random.unit() * 0.08, random.unit() * 0.08]
            for part in 0...1 where path.hops[part] == 0 && random.chance(0.85) { path.loss[part] = 0 }
            activity()
            ending()
        case 92...93: reconnects()
        case 94...97: stalls()
        case 98:
            name = "connection refused"
            refuses = true
            cursor += Self.second
        default:
            name = "SYN unanswered"
            incidents.append(.hostDies(.server, 1))
            cursor += random.duration(1, 60)
        }
        if path.device == nil, random.chance(0.04) {
            var device = makeDevice(on: .server)
            device.answersHandshake = true
            path.device = device
        }
    }

    /// A middlebox forgets idle connections.
    private mutating func forgets() {
        name = "path forgets"
        var device = makeDevice(on: random.chance(0.3) ? anySide() : nil)
        let seconds = random.pick([60, 60, 120, 240, 300, 350, 350, 600, 900, random.int(30...1000)] as [Int64])
        let timeout = seconds * Self.second
        device.idleTimeout = timeout
        if random.chance(0.5) { device.halfClosedTimeout = random.pick([60, 120, 240] as [Int64]) * Self.second }
        device.expiry = random.pick(
            [.silent, .silent, .silent, .silent, .rejects, .rejects, .resetsBoth, .resetsClient, .resetsServer])
        device.answersHandshake = random.chance(0.1)
        path.device = device
        burst()
        for _ in 0..<random.int(0...2) {
            idle(Int64(Double(timeout) * (0.1 + 0.85 * random.unit())))
            burst()
        }
        idle(Int64(Double(timeout) * (1.01 + 2 * random.unit() * random.unit())))
        if random.chance(0.75) { burst() }
        if random.chance(0.3) { ending() }
    }

    private mutating func middleboxAnswers() {
        let part = anySide()
        var device = makeDevice(on: part)
        device.answersFrom = 0
        path.device = device
        keepAlive[part.other.rawValue] = policy(hosts[part.other.rawValue].stack)
        activity(1...4)
        if random.chance(0.3) { device.answersFrom = moment() }
        path.device = device
        if random.chance(0.6) { incidents.append(.hostDies(part, moment())) }
        aftermath()
    }

    private mutating func reconnects() {
        name = "reconnects"
        activity(0...2)
        let time = cursor
        incidents.append(.hostDies(.client, time))
        cursor += random.duration(1, 400)
        incidents.append(.reconnect(cursor))
        cursor += 5 * Self.second
    }

    /// An application that does not read.
    private mutating func stalls() {
        name = "stall"
        let reader = anySide()
        buffer[reader.rawValue] = random.int(4000...12_000)
        burst()
        application.stopsReading = (cursor, reader)
        request(cursor + 1_000_000, reader.other, size: buffer[reader.rawValue] + random.int(-2000...8000), reply: 0)
        cursor += random.duration(1, 300)
        if random.chance(0.5) {
            application.readsAgain = cursor
            burst()
        }
        if random.chance(0.2) { incidents.append(.hostDies(reader, cursor)) }
        if random.chance(0.3) { ending() }
    }

    // MARK: The second connection

    private mutating func second(_ port: UInt16, _ start: Int64) -> StoryConnection {
        var other = StoryApplication()
        let isLate = random.chance(0.3)
        let begin = isLate ? random.int(start...end) : start + random.int(0...Self.second)
        let period = max(random.duration(1, 60), (end - begin) / 25)
        var time = begin + Self.second
        while time < end {
            other.requests.append(
                Application.Request(
                    time: time, side: .client, size: 20, reply: 20, think: random.duration(0.000_02, 0.01)))
            time += period
        }
        return StoryConnection(
            clientPort: port, start: begin, keepAlive: [nil, nil], application: other)
    }
}
