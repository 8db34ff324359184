/// A TCP connection with keep-alive options, made from this end; closed in `deinit`.
///
/// Options are set before it connects, so that they hold from the handshake on.
public struct KeepAliveClient: ~Copyable {
    /// What `wait` waited for.
    public enum Event: Sendable, Equatable {
        /// The time is over and nothing happened.
        case tick
        /// Bytes of the peer, as many as one call of recv(2) gave.
        case received([UInt8])
        /// A router or the peer's host sent an ICMP error about the connection, for the `count`th time. The connection goes
        /// on.
        case reported(ICMPError, count: Int)
        /// The connection ended. Asking again gives the same answer.
        case ended(EndCause)
        /// The watched descriptor can be read.
        case ready(Int32)
    }

    /// What keep-alive options the socket had before any were set.
    public let initialOptions: KeepAliveOptions
    /// The options that could not be set, and why.
    public let optionFailures: [OptionFailure]
    /// The addresses that were tried in vain before this one.
    public let failedAttempts: [ConnectAttempt]

    /// What looks at the connection have shown so far.
    public private(set) var activity = ConnectionActivity(backoffLimit: systemBackoffLimit())
    /// The ICMP errors about the connection that have arrived so far.
    public private(set) var reports = ICMPReports()

    private var connection: Connection
    private let icmp: ICMPSocket?
    private let countersBefore: KernelCounters?
    /// The shortest time between two probes; nil if keep-alive is off.
    private let period: Duration?
    private var nextLook = ContinuousClock.now
    private var end: EndCause?
    private var servedWatched = false

    /// Between two looks: half the shortest time between probes that the options allow, see `ConnectionActivity`.
    private static let lookInterval = Duration.milliseconds(500)
    /// The same while data waits to be sent.
    private static let shortLookInterval = Duration.milliseconds(50)

    /// Connects to the first of `endpoints` that can be connected to.
    ///
    /// - Parameters:
    ///   - endpoints: the addresses to try, in this order (`Endpoint.resolve`).
    ///   - options: the keep-alive options, set before connecting; nil leaves everything as the system has it.
    ///   - bind: the numeric address or the name of this end; nil leaves it to the system.
    ///   - timeout: how long each address may take, above zero.
    ///   - watching: a descriptor that ends the connecting, with `SocketError.interrupted`, when it becomes readable.
    ///   - listensForICMP: whether to receive ICMP errors about the connection while it is idle, which the kernel
    ///     ignores; this takes the capability cap_net_raw. `hearsICMP` is true if it works.
    ///   - onAttempt: called with each address before it is tried.
    ///
    /// Throws `SocketError`: `outOfRange`, `notConnected`, `interrupted` or `system`.
    public static func connect(
        to endpoints: [Endpoint], options: KeepAliveOptions?, bind: String? = nil,
        timeout: Duration = .seconds(10), watching: Int32? = nil, listensForICMP: Bool = false,
        onAttempt: (Endpoint) -> Void = { _ in }
    ) throws(SocketError) -> KeepAliveClient {
        try options?.check()
        let counters = KernelCounters.now()
        var failures: [ConnectAttempt] = []
        for endpoint in endpoints {
            onAttempt(endpoint)
            let socket: Descriptor
            do {
                socket = try systemSocket(family: endpoint.family)
            } catch {
                failures.append(ConnectAttempt(endpoint: endpoint, failure: .failed(error)))
                continue
            }
            let initial = try KeepAliveOptions(readingFrom: socket.number)
            let refused = try options?.apply(to: socket.number) ?? []
            let failure = try Self.connect(
                socket.number, to: endpoint, bind: bind, timeout: timeout, watching: watching)
            if let failure {
                failures.append(ConnectAttempt(endpoint: endpoint, failure: failure))
                continue
            }
            do throws(SystemError) {
                let connection = try Connection(socket)
                return KeepAliveClient(
                    initialOptions: initial, optionFailures: refused, failedAttempts: failures, connection: connection,
                    icmp: listensForICMP ? ICMPSocket(isVersion6: endpoint.isIPv6) : nil, countersBefore: counters)
            } catch {
                // The peer was there and is gone already.
                failures.append(ConnectAttempt(endpoint: endpoint, failure: .failed(error)))
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
        look()
    }

    /// Connects one socket; nil: it did.
    private static func connect(
        _ socket: Int32, to endpoint: Endpoint, bind: String?, timeout: Duration, watching: Int32?
    ) throws(SocketError) -> ConnectAttempt.Failure? {
        if let bind {
            let family: AddressFamily = endpoint.isIPv6 ? .ipv6 : .ipv4
            do {
                let local = try Endpoint.resolve(host: bind, port: "0", family: family)
                try systemBind(socket, to: local[0].socketAddress)
            } catch SocketError.unresolved(_, let reason) {
                return .cannotBind(bind, reason: reason)
            } catch {
                return .cannotBind(bind, reason: "\(error)")
            }
        }
        // Only while connecting, see `ICMPSocket`. Without the queue an error is still an error.
        #if os(Linux)
            try? systemSetQueuesErrors(socket, isVersion6: endpoint.isIPv6, true)
            defer { try? systemSetQueuesErrors(socket, isVersion6: endpoint.isIPv6, false) }
        #endif
        do {
            try systemConnect(socket, to: endpoint.socketAddress)
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
            // A socket that connects to a port of this host from which it happens to come meets itself (RFC 9293).
            if try systemLocalAddress(socket) == systemRemoteAddress(socket) { return .failed(.connectionRefused) }
            return nil
        } catch let error as SystemError {
            return .failed(error)
        } catch {
            throw .interrupted
        }
    }

    /// This end.
    public var localEndpoint: Endpoint { connection.local }

    /// The other end.
    public var remoteEndpoint: Endpoint { connection.remote }

    /// The socket, for as long as this value lives. It does not block.
    public var descriptor: Int32 { connection.socket.number }

    /// The keep-alive options that the kernel has for this connection now. Throws `SocketError.system`.
    public func options() throws(SocketError) -> KeepAliveOptions {
        try KeepAliveOptions(readingFrom: descriptor)
    }

    /// Sets keep-alive options on the connection as it is; returns those that could not be set.
    ///
    /// Throws `SocketError.outOfRange` or `SocketError.system`.
    @discardableResult
    public func set(_ options: KeepAliveOptions) throws(SocketError) -> [OptionFailure] {
        try options.apply(to: descriptor)
    }

    /// What the kernel knows about the connection (TCP_INFO). Throws `SocketError.system` if it does not report it.
    public func information() throws(SocketError) -> ConnectionInformation {
        try ConnectionInformation(readingFrom: descriptor)
    }

    /// The timer of the connection that fires next; nil if none runs or the system does not report it.
    public func timer() -> ConnectionTimer? {
        ConnectionTimer(local: localEndpoint, remote: remoteEndpoint)
    }

    /// What the connection waits for when it is quiet.
    public func nextProbe() -> NextProbe {
        guard let options = try? options() else { return .unknown }
        return NextProbe(options: options, information: try? information(), timer: timer())
    }

    /// Bytes that were given to `send` and that the system did not accept yet.
    public var unsentCount: Int { connection.unsent.count }

    /// Bytes that the system accepted and the peer did not acknowledge; nil: not known.
    public var unacknowledged: UInt64? {
        // The SYN counts as one byte.
        guard let acknowledged = try? information().bytesAcknowledged, acknowledged > 0 else { return nil }
        return connection.bytesSent - min(connection.bytesSent, acknowledged - 1)
    }

    /// Whether ICMP errors about the idle connection are received.
    public var hearsICMP: Bool { icmp != nil }

    /// Whether the kernel still has the connection. Once it has given up, an ICMP error is about the RST that it sent.
    private var isOpen: Bool { (try? information().state) != 7 }

    /// What is known about the connection now, or when it ended.
    public mutating func endContext() -> EndContext {
        look()
        var known = EndContext(options: (try? options()) ?? KeepAliveOptions(isEnabled: false))
        let now = ContinuousClock.now
        if let information = try? information() {
            known.silence = information.sinceHeard
            known.idle = min(information.sinceDataReceived, information.sinceDataSent)
            known.unansweredProbes = information.unansweredProbes
        }
        known.unacknowledgedBytes = unacknowledged
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
        if !hearsICMP, let countersBefore, let counters = KernelCounters.now() {
            known.ignoredICMPErrors = counters.since(countersBefore).ignoredICMPErrors
        }
        return known
    }

    /// What `cause` means for this connection, in a few sentences for a person.
    public mutating func explanation(of cause: EndCause) -> String { cause.explanation(endContext()) }

    /// A line on what the quiet connection waits for and whether the peer answers, as in
    /// `3 probes answered, last 1.2 s ago; next in 3.8 s`.
    ///
    /// `reply` is how long the last answer took, which only packets show.
    public mutating func waitingText(reply: Duration? = nil) -> String {
        look()
        let errors = reports.total
        return activity.waitingText(next: nextProbe(), reply: reply, at: .now)
            + (errors == 0 ? "" : "; \(errors) ICMP error\(errors == 1 ? "" : "s") so far")
    }

    /// Looks at the connection, for `activity`.
    private mutating func look() {
        let now = ContinuousClock.now
        nextLook = now + Self.lookInterval
        // The moment when the window closes shows soonest then.
        if !connection.unsent.isEmpty, activity.windowClosedSince == nil { nextLook = now + Self.shortLookInterval }
        guard let information = try? information() else { return }
        // Without the socket monitor the window itself has to do.
        let isWindowClosed =
            timer().map { $0.purpose == .windowProbe }
            ?? (information.peerWindow == 0 && !connection.unsent.isEmpty)
        activity.note(
            information, bytesSent: connection.bytesSent, isWindowClosed: isWindowClosed, period: period, at: now)
    }

    /// Sends `bytes`; what the system does not accept now is sent while waiting. An error ends the connection, and
    /// the next `wait` reports it.
    public mutating func send(_ bytes: [UInt8]) {
        guard end == nil else { return }
        do {
            try connection.send(bytes)
            if !connection.unsent.isEmpty { nextLook = min(nextLook, .now + Self.shortLookInterval) }
        } catch {
            end = EndCause(error)
        }
    }

    /// Waits until something was received, the connection ended, one of the descriptors `watching` can be read, or
    /// `tick` is over.
    ///
    /// `readSize` is the most that is received at once, at least 1. Throws `SocketError.system` where waiting itself
    /// fails.
    public mutating func wait(
        tick: Duration, readSize: Int = 10, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        try wait(until: .now + tick, readSize: readSize, watching: watching)
    }

    /// Waits as `wait(tick:readSize:watching:)` does, until `deadline`.
    public mutating func wait(
        until deadline: ContinuousClock.Instant, readSize: Int = 10, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        while true {
            if let end { return .ended(end) }
            var interests = [connection.interest] + watching.map { Interest(descriptor: $0) }
            if let icmp { interests.append(Interest(descriptor: icmp.descriptor)) }
            do {
                try systemWait(&interests, until: min(deadline, nextLook))
            } catch {
                throw .system("cannot wait for the connection", error)
            }
            if ContinuousClock.now >= nextLook { look() }
            if interests.count > watching.count + 1, interests[watching.count + 1].isReadable,
                let report = icmp?.next(local: localEndpoint, remote: remoteEndpoint), isOpen
            {
                return .reported(report, count: reports.add(report))
            }
            let ready = interests.dropFirst().prefix(watching.count).first { $0.isReadable }
            // In turns, so that neither a busy peer nor a busy input starves the other.
            if let ready, !(servedWatched && interests[0].isReadable) {
                servedWatched = true
                return .ready(ready.descriptor)
            }
            servedWatched = false
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
