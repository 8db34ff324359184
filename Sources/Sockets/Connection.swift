internal import Platform

/// A connected socket and the bytes still to be sent on it; closed in `deinit`.
struct Connection: ~Copyable {
    /// The non-blocking socket.
    let socket: Descriptor
    /// The address of this end.
    let local: SocketAddress
    /// The address of the other end.
    let remote: SocketAddress
    /// Count of bytes that the system accepted for sending.
    private(set) var bytesSent: UInt64 = 0
    /// Bytes that the system did not accept yet.
    private(set) var unsent: ArraySlice<UInt8> = []

    /// The connection of a connected `socket`.
    init(_ socket: consuming Descriptor) throws(SystemError) {
        let addresses = (try systemLocalAddress(socket.number), try systemRemoteAddress(socket.number))
        self.socket = socket
        (local, remote) = addresses
    }

    /// What to wait for: always reading, and writing if bytes are still to be sent.
    var interest: Interest { Interest(descriptor: socket.number, writes: !unsent.isEmpty) }

    /// Sends as much of `bytes` as the system accepts now; `flush` sends the rest.
    mutating func send(_ bytes: [UInt8]) throws(SystemError) {
        unsent += bytes
        try flush()
    }

    /// Sends as much of the rest as the system accepts.
    mutating func flush() throws(SystemError) {
        while !unsent.isEmpty {
            guard let count = try systemSend(socket.number, unsent) else { return }
            bytesSent += UInt64(count)
            unsent = unsent.dropFirst(count)
        }
        unsent = []
    }

    /// Up to `count` bytes; empty at the end, nil if there is nothing yet.
    func receive(count: Int) throws(SystemError) -> [UInt8]? {
        try systemReceive(socket.number, count: count)
    }
}
