import Sockets
import Testing

@Suite("The keep-alive client")
struct KeepAliveClientTests {
    static let hosts = ["127.0.0.1", "::1"]

    @Test("A FIN of the peer is an end in order, after all that was received", arguments: hosts, [1, 7, 10, 4096])
    func closed(host: String, readSize: Int) throws {
        var ends = try Loopback(host)
        let text = Array("the quick brown fox jumps over the lazy dog\n".utf8)
        ends.listener.send(text, on: ends.number)
        ends.listener.close(ends.number)
        let (pieces, cause) = try ends.readToEnd(readSize: readSize)
        #expect(pieces.flatMap { $0 } == text)
        #expect(pieces.dropLast().allSatisfy { $0.count == readSize })
        #expect(pieces.allSatisfy { $0.count <= readSize })
        #expect(cause == .closedByPeer)
        #expect(try ends.client.wait(tick: .zero) == .ended(.closedByPeer))
        #if os(Linux)
            // The FIN is no data.
            #expect(try ends.client.information().bytesReceived == UInt64(text.count))
        #endif
    }

    @Test("A RST of the peer is a reset", arguments: hosts)
    func reset(host: String) throws {
        var ends = try Loopback(host)
        ends.listener.close(ends.number, resetting: true)
        let (pieces, cause) = try ends.readToEnd()
        #expect(pieces.isEmpty)
        #expect(cause == .reset)
        #expect(cause?.error == SystemError(code: connectionResetCode))
        #expect(ends.client.explanation(of: .reset).contains("the application there aborted the connection"))
    }

    @Test("Nothing happening is a tick, not before its time")
    func tick() throws {
        var ends = try Loopback()
        let before = ContinuousClock.now
        #expect(try ends.client.wait(tick: .milliseconds(30)) == .tick)
        #expect(ContinuousClock.now - before >= .milliseconds(30))
    }

    @Test("What is sent arrives, more than the buffers hold too")
    func sent() throws {
        var ends = try Loopback()
        let bytes = (0..<12_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 12) }
        ends.client.send(bytes)
        #expect(ends.client.unsentCount > 0)
        var received: [UInt8] = []
        while received.count < bytes.count {
            _ = try ends.client.wait(tick: .zero)
            guard case .received(_, let piece) = try ends.listener.wait(until: Loopback.deadline, readSize: 1 << 20)
            else { break }
            received += piece
        }
        #expect(received == bytes)
        #expect(ends.client.unsentCount == 0)
    }

    @Test("Unread data is unacknowledged once the window is zero")
    func zeroWindow() throws {
        var ends = try Loopback(options: KeepAliveOptions(idle: 60, interval: 15, count: 4), reads: false)
        ends.client.send([UInt8](repeating: 1, count: 8_000_000))
        let deadline = Loopback.deadline
        var isClosed = false
        while !isClosed, ContinuousClock.now < deadline {
            _ = try ends.client.wait(tick: .milliseconds(5))
            if case .windowProbe = ends.client.nextProbe() { isClosed = true }
        }
        #expect(isClosed)
        #expect(ends.client.unsentCount > 0)
        // What the kernel took is not acknowledged, as the peer has no room.
        #expect((ends.client.unacknowledged ?? 0) > 0)
    }

    @Test("The next address is tried where one refuses")
    func order() throws {
        // A port that was just free on ::1, and is listened on at 127.0.0.1.
        var listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        let port = "\(listener.localEndpoint.port)"
        let refusing = try Endpoint.resolve(host: "::1", port: port)
        var tried: [Endpoint] = []
        let client = try KeepAliveClient.connect(
            to: refusing + [listener.localEndpoint], options: nil, onAttempt: { tried.append($0) })
        #expect(tried == refusing + [listener.localEndpoint])
        #expect(client.remoteEndpoint == listener.localEndpoint)
        #expect(client.failedAttempts.map(\.endpoint) == refusing)
        guard case .accepted(1, client.localEndpoint) = try listener.wait(until: Loopback.deadline) else {
            Issue.record("not accepted")
            return
        }
    }

    @Test("Where all refuse, each is named with its reason")
    func refused() throws {
        let endpoints = try Self.unusedEndpoints()
        let error = #expect(throws: SocketError.self) {
            _ = try KeepAliveClient.connect(to: endpoints, options: nil).localEndpoint
        }
        guard case .notConnected(let attempts) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(attempts.map(\.endpoint) == endpoints)
        #expect(error?.description.contains("127.0.0.1:\(endpoints[0].port): Connection refused") == true)
    }

    /// Endpoints of a port that was listened on, and is not any more.
    private static func unusedEndpoints() throws -> [Endpoint] {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        return [listener.localEndpoint]
    }

    @Test("This end has the address that it is bound to")
    func bound() throws {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        #if os(Linux)
            let address = "127.0.0.77"  // All of 127.0.0.0/8 is this host there.
        #else
            let address = "127.0.0.1"
        #endif
        let client = try KeepAliveClient.connect(to: [listener.localEndpoint], options: nil, bind: address)
        #expect(client.localEndpoint.address == address)
    }

    @Test("An address of the other family cannot be bound to, and the next address is tried")
    func boundToOtherFamily() throws {
        let listener = try KeepAliveListener(host: nil, port: "0")
        let port = "\(listener.localEndpoint.port)"
        let endpoints = try Endpoint.resolve(host: "::1", port: port) + Endpoint.resolve(host: "127.0.0.1", port: port)
        let client = try KeepAliveClient.connect(to: endpoints, options: nil, bind: "127.0.0.1")
        #expect(!client.remoteEndpoint.isIPv6)
        #expect(client.failedAttempts.count == 1)
        #expect(client.failedAttempts.first?.description.contains("cannot bind to 127.0.0.1") == true)
    }

    #if os(Linux)
        @Test("An address that does not answer is given up after the connect timeout")
        func connectTimeout() throws {
            let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
            let endpoint = listener.localEndpoint
            // Nobody accepts, so the backlog fills up, and Linux drops the next SYN.
            var held: [Held] = []
            var error: SocketError?
            var before = ContinuousClock.now
            while error == nil, held.count < 1000 {
                before = .now
                do throws(SocketError) {
                    held.append(
                        Held(try KeepAliveClient.connect(to: [endpoint], options: nil, timeout: .milliseconds(80))))
                } catch let failure {
                    error = failure
                }
            }
            #expect(ContinuousClock.now - before >= .milliseconds(80))
            #expect(
                error
                    == .notConnected([
                        ConnectAttempt(endpoint: endpoint, failure: .noAnswer(within: .milliseconds(80)))
                    ]))
            #expect(error?.description == "could not connect: \(endpoint): no answer within 0.1 s")
        }

        /// A connection in an array.
        private final class Held {
            let client: KeepAliveClient

            init(_ client: consuming KeepAliveClient) {
                self.client = client
            }
        }

        @Test("Connecting and waiting end when the watched descriptor can be read")
        func watched() throws {
            let pipe = readablePipe()
            defer { closePipe(pipe) }
            var ends = try Loopback()
            #expect(try ends.client.wait(until: Loopback.deadline, watching: [pipe.reading]) == .ready(pipe.reading))
            #expect(
                try ends.listener.wait(until: Loopback.deadline, watching: [pipe.reading]) == .ready(pipe.reading))
            let endpoint = ends.listener.localEndpoint
            #expect(throws: SocketError.interrupted) {
                _ = try KeepAliveClient.connect(to: [endpoint], options: nil, watching: pipe.reading).localEndpoint
            }
            // A busy watched descriptor does not starve the connection.
            ends.listener.send([1, 2, 3], on: ends.number)
            var received: [UInt8] = []
            while received.isEmpty {
                if case .received(let bytes) = try ends.client.wait(
                    until: Loopback.deadline, watching: [pipe.reading])
                {
                    received = bytes
                }
            }
            #expect(received == [1, 2, 3])
        }

        @Test("The countdown begins at the idle time and falls", arguments: KeepAliveOptionsTests.triples)
        func countdown(idle: Int, interval: Int, count: Int) throws {
            let ends = try Loopback(options: KeepAliveOptions(idle: idle, interval: interval, count: count))
            let running = ends.client.timer()
            let timer = try #require(running)
            #expect(timer.purpose == .keepAlive)
            guard case .probe(let after, 1) = ends.client.nextProbe() else {
                Issue.record("\(ends.client.nextProbe())")
                return
            }
            #expect(after <= .seconds(idle) && after > .seconds(idle) - .milliseconds(900))
        }

        @Test("Without keep-alive no timer runs and no probe will come")
        func off() throws {
            let ends = try Loopback()
            #expect(ends.client.timer() == nil)
            #expect(ends.client.nextProbe() == .never)
        }

        @Test("A live peer answers the probes, and the connection goes on")
        func alive() throws {
            var ends = try Loopback(options: KeepAliveOptions(idle: 1, interval: 1, count: 1))
            // Twice the time in which a dead peer would have been given up.
            #expect(try ends.client.wait(tick: .seconds(4)) == .tick)
            let information = try ends.client.information()
            #expect(information.state == 1)
            #expect(information.sinceAckReceived < .seconds(2))
            #expect(information.sinceDataReceived >= .seconds(3))
        }
    #endif
}

@Suite("What a quiet connection waits for")
struct NextProbeTests {
    private static let options = KeepAliveOptions(idle: 60, interval: 15, count: 4, userTimeout: 0)

    private static func information(heard: Duration, unanswered: Int) -> ConnectionInformation {
        ConnectionInformation(
            state: 1, unansweredProbes: unanswered, retransmissions: 0, unacknowledgedSegments: 0,
            sinceDataReceived: heard, sinceAckReceived: heard + .seconds(5), roundTrip: .zero, bytesAcknowledged: 1,
            bytesReceived: 0)
    }

    @Test("The clause says when, and what went before")
    func clauses() {
        func clause(heard: Int, unanswered: Int = 0, timer: ConnectionTimer? = nil) -> String {
            NextProbe(
                options: Self.options, information: Self.information(heard: .seconds(heard), unanswered: unanswered),
                timer: timer
            ).description
        }
        #expect(clause(heard: 5) == "next probe in 55.0 s")
        #expect(clause(heard: 65, unanswered: 1) == "1 probe unanswered, next in 10.0 s")
        #expect(clause(heard: 110, unanswered: 4) == "4 probes unanswered, gives up in 10.0 s")
        // Data came since the timer was set: it is set anew when it fires.
        #expect(
            clause(heard: 5, timer: ConnectionTimer(purpose: .keepAlive, expires: .seconds(2), unanswered: 0))
                == "next probe in 55.0 s")
        #expect(
            clause(
                heard: 65, unanswered: 1,
                timer: ConnectionTimer(purpose: .keepAlive, expires: .seconds(11), unanswered: 1))
                == "1 probe unanswered, next in 11.0 s")
        #expect(
            clause(heard: 65, timer: ConnectionTimer(purpose: .retransmission, expires: .seconds(3), unanswered: 2))
                == "data in flight, so no keep-alive probes; retransmitted 2 times, next retransmission in 3.0 s")
    }

    @Test("Where the system does not tell, that is said")
    func unknown() {
        #expect(NextProbe(options: Self.options, information: nil, timer: nil) == .unknown)
        #expect(NextProbe(options: KeepAliveOptions(isEnabled: false), information: nil, timer: nil) == .never)
    }
}
