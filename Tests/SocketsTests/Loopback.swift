import Sockets
import Testing

/// The two ends of a connection over loopback.
struct Loopback: ~Copyable {
    var listener: KeepAliveListener
    var client: KeepAliveClient
    /// The number of the connection at the listener.
    let number: Int

    /// A deadline that no test reaches if it passes.
    static var deadline: ContinuousClock.Instant { .now + .seconds(20) }

    /// Listens on `host`, connects, and accepts.
    init(
        _ host: String = "127.0.0.1", options: KeepAliveOptions? = nil, accepting: KeepAliveOptions? = nil,
        reads: Bool = true
    ) throws {
        var listener = try KeepAliveListener(host: host, port: "0", options: accepting, reads: reads)
        let client = try KeepAliveClient.connect(to: [listener.localAddress], options: options)
        var number = 0
        if case .accepted(let accepted, let peer) = try listener.wait(until: Self.deadline) {
            #expect(peer == client.localAddress)
            number = accepted
        }
        #expect(number == 1)
        self.listener = listener
        self.client = client
        self.number = number
    }

    /// The data that the client receives until the connection ends, and how it ends.
    mutating func readToEnd(readSize: Int = 10) throws -> (pieces: [[UInt8]], cause: EndCause?) {
        var pieces: [[UInt8]] = []
        while true {
            switch try client.wait(until: Self.deadline, readSize: readSize) {
            case .received(let bytes): pieces.append(bytes)
            case .ended(let cause): return (pieces, cause)
            case .tick, .ready, .reported: return (pieces, nil)
            }
        }
    }
}
