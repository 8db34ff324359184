/// One of the options that tcp(7) has for keep-alives.
public enum KeepAliveOption: Sendable, Equatable, CaseIterable {
    /// Seconds without a received segment before the first probe.
    case idle
    /// Seconds between probes that get no answer.
    case interval
    /// How many unanswered probes make a peer dead.
    case count
    /// Milliseconds that sent data, or probes, may stay unanswered; 0: as the system decides.
    case userTimeout

    /// The unit of its values: `s`, `ms`, or none.
    public var unit: String {
        switch self {
        case .idle, .interval: "s"
        case .count: ""
        case .userTimeout: "ms"
        }
    }

    /// Throws `SocketError.outOfRange` where the kernel would refuse `value`.
    public func check(_ value: Int) throws(SocketError) {
        if !bounds.contains(value) { throw .outOfRange(self, value) }
    }
}

/// The keep-alive options of a socket: wanted ones, where nil leaves what the kernel has; or such as were read back,
/// where nil is what the platform cannot tell.
public struct KeepAliveOptions: Sendable, Equatable {
    /// Whether probes are sent at all (SO_KEEPALIVE, socket(7)).
    public var isEnabled: Bool
    /// Seconds without a received segment before the first probe (TCP_KEEPIDLE, on macOS TCP_KEEPALIVE).
    public var idle: Int?
    /// Seconds between unanswered probes (TCP_KEEPINTVL).
    public var interval: Int?
    /// Unanswered probes before the connection is given up (TCP_KEEPCNT).
    public var count: Int?
    /// Milliseconds after which unacknowledged data or probes end the connection, 0 for none (TCP_USER_TIMEOUT).
    public var userTimeout: Int?

    /// Options with these values; bounds are checked where they are set.
    public init(
        isEnabled: Bool = true, idle: Int? = nil, interval: Int? = nil, count: Int? = nil, userTimeout: Int? = nil
    ) {
        self.isEnabled = isEnabled
        self.idle = idle
        self.interval = interval
        self.count = count
        self.userTimeout = userTimeout
    }

    /// The value of `option`, in its unit; nil: left to the kernel, or not known.
    public subscript(option: KeepAliveOption) -> Int? {
        get {
            switch option {
            case .idle: idle
            case .interval: interval
            case .count: count
            case .userTimeout: userTimeout
            }
        }
        set {
            switch option {
            case .idle: idle = newValue
            case .interval: interval = newValue
            case .count: count = newValue
            case .userTimeout: userTimeout = newValue
            }
        }
    }

    /// Throws `SocketError.outOfRange` for the first value that the kernel would refuse.
    public func check() throws(SocketError) {
        for option in KeepAliveOption.allCases {
            if let value = self[option] { try option.check(value) }
        }
    }

    /// The options of the socket `descriptor`, as the kernel has them now (getsockopt(2)).
    ///
    /// Throws `SocketError.system` where the descriptor is no TCP socket.
    public init(readingFrom descriptor: Int32) throws(SocketError) {
        self.init(isEnabled: false)
        do {
            isEnabled = try systemSocketOption(descriptor, .keepAlive) != 0
            for option in KeepAliveOption.allCases {
                guard let number = option.number else { continue }
                self[option] = Int(try systemOption(descriptor, KeepAliveOption.level, number))
            }
        } catch {
            throw .system("cannot read the keep-alive options of the socket", error)
        }
    }

    /// Sets the options of the socket `descriptor`, SO_KEEPALIVE last (setsockopt(2)).
    ///
    /// Gives those that this platform does not have, which stay as they are; `KeepAliveOption.absence` says why. Throws
    /// `SocketError.outOfRange`, before anything is set, or `SocketError.system`.
    @discardableResult
    public func apply(to descriptor: Int32) throws(SocketError) -> [KeepAliveOption] {
        try check()
        var missing: [KeepAliveOption] = []
        for option in KeepAliveOption.allCases {
            guard let value = self[option] else { continue }
            guard let number = option.number else {
                missing.append(option)
                continue
            }
            do {
                try systemSetOption(descriptor, KeepAliveOption.level, number, Int32(clamping: value))
            } catch {
                if error == .invalidArgument { throw .outOfRange(option, value) }
                throw .system("cannot set \(option.name)", error)
            }
        }
        do {
            try systemSetSocketOption(descriptor, .keepAlive, isEnabled ? 1 : 0)
        } catch {
            throw .system("cannot set SO_KEEPALIVE", error)
        }
        return missing
    }
}

/// What the options amount to when the peer falls silent, by the settings alone: the system's timers are a little late,
/// never early.
public struct ProbeSchedule: Sendable, Equatable {
    /// From the last received segment to the first probe.
    public let firstProbe: Duration
    /// Between unanswered probes.
    public let interval: Duration
    /// Probes that are sent before the connection is given up.
    public let probes: Int
    /// From the last received segment to the end of the connection.
    public let givesUpAfter: Duration
    /// Whether the user timeout decides, and not the count.
    public let isByUserTimeout: Bool

    /// The schedule of `options` as they were read back; nil where keep-alive is off or a value is not known.
    ///
    /// Linux ends the connection when its timer fires with the user timeout, where there is one, elapsed and at least
    /// one probe unanswered; otherwise one interval after the last of `count` probes (net/ipv4/tcp_timer.c).
    public init?(_ options: KeepAliveOptions) {
        guard options.isEnabled, let idle = options.idle, let interval = options.interval, let count = options.count,
            idle > 0, interval > 0, count > 0
        else { return nil }
        firstProbe = .seconds(idle)
        self.interval = .seconds(interval)
        let timeout = options.userTimeout ?? 0
        isByUserTimeout = timeout > 0
        if isByUserTimeout {
            let beyondIdle = max(0, timeout - idle * 1000)
            probes = max(1, (beyondIdle + interval * 1000 - 1) / (interval * 1000))
        } else {
            probes = count
        }
        givesUpAfter = .seconds(idle + probes * interval)
    }
}
