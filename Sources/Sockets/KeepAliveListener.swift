/// A listening TCP socket and all connections that it accepted; closed in `deinit`.
public struct KeepAliveListener: ~Copyable {
    /// What `wait` waited for. Connections are numbered from 1 in the order of their coming.
    public enum Event: Sendable, Equatable {
        /// The time is over and nothing happened.
        case tick
        /// A connection was accepted, from this peer.
        case accepted(Int, Endpoint)
        /// Bytes of a peer.
        case received(Int, [UInt8])
        /// A connection ended, and is closed now.
        case ended(Int, EndCause)
        /// The watched descriptor can be read.
        case ready(Int32)
    }

    /// Boxes a noncopyable connection for a dictionary.
    private final class Peer {
        var connection: Connection
        /// The end that sending met.
        var end: EndCause?

        init(_ connection: consuming Connection) {
            self.connection = connection
        }
    }

    /// The address and the port that are listened on.
    public let localEndpoint: Endpoint
    /// The options that could not be set, and why.
    public let optionFailures: [OptionFailure]
    /// Whether received data is read. Otherwise the window closes once the buffers are full.
    public let reads: Bool

    private let socket: Descriptor
    private let options: KeepAliveOptions?
    private var peers: [Int: Peer] = [:]
    private var acceptedCount = 0
    private var lastServed = 0

    /// Listens on the first address of `host` that can be bound to, or on all addresses of this host if it is nil.
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address; nil: all addresses.
    ///   - port: 0 to 65535, or the name of a service; 0 lets the system choose, see `localEndpoint`.
    ///   - options: keep-alive options of the accepted connections; nil leaves them as the system has them.
    ///   - reads: whether what comes is read; if not, the receive buffer is made as small as the system allows.
    ///
    /// Throws `SocketError`: `outOfRange`, `unresolved`, or `system` where nothing could be bound to.
    public init(
        host: String?, port: String, family: AddressFamily = .any, options: KeepAliveOptions? = nil, reads: Bool = true
    ) throws(SocketError) {
        try options?.check()
        let endpoints =
            if let host {
                try Endpoint.resolve(host: host, port: port, family: family)
            } else {
                try Endpoint.wildcards(port: port, family: family)
            }
        var failure = SocketError.system("cannot listen", .invalidArgument)
        for endpoint in endpoints {
            do {
                let socket = try systemSocket(family: endpoint.family)
                try systemSetSocketOption(socket.number, .reuseAddress, 1)
                if endpoint.isIPv6 { try systemSetOnlyIPv6(socket.number, host != nil || family == .ipv6) }
                if !reads { try systemSetSocketOption(socket.number, .receiveBuffer, 1) }
                try systemBind(socket.number, to: endpoint.socketAddress)
                try systemListen(socket.number, backlog: 128)
                guard let local = Endpoint(socketAddress: try systemLocalAddress(socket.number)) else { continue }
                optionFailures = try options?.apply(to: socket.number) ?? []
                localEndpoint = local
                self.socket = socket
                self.options = options
                self.reads = reads
                return
            } catch let error as SystemError {
                failure = .system("cannot listen on \(endpoint)", error)
            } catch let error as SocketError {
                failure = error
            } catch {}
        }
        throw failure
    }

    /// The numbers of the open connections.
    public var connections: [Int] { peers.keys.sorted() }

    /// The socket of the connection `number`, while it is open.
    public func descriptor(of number: Int) -> Int32? { peers[number]?.connection.socket.number }

    /// The keep-alive options of the connection `number`; nil if it is closed. Throws `SocketError.system`.
    public func options(of number: Int) throws(SocketError) -> KeepAliveOptions? {
        guard let descriptor = descriptor(of: number) else { return nil }
        return try KeepAliveOptions(readingFrom: descriptor)
    }

    /// Sends `bytes` on the connection `number`; what the system does not accept now is sent while waiting. The next
    /// `wait` reports an error.
    public mutating func send(_ bytes: [UInt8], on number: Int) {
        guard let peer = peers[number], peer.end == nil else { return }
        do throws(SystemError) {
            try peer.connection.send(bytes)
        } catch {
            peer.end = EndCause(error)
        }
    }

    /// Closes the connection `number`, with a RST instead of a FIN where `resetting`.
    public mutating func close(_ number: Int, resetting: Bool = false) {
        guard let peer = peers.removeValue(forKey: number) else { return }
        // Where the option cannot be set the connection is closed all the same.
        if resetting { try? systemSetResetOnClose(peer.connection.socket.number) }
    }

    /// Waits until a connection came, something was received, a connection ended, one of the descriptors `watching` can
    /// be read, or the `deadline` has come; nil: none.
    ///
    /// `readSize` is the most that is received at once, at least 1. Throws `SocketError.system` where waiting fails.
    public mutating func wait(
        until deadline: ContinuousClock.Instant?, readSize: Int = 4096, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        while true {
            for (number, peer) in peers {
                guard let end = peer.end else { continue }
                close(number)
                return .ended(number, end)
            }
            // Those after the last that was served come first, so that none is starved.
            let numbers = connections
            let order = numbers.filter { $0 > lastServed } + numbers.filter { $0 <= lastServed }
            var interests = watching.map { Interest(descriptor: $0) } + [Interest(descriptor: socket.number)]
            for number in order {
                guard var interest = peers[number]?.connection.interest else { continue }
                interest.reads = reads
                interests.append(interest)
            }
            do {
                try systemWait(&interests, until: deadline)
            } catch {
                throw .system("cannot wait for connections", error)
            }
            for interest in interests.prefix(watching.count) where interest.isReadable {
                return .ready(interest.descriptor)
            }
            if interests[watching.count].isReadable, let event = try accept() { return event }
            for (number, interest) in zip(order, interests.dropFirst(watching.count + 1)) {
                guard let event = serve(number, interest, readSize: max(1, readSize)) else { continue }
                lastServed = number
                return event
            }
            if let deadline, ContinuousClock.now >= deadline { return .tick }
        }
    }

    private mutating func accept() throws(SocketError) -> Event? {
        do throws(SystemError) {
            guard let accepted = try systemAccept(socket.number) else { return nil }
            // Not every system lets accepted sockets inherit all options of the listening one.
            if let options { _ = try? options.apply(to: accepted.number) }
            let connection: Connection
            do {
                connection = try Connection(accepted)
            } catch {
                return nil  // It is gone already.
            }
            let remote = connection.remote
            acceptedCount += 1
            peers[acceptedCount] = Peer(connection)
            return .accepted(acceptedCount, remote)
        } catch {
            throw .system("cannot accept a connection", error)
        }
    }

    /// Does what the connection `number` is ready for.
    private mutating func serve(_ number: Int, _ interest: Interest, readSize: Int) -> Event? {
        guard let peer = peers[number] else { return nil }
        do throws(SystemError) {
            if interest.isWritable { try peer.connection.flush() }
            if !reads, interest.isBroken {
                let code = try systemSocketOption(peer.connection.socket.number, .error)
                throw code == 0 ? .connectionReset : SystemError(code: code)
            }
            guard reads, interest.isReadable, let bytes = try peer.connection.receive(count: readSize) else {
                return nil
            }
            if !bytes.isEmpty { return .received(number, bytes) }
            close(number)
            return .ended(number, .closedByPeer)
        } catch {
            close(number)
            return .ended(number, EndCause(error))
        }
    }
}
