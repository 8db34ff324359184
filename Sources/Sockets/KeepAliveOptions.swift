public import Platform

extension KeepAliveOption {
    /// Throws `SocketError.outOfRange` if the kernel would refuse `value`.
    public func check(_ value: Int) throws(SocketError) {
        if !bounds.contains(value) { throw .outOfRange(self, value) }
    }
}

/// The keep-alive options of a socket. In options to set, nil keeps the value of the kernel; in options read back, nil
/// means unknown.
public struct KeepAliveOptions: Sendable, Equatable {
    /// Whether probes are sent (SO_KEEPALIVE, socket(7)).
    public var isEnabled: Bool
    /// Seconds without a received segment before the first probe (TCP_KEEPIDLE, on macOS TCP_KEEPALIVE).
    public var idle: Int?
    /// Seconds between unanswered probes (TCP_KEEPINTVL).
    public var interval: Int?
    /// Unanswered probes before the connection is given up (TCP_KEEPCNT).
    public var count: Int?
    /// Milliseconds after which unacknowledged data or probes end the connection, 0 for none (TCP_USER_TIMEOUT).
    public var userTimeout: Int?

    /// Options with these values. `check` and `apply` check the bounds.
    public init(
        isEnabled: Bool = true, idle: Int? = nil, interval: Int? = nil, count: Int? = nil, userTimeout: Int? = nil
    ) {
        self.isEnabled = isEnabled
        self.idle = idle
        self.interval = interval
        self.count = count
        self.userTimeout = userTimeout
    }

    /// The value of `option` in its unit; nil: the value of the kernel, or unknown.
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

    /// The options of the socket `descriptor`, read from the kernel (getsockopt(2)). Those that it refuses to read are
    /// nil.
    ///
    /// Throws `SocketError.system` if the descriptor is not a socket.
    public init(readingFrom descriptor: Int32) throws(SocketError) {
        self.init(isEnabled: false)
        do throws(SystemError) {
            isEnabled = try systemSocketOption(descriptor, .keepAlive) != 0
            for option in KeepAliveOption.allCases {
                guard let number = option.number else { continue }
                do throws(SystemError) {
                    self[option] = Int(try systemOption(descriptor, KeepAliveOption.level, number))
                } catch {
                    guard error.isRefusal else { throw error }
                }
            }
        } catch {
            throw .system("cannot read the keep-alive options of the socket", error)
        }
    }

    /// Sets the options of the socket `descriptor`, SO_KEEPALIVE last (setsockopt(2)).
    ///
    /// Returns the options that the platform lacks or refuses to set. They keep their values; the others are set.
    /// Throws `SocketError.outOfRange` before it sets any, and `SocketError.system` if the descriptor is not a socket.
    @discardableResult
    public func apply(to descriptor: Int32) throws(SocketError) -> [OptionFailure] {
        try check()
        var failures: [OptionFailure] = []
        for option in KeepAliveOption.allCases {
            guard let value = self[option] else { continue }
            guard let number = option.number else {
                failures.append(OptionFailure(option, .absent(option.absence ?? "this platform lacks it")))
                continue
            }
            do {
                try systemSetOption(descriptor, KeepAliveOption.level, number, Int32(clamping: value))
            } catch {
                guard error.isRefusal else { throw .system("cannot set \(option.name)", error) }
                failures.append(OptionFailure(option, .refused(error)))
            }
        }
        do {
            try systemSetSocketOption(descriptor, .keepAlive, isEnabled ? 1 : 0)
        } catch {
            guard error.isRefusal else { throw .system("cannot set SO_KEEPALIVE", error) }
            failures.append(OptionFailure(nil, .refused(error)))
        }
        return failures
    }
}

/// An option that could not be set.
public struct OptionFailure: Sendable, Equatable, CustomStringConvertible {
    /// Why it could not be set.
    public enum Reason: Sendable, Equatable {
        /// The platform lacks it; a clause says more.
        case absent(String)
        /// The system refused it with this error.
        case refused(SystemError)
    }

    /// The option; nil: SO_KEEPALIVE.
    public let option: KeepAliveOption?
    /// Why it could not be set.
    public let reason: Reason

    /// The failure to set `option`.
    public init(_ option: KeepAliveOption?, _ reason: Reason) {
        self.option = option
        self.reason = reason
    }

    /// The name of the option.
    public var name: String { option?.name ?? "SO_KEEPALIVE" }

    /// A clause, as in `TCP_KEEPINTVL cannot be set: Protocol not available`.
    public var description: String {
        switch reason {
        case .absent(let text): text
        case .refused(let error): "\(name) cannot be set: \(error)"
        }
    }
}

extension SystemError {
    /// Whether the system lacks or forbids the option, as opposed to: the descriptor is not a socket.
    ///
    /// EINVAL counts, because values out of bounds never reach the system.
    fileprivate var isRefusal: Bool {
        [.invalidArgument, .noSuchOption, .notPermitted, .notSupported].contains(self)
    }
}

/// When a peer that no longer answers is probed and given up, according to the options. The timers of the system are a
/// little late, never early.
public struct ProbeSchedule: Sendable, Equatable {
    /// Time from the last received segment to the first probe.
    public let firstProbe: Duration
    /// Time between unanswered probes.
    public let interval: Duration
    /// Probes that are sent before the connection is given up.
    public let probes: Int
    /// Time from the last received segment to the end of the connection.
    public let givesUpAfter: Duration
    /// The user timeout, which ends the connection instead of the count; nil: none.
    public let userTimeout: Duration?

    /// Whether the user timeout ends the connection, and not the count.
    public var isByUserTimeout: Bool { userTimeout != nil }

    /// The schedule of `options`, read back from a socket; nil if keep-alive is off or a value is unknown.
    ///
    /// With a user timeout, Linux ends the connection when the keep-alive timer fires after that time with at least one
    /// probe unanswered; otherwise one interval after the last of `count` probes (net/ipv4/tcp_timer.c).
    public init?(_ options: KeepAliveOptions) {
        guard options.isEnabled, let idle = options.idle, let interval = options.interval, let count = options.count,
            idle > 0, interval > 0, count > 0
        else { return nil }
        firstProbe = .seconds(idle)
        self.interval = .seconds(interval)
        let timeout = options.userTimeout ?? 0
        userTimeout = timeout > 0 ? .milliseconds(timeout) : nil
        if timeout > 0 {
            let beyondIdle = max(0, timeout - idle * 1000)
            probes = max(1, (beyondIdle + interval * 1000 - 1) / (interval * 1000))
        } else {
            probes = count
        }
        givesUpAfter = .seconds(idle + probes * interval)
    }
}
