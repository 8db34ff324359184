/// A connected socket and what still waits to be sent on it; closed in `deinit`.
struct Connection: ~Copyable {
    /// The socket, which does not block.
    let socket: Descriptor
    /// This end.
    let local: Endpoint
    /// The other end.
    let remote: Endpoint
    /// Bytes that the system took to be sent.
    private(set) var bytesSent: UInt64 = 0
    /// Bytes that the system did not take yet.
    private(set) var unsent: ArraySlice<UInt8> = []

    /// The connection of a connected `socket`.
    init(_ socket: consuming Descriptor) throws(SystemError) {
        guard let local = Endpoint(socketAddress: try systemLocalAddress(socket.number)),
            let remote = Endpoint(socketAddress: try systemRemoteAddress(socket.number))
        else { throw .invalidArgument }
        self.socket = socket
        self.local = local
        self.remote = remote
    }

    /// What the connection waits for: always to read, to write only where something is left to be sent.
    var interest: Interest { Interest(descriptor: socket.number, reads: true, writes: !unsent.isEmpty) }

    /// Sends `bytes` as far as the system takes them now; the rest follows when it takes more.
    mutating func send(_ bytes: [UInt8]) throws(SystemError) {
        unsent += bytes
        try flush()
    }

    /// Sends of what is left as much as the system takes.
    mutating func flush() throws(SystemError) {
        while !unsent.isEmpty {
            let count = try systemSend(socket.number, unsent)
            if count == 0 { return }
            bytesSent += UInt64(count)
            unsent = unsent.dropFirst(count)
        }
        unsent = []
    }

    /// Up to `count` bytes; empty at the end, nil where there is nothing yet.
    func receive(count: Int) throws(SystemError) -> [UInt8]? {
        try systemReceive(socket.number, count: count)
    }
}
