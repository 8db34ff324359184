internal import Platform
public import Wire

/// A TCP connection to a peer, with keep-alive options; closed in `deinit`.
///
/// The options are set before it connects, so they apply from the handshake on.
public struct KeepAliveClient: ~Copyable {
    /// What happened during `wait`.
    public enum Event: Sendable, Equatable {
        /// Nothing until the deadline.
        case tick
        /// Bytes of the peer, from one call of recv(2).
        case received([UInt8])
        /// A router or the peer's host sent an ICMP error about the connection, for the `count`th time. The connection
        /// continues.
        case reported(ICMPError, count: Int)
        /// The connection ended. Further calls return the same.
        case ended(EndCause)
        /// This watched descriptor is readable.
        case ready(Int32)
    }

    /// The keep-alive options of the socket before any were set.
    public let initialOptions: KeepAliveOptions
    /// The options that could not be set.
    public let optionFailures: [OptionFailure]
    /// The attempts at other addresses that failed before this one.
    public let failedAttempts: [ConnectAttempt]

    /// Answered probes and window probes so far; `wait` and `sample` update it.
    public private(set) var activity = ConnectionActivity(backoffLimit: systemSetting("tcp_retries2") ?? 0)
    /// The ICMP errors about the connection so far.
    public private(set) var reports = ICMPReports()

    private var connection: Connection
    private let icmp: ICMPSocket?
    private let countersBefore: KernelCounters?
    /// The shortest time between two probes; nil if keep-alive is off.
    private let period: Duration?
    private var nextSample = ContinuousClock.now
    private var end: EndCause?
    private var hasServedWatched = false

    /// Time between two samples: half the shortest time between probes that the options allow (`ConnectionActivity`).
    private static let sampleInterval = Duration.milliseconds(500)
    /// Time between two samples while data is waiting to be sent.
    private static let shortSampleInterval = Duration.milliseconds(50)

    /// Connects to the first of `addresses` that accepts the connection.
    ///
    /// - Parameters:
    ///   - addresses: the addresses to try, in this order (`SocketAddress.resolve`).
    ///   - options: the keep-alive options, set before connecting; nil: those of the system.
    ///   - bind: the numeric address or the name of this end; nil: the system chooses.
    ///   - timeout: the connect timeout for each address, above zero.
    ///   - watching: a descriptor. When it becomes readable, connecting ends with `SocketError.interrupted`.
    ///   - receivesICMP: whether to receive ICMP errors about the connection while it is idle, which the kernel ignores.
    ///     This needs the capability cap_net_raw; the property `receivesICMP` says whether it works.
    ///   - onAttempt: called with each address before the attempt.
    ///
    /// Throws `SocketError`: `outOfRange`, `notConnected`, `interrupted` or `system`.
    public static func connect(
        to addresses: [SocketAddress], options: KeepAliveOptions?, bind: String? = nil,
        timeout: Duration = .seconds(10), watching: Int32? = nil, receivesICMP: Bool = false,
        onAttempt: (SocketAddress) -> Void = { _ in }
    ) throws(SocketError) -> KeepAliveClient {
        try options?.check()
        let counters = KernelCounters.now()
        var failures: [ConnectAttempt] = []
        for address in addresses {
            onAttempt(address)
            let socket: Descriptor
            do {
                socket = try systemSocket(family: address.family)
            } catch {
                failures.append(ConnectAttempt(address: address, failure: .failed(error)))
                continue
            }
            let initial = try KeepAliveOptions(readingFrom: socket.number)
            let refused = try options?.apply(to: socket.number) ?? []
            let failure = try Self.connect(
                socket.number, to: address, bind: bind, timeout: timeout, watching: watching)
            if let failure {
                failures.append(ConnectAttempt(address: address, failure: failure))
                continue
            }
            do throws(SystemError) {
                let connection = try Connection(socket)
                return KeepAliveClient(
                    initialOptions: initial, optionFailures: refused, failedAttempts: failures, connection: connection,
                    icmp: receivesICMP ? ICMPSocket(address.endpoint.address.version) : nil, countersBefore: counters)
            } catch {
                // The peer has already closed the connection.
                failures.append(ConnectAttempt(address: address, failure: .failed(error)))
            }
        }
        throw .notConnected(failures)
    }

    private init(
        initialOptions: KeepAliveOptions, optionFailures: [OptionFailure], failedAttempts: [ConnectAttempt],
        connection: consuming Connection, icmp: ICMPSocket?, countersBefore: KernelCounters?
    ) {
        self.initialOptions = initialOptions
        self.optionFailures = optionFailures
        self.failedAttempts = failedAttempts
        let options = try? KeepAliveOptions(readingFrom: connection.socket.number)
        period =
            options?.isEnabled == true ? .seconds(max(1, min(options?.idle ?? 1, options?.interval ?? 1))) : nil
        self.connection = connection
        self.icmp = icmp
        self.countersBefore = countersBefore
        sample()
    }

    /// Connects one socket; nil: it is connected.
    private static func connect(
        _ socket: Int32, to address: SocketAddress, bind: String?, timeout: Duration, watching: Int32?
    ) throws(SocketError) -> ConnectAttempt.Failure? {
        if let bind {
            let family: AddressFamily = address.isIPv6 ? .ipv6 : .ipv4
            do {
                let local = try SocketAddress.resolve(host: bind, port: "0", family: family)
                try systemBind(socket, to: local[0])
            } catch SocketError.unresolved(_, let reason) {
                return .cannotBind(bind, reason: reason)
            } catch {
                return .cannotBind(bind, reason: "\(error)")
            }
        }
        // Only while connecting, see `ICMPSocket`. If it fails, errors have no ICMP error with them.
        #if os(Linux)
            try? systemSetQueuesErrors(socket, isIPv6: address.isIPv6, true)
            defer { try? systemSetQueuesErrors(socket, isIPv6: address.isIPv6, false) }
        #endif
        do {
            try systemConnect(socket, to: address)
        } catch {
            if error != .inProgress { return .failed(error) }
        }
        var interests = [Interest(descriptor: socket, reads: false, writes: true)]
        if let watching { interests.append(Interest(descriptor: watching)) }
        do {
            try systemWait(&interests, until: .now + timeout)
            if interests.count > 1, interests[1].isReadable { throw SocketError.interrupted }
            guard interests[0].isWritable || interests[0].isBroken else { return .noAnswer(within: timeout) }
            let code = try systemSocketOption(socket, .error)
            if code != 0 {
                let error = SystemError(code: code)
                #if os(Linux)
                    while let bytes = systemNextQueuedError(socket) {
                        if let report = ICMPError(queued: bytes) { return .reported(error, report) }
                    }
                #endif
                return .failed(error)
            }
            // A socket that gets the same local port as the one it connects to on this host is its own peer (RFC 9293).
            if try systemLocalAddress(socket) == systemRemoteAddress(socket) { return .failed(.connectionRefused) }
            return nil
        } catch let error as SystemError {
            return .failed(error)
        } catch {
            throw .interrupted
        }
    }

    /// The address of this end.
    public var localAddress: SocketAddress { connection.local }

    /// The address of the other end.
    public var remoteAddress: SocketAddress { connection.remote }

    /// The non-blocking socket, valid while this value lives.
    public var descriptor: Int32 { connection.socket.number }

    /// The keep-alive options of the connection, read from the kernel. Throws `SocketError.system`.
    public func options() throws(SocketError) -> KeepAliveOptions {
        try KeepAliveOptions(readingFrom: descriptor)
    }

    /// Sets keep-alive options of the open connection; returns those that could not be set.
    ///
    /// Throws `SocketError.outOfRange` or `SocketError.system`.
    @discardableResult
    public func set(_ options: KeepAliveOptions) throws(SocketError) -> [OptionFailure] {
        try options.apply(to: descriptor)
    }

    /// The state of the connection, from the kernel (TCP_INFO). Throws `SocketError.system` if it does not report it.
    public func information() throws(SocketError) -> ConnectionInformation {
        try ConnectionInformation(readingFrom: descriptor)
    }

    /// The running timer of the connection; nil if none runs or the system does not report it.
    public func timer() -> ConnectionTimer? {
        ConnectionTimer(local: localAddress, remote: remoteAddress)
    }

    /// What the connection does next if nothing is sent or received.
    public func nextProbe() -> NextProbe {
        guard let options = try? options() else { return .unknown }
        return NextProbe(options: options, information: try? information(), timer: timer())
    }

    /// Bytes passed to `send` that the system did not accept yet.
    public var unsentCount: Int { connection.unsent.count }

    /// Bytes that the system accepted and the peer did not acknowledge; nil: unknown.
    public var unacknowledgedBytes: UInt64? {
        // The SYN counts as one byte.
        guard let acknowledged = try? information().bytesAcknowledged, acknowledged > 0 else { return nil }
        return connection.bytesSent - min(connection.bytesSent, acknowledged - 1)
    }

    /// Whether this process receives ICMP errors about the connection while it is idle.
    public var receivesICMP: Bool { icmp != nil }

    /// Whether the connection is not in state CLOSE (7). After the kernel has given it up, an ICMP error is about its
    /// RST.
    private var isOpen: Bool { (try? information().state) != 7 }

    /// The facts about the connection now, or when it ended.
    public mutating func endContext() -> EndContext {
        sample()
        var known = EndContext(options: (try? options()) ?? KeepAliveOptions(isEnabled: false))
        let now = ContinuousClock.now
        if let information = try? information() {
            known.silence = information.sinceHeard
            known.idle = min(information.sinceDataReceived, information.sinceDataSent)
            known.unansweredProbes = information.unansweredProbes
        }
        known.unacknowledgedBytes = unacknowledgedBytes
        known.idleBeforeData = activity.idleBeforeData
        known.answeredProbes = activity.answeredProbes
        known.answeredSinceData = activity.answeredSinceData
        known.mayMissAnswers = activity.mayMissAnswers
        if let since = activity.windowClosedSince {
            known.windowClosed = since.duration(to: now)
            known.windowProbes = activity.windowProbes
            known.mayMissWindowProbes = activity.mayMissWindowProbes
        }
        known.reports = reports
        if !receivesICMP, let countersBefore, let counters = KernelCounters.now() {
            known.ignoredICMPErrors = counters.since(countersBefore).ignoredICMPErrors
        }
        return known
    }

    /// Updates `activity` from the kernel. `wait` does the same at least twice a second.
    public mutating func sample() {
        let now = ContinuousClock.now
        nextSample = now + Self.sampleInterval
        // While data is waiting, the window may close at any moment.
        if !connection.unsent.isEmpty, activity.windowClosedSince == nil { nextSample = now + Self.shortSampleInterval }
        guard let information = try? information() else { return }
        // If the system does not report timers, the window decides.
        let isWindowClosed =
            timer().map { $0.purpose == .windowProbe }
            ?? (information.peerWindow == 0 && !connection.unsent.isEmpty)
        activity.record(
            information, bytesSent: connection.bytesSent, isWindowClosed: isWindowClosed, period: period, at: now)
    }

    /// Sends `bytes`. `wait` sends those that the system does not accept now. An error ends the connection, and the
    /// next `wait` returns it.
    public mutating func send(_ bytes: [UInt8]) {
        guard end == nil else { return }
        do {
            try connection.send(bytes)
            if !connection.unsent.isEmpty { nextSample = min(nextSample, .now + Self.shortSampleInterval) }
        } catch {
            end = EndCause(error)
        }
    }

    /// Waits for an event, at most for the time `tick`.
    ///
    /// `readSize` is the maximum of bytes per read, at least 1; `watching` are more descriptors to wait for. Throws
    /// `SocketError.system` if waiting fails.
    public mutating func wait(
        tick: Duration, readSize: Int = 10, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        try wait(until: .now + tick, readSize: readSize, watching: watching)
    }

    /// Waits like `wait(tick:readSize:watching:)`, until `deadline`.
    public mutating func wait(
        until deadline: ContinuousClock.Instant, readSize: Int = 10, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        while true {
            if let end { return .ended(end) }
            var interests = [connection.interest] + watching.map { Interest(descriptor: $0) }
            if let icmp { interests.append(Interest(descriptor: icmp.descriptor)) }
            do {
                try systemWait(&interests, until: min(deadline, nextSample))
            } catch {
                throw .system("cannot wait for the connection", error)
            }
            if ContinuousClock.now >= nextSample { sample() }
            if interests.count > watching.count + 1, interests[watching.count + 1].isReadable,
                let report = icmp?.next(local: localAddress.endpoint, remote: remoteAddress.endpoint), isOpen
            {
                return .reported(report, count: reports.add(report))
            }
            let ready = interests.dropFirst().prefix(watching.count).first { $0.isReadable }
            // They take turns, so that neither a busy peer nor busy input starves the other.
            if let ready, !(hasServedWatched && interests[0].isReadable) {
                hasServedWatched = true
                return .ready(ready.descriptor)
            }
            hasServedWatched = false
            do {
                if interests[0].isWritable { try connection.flush() }
                if interests[0].isReadable, let bytes = try connection.receive(count: max(1, readSize)) {
                    if !bytes.isEmpty { return .received(bytes) }
                    end = .closedByPeer
                    continue
                }
            } catch {
                end = EndCause(error)
                continue
            }
            if ContinuousClock.now >= deadline { return .tick }
        }
    }
}
