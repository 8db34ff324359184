/// A TCP connection with keep-alive options, made from this end; closed in `deinit`.
///
/// Options are set before it connects, so that they hold from the handshake on.
public struct KeepAliveClient: ~Copyable {
    /// What `wait` waited for.
    public enum Event: Sendable, Equatable {
        /// The time is over and nothing happened.
        case tick
        /// Octets of the peer, as many as one call of recv(2) gave.
        case received([UInt8])
        /// The connection ended. Asking again gives the same answer.
        case ended(EndCause)
        /// The watched descriptor can be read.
        case ready(Int32)
    }

    /// What keep-alive options the socket had before any were set.
    public let initialOptions: KeepAliveOptions
    /// The wanted options that this platform does not have; `KeepAliveOption.absence` says why.
    public let missingOptions: [KeepAliveOption]
    /// The addresses that were tried in vain before this one.
    public let failedAttempts: [ConnectAttempt]

    private var connection: Connection
    private var end: EndCause?
    private var servedWatched = false

    /// Connects to the first of `endpoints` that can be connected to.
    ///
    /// - Parameters:
    ///   - endpoints: the addresses to try, in this order (`Endpoint.resolve`).
    ///   - options: the keep-alive options, set before connecting; nil leaves everything as the system has it.
    ///   - bind: the numeric address or the name of this end; nil leaves it to the system.
    ///   - timeout: how long each address may take, above zero.
    ///   - watching: a descriptor that ends the connecting, with `SocketError.interrupted`, when it becomes readable.
    ///   - onAttempt: told of each address before it is tried.
    ///
    /// Throws `SocketError`: `outOfRange`, `notConnected`, `interrupted` or `system`.
    public static func connect(
        to endpoints: [Endpoint], options: KeepAliveOptions?, bind: String? = nil,
        timeout: Duration = .seconds(10), watching: Int32? = nil, onAttempt: (Endpoint) -> Void = { _ in }
    ) throws(SocketError) -> KeepAliveClient {
        try options?.check()
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
            let missing = try options?.apply(to: socket.number) ?? []
            let failure = try Self.connect(
                socket.number, to: endpoint, bind: bind, timeout: timeout, watching: watching)
            if let failure {
                failures.append(ConnectAttempt(endpoint: endpoint, failure: failure))
                continue
            }
            do throws(SystemError) {
                let connection = try Connection(socket)
                return KeepAliveClient(
                    initialOptions: initial, missingOptions: missing, failedAttempts: failures, connection: connection)
            } catch {
                // The peer was there and is gone already.
                failures.append(ConnectAttempt(endpoint: endpoint, failure: .failed(error)))
            }
        }
        throw .notConnected(failures)
    }

    private init(
        initialOptions: KeepAliveOptions, missingOptions: [KeepAliveOption], failedAttempts: [ConnectAttempt],
        connection: consuming Connection
    ) {
        self.initialOptions = initialOptions
        self.missingOptions = missingOptions
        self.failedAttempts = failedAttempts
        self.connection = connection
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
            if code != 0 { return .failed(SystemError(code: code)) }
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

    /// Sets keep-alive options on the connection as it is; gives those that this platform does not have.
    ///
    /// Throws `SocketError.outOfRange` or `SocketError.system`.
    @discardableResult
    public func set(_ options: KeepAliveOptions) throws(SocketError) -> [KeepAliveOption] {
        try options.apply(to: descriptor)
    }

    /// What the kernel knows of the connection (TCP_INFO). Throws `SocketError.system` where it does not tell.
    public func information() throws(SocketError) -> ConnectionInformation {
        try ConnectionInformation(readingFrom: descriptor)
    }

    /// The timer of the connection that fires next; nil where none runs, or where the system does not tell.
    public func timer() -> ConnectionTimer? {
        ConnectionTimer(local: localEndpoint, remote: remoteEndpoint)
    }

    /// What the connection waits for when it is quiet.
    public func nextProbe() -> NextProbe {
        guard let options = try? options() else { return .unknown }
        return NextProbe(options: options, information: try? information(), timer: timer())
    }

    /// Octets that were given to `send` and that the system did not take yet.
    public var unsentCount: Int { connection.unsent.count }

    /// Octets that the system took to be sent and the peer did not acknowledge; nil: not known.
    public var unacknowledged: UInt64? {
        // The SYN counts as one octet.
        guard let acknowledged = try? information().octetsAcknowledged, acknowledged > 0 else { return nil }
        return connection.octetsSent - min(connection.octetsSent, acknowledged - 1)
    }

    /// What `cause` means for this connection with the options that it has, in a sentence or two for a person.
    public func explanation(of cause: EndCause) -> String {
        cause.explanation(
            options: (try? options()) ?? KeepAliveOptions(isEnabled: false), silence: try? information().sinceHeard,
            unacknowledged: unacknowledged)
    }

    /// Sends `octets`; what the system does not take now is sent while waiting. An error ends the connection, and the
    /// next `wait` tells.
    public mutating func send(_ octets: [UInt8]) {
        guard end == nil else { return }
        do {
            try connection.send(octets)
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
            do {
                try systemWait(&interests, until: deadline)
            } catch {
                throw .system("cannot wait for the connection", error)
            }
            let ready = interests.dropFirst().first { $0.isReadable }
            // In turns, so that neither a busy peer nor a busy input starves the other.
            if let ready, !(servedWatched && interests[0].isReadable) {
                servedWatched = true
                return .ready(ready.descriptor)
            }
            servedWatched = false
            do {
                if interests[0].isWritable { try connection.flush() }
                if interests[0].isReadable, let octets = try connection.receive(count: max(1, readSize)) {
                    if !octets.isEmpty { return .received(octets) }
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
