internal import Platform

/// A listening TCP socket and all connections that it accepted; closed in `deinit`.
public struct KeepAliveListener: ~Copyable {
    /// What happened during `wait`. Connections are numbered from 1 in the order in which they are accepted.
    public enum Event: Sendable, Equatable {
        /// Nothing until the deadline.
        case tick
        /// A connection from this peer was accepted.
        case accepted(Int, SocketAddress)
        /// Bytes received on a connection.
        case received(Int, [UInt8])
        /// A connection ended and was closed.
        case ended(Int, EndCause)
        /// This watched descriptor is readable.
        case ready(Int32)
    }

    /// Boxes a noncopyable connection for a dictionary.
    private final class Peer {
        var connection: Connection
        /// The error of send(2), which `wait` returns.
        var end: EndCause?

        init(_ connection: consuming Connection) {
            self.connection = connection
        }
    }

    /// The address on which it listens.
    public let localAddress: SocketAddress
    /// The options that could not be set.
    public let optionFailures: [OptionFailure]
    /// Whether it reads received data. If not, the window closes when the buffers are full.
    public let reads: Bool

    private let socket: Descriptor
    private let options: KeepAliveOptions?
    private var peers: [Int: Peer] = [:]
    private var acceptedCount = 0
    private var lastServed = 0

    /// Listens on the first address of `host` that bind(2) accepts, or on all local addresses if it is nil.
    ///
    /// - Parameters:
    ///   - host: a name or a numeric address; nil: all local addresses.
    ///   - port: 0 to 65535, or the name of a service; with 0 the system chooses (`localAddress`).
    ///   - family: which addresses of `host` to use.
    ///   - options: the keep-alive options of the accepted connections; nil: those of the system.
    ///   - reads: whether to read received data; if not, the receive buffer is as small as the system allows.
    ///
    /// Throws `SocketError`: `outOfRange`, `unresolved`, or `system` if bind(2) or listen(2) fails for all addresses.
    public init(
        host: String?, port: String, family: AddressFamily = .any, options: KeepAliveOptions? = nil, reads: Bool = true
    ) throws(SocketError) {
        try options?.check()
        let addresses =
            if let host {
                try SocketAddress.resolve(host: host, port: port, family: family)
            } else {
                try SocketAddress.wildcards(port: port, family: family)
            }
        var failure = SocketError.system("cannot listen", .invalidArgument)
        for address in addresses {
            do {
                let socket = try systemSocket(family: address.family)
                try systemSetSocketOption(socket.number, .reuseAddress, 1)
                if address.isIPv6 { try systemSetOnlyIPv6(socket.number, host != nil || family == .ipv6) }
                if !reads { try systemSetSocketOption(socket.number, .receiveBuffer, 1) }
                try systemBind(socket.number, to: address)
                try systemListen(socket.number, backlog: 128)
                let local = try systemLocalAddress(socket.number)
                optionFailures = try options?.apply(to: socket.number) ?? []
                localAddress = local
                self.socket = socket
                self.options = options
                self.reads = reads
                return
            } catch let error as SystemError {
                failure = .system("cannot listen on \(address)", error)
            } catch let error as SocketError {
                failure = error
            } catch {}
        }
        throw failure
    }

    /// The numbers of the open connections.
    public var connections: [Int] { peers.keys.sorted() }

    /// The socket of the connection `number`; nil if it is closed.
    public func descriptor(of number: Int) -> Int32? { peers[number]?.connection.socket.number }

    /// The keep-alive options of the connection `number`; nil if it is closed. Throws `SocketError.system`.
    public func options(of number: Int) throws(SocketError) -> KeepAliveOptions? {
        guard let descriptor = descriptor(of: number) else { return nil }
        return try KeepAliveOptions(readingFrom: descriptor)
    }

    /// Sends `bytes` on the connection `number`. `wait` sends those that the system does not accept now, and returns an
    /// error.
    public mutating func send(_ bytes: [UInt8], on number: Int) {
        guard let peer = peers[number], peer.end == nil else { return }
        do throws(SystemError) {
            try peer.connection.send(bytes)
        } catch {
            peer.end = EndCause(error)
        }
    }

    /// Closes the connection `number` with a FIN, or with a RST if `resetting`.
    public mutating func close(_ number: Int, resetting: Bool = false) {
        guard let peer = peers.removeValue(forKey: number) else { return }
        // If the option cannot be set, the connection closes with a FIN.
        if resetting { try? systemSetResetOnClose(peer.connection.socket.number) }
    }

    /// Waits for an event, until `deadline`; nil: without a limit.
    ///
    /// `readSize` is the maximum of bytes per read, at least 1; `watching` are more descriptors to wait for. Throws
    /// `SocketError.system` if waiting fails.
    public mutating func wait(
        until deadline: ContinuousClock.Instant?, readSize: Int = 4096, watching: [Int32] = []
    ) throws(SocketError) -> Event {
        while true {
            for (number, peer) in peers {
                guard let end = peer.end else { continue }
                close(number)
                return .ended(number, end)
            }
            // Those after the last one served come first, so that none starves.
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
            // Not on every system do accepted sockets inherit all options of the listening socket.
            if let options { _ = try? options.apply(to: accepted.number) }
            let connection: Connection
            do {
                connection = try Connection(accepted)
            } catch {
                return nil  // The peer has already closed it.
            }
            let remote = connection.remote
            acceptedCount += 1
            peers[acceptedCount] = Peer(connection)
            return .accepted(acceptedCount, remote)
        } catch {
            throw .system("cannot accept a connection", error)
        }
    }

    /// Writes to and reads from the connection `number`, as far as it is ready.
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
