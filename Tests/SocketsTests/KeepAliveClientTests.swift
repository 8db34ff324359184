import Platform
import Report
import Sockets
import Testing

@Suite("The keep-alive client")
struct KeepAliveClientTests {
    static let hosts = ["127.0.0.1", "::1"]

    @Test("A FIN of the peer ends the connection after all its data is received", arguments: hosts, [1, 7, 10, 4096])
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
            // The FIN does not count as data.
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
        let text = EndCause.reset.explanation(ends.client.endContext())
        #expect(text.contains("the application there aborted the connection"))
    }

    @Test("A tick comes at the deadline if nothing happens, and not before")
    func tick() throws {
        var ends = try Loopback()
        let before = ContinuousClock.now
        #expect(try ends.client.wait(tick: .milliseconds(30)) == .tick)
        #expect(ContinuousClock.now - before >= .milliseconds(30))
    }

    @Test("Sent data arrives, also more than the buffers hold")
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

    @Test("With a zero window, data that the peer does not read is unacknowledged")
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
        // Part of what the kernel accepted is not acknowledged, because the peer has no room.
        #expect((ends.client.unacknowledgedBytes ?? 0) > 0)
    }

    @Test("If one address refuses the connection, the next is tried")
    func order() throws {
        // A port that is open at 127.0.0.1 and closed at ::1.
        var listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        let port = "\(listener.localAddress.port)"
        let refusing = try SocketAddress.resolve(host: "::1", port: port)
        var tried: [SocketAddress] = []
        let client = try KeepAliveClient.connect(
            to: refusing + [listener.localAddress], options: nil, onAttempt: { tried.append($0) })
        #expect(tried == refusing + [listener.localAddress])
        #expect(client.remoteAddress == listener.localAddress)
        #expect(client.failedAttempts.map(\.address) == refusing)
        guard case .accepted(1, client.localAddress) = try listener.wait(until: Loopback.deadline) else {
            Issue.record("not accepted")
            return
        }
    }

    @Test("If all addresses refuse the connection, the error names each with its reason")
    func refused() throws {
        let addresses = try Self.closedAddresses()
        let error = #expect(throws: SocketError.self) {
            _ = try KeepAliveClient.connect(to: addresses, options: nil).localAddress
        }
        guard case .notConnected(let attempts) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(attempts.map(\.address) == addresses)
        #expect(error?.description.contains("127.0.0.1:\(addresses[0].port): Connection refused") == true)
    }

    /// The address of a port that was open and is closed now.
    private static func closedAddresses() throws -> [SocketAddress] {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        return [listener.localAddress]
    }

    @Test("--bind sets the address of this end")
    func bound() throws {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        #if os(Linux)
            let address = "127.0.0.77"  // On Linux, all of 127.0.0.0/8 is this host.
        #else
            let address = "127.0.0.1"
        #endif
        let client = try KeepAliveClient.connect(to: [listener.localAddress], options: nil, bind: address)
        #expect(client.localAddress.address == address)
    }

    @Test("If the local address is of another family, the next address is tried")
    func boundToOtherFamily() throws {
        let listener = try KeepAliveListener(host: nil, port: "0")
        let port = "\(listener.localAddress.port)"
        let addresses =
            try SocketAddress.resolve(host: "::1", port: port)
            + SocketAddress.resolve(host: "127.0.0.1", port: port)
        let client = try KeepAliveClient.connect(to: addresses, options: nil, bind: "127.0.0.1")
        #expect(!client.remoteAddress.isIPv6)
        #expect(client.failedAttempts.count == 1)
        #expect(client.failedAttempts.first?.description.contains("cannot bind to 127.0.0.1") == true)
    }

    #if os(Linux)
        @Test("An address that does not answer fails after the connect timeout")
        func connectTimeout() throws {
            let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
            let address = listener.localAddress
            // No connection is accepted, so the backlog fills up, and Linux drops the next SYN.
            var held: [Held] = []
            var error: SocketError?
            var before = ContinuousClock.now
            while error == nil, held.count < 1000 {
                before = .now
                do throws(SocketError) {
                    held.append(
                        Held(try KeepAliveClient.connect(to: [address], options: nil, timeout: .milliseconds(80))))
                } catch let failure {
                    error = failure
                }
            }
            #expect(ContinuousClock.now - before >= .milliseconds(80))
            #expect(
                error
                    == .notConnected([
                        ConnectAttempt(address: address, failure: .noAnswer(within: .milliseconds(80)))
                    ]))
            #expect(error?.description == "could not connect: \(address): no answer within 0.1 s")
        }

        /// A connection in an array.
        private final class Held {
            let client: KeepAliveClient

            init(_ client: consuming KeepAliveClient) {
                self.client = client
            }
        }

        @Test("Connecting and waiting end when a watched descriptor is readable")
        func watched() throws {
            let pipe = readablePipe()
            defer { closePipe(pipe) }
            var ends = try Loopback()
            #expect(try ends.client.wait(until: Loopback.deadline, watching: [pipe.reading]) == .ready(pipe.reading))
            #expect(
                try ends.listener.wait(until: Loopback.deadline, watching: [pipe.reading]) == .ready(pipe.reading))
            let address = ends.listener.localAddress
            #expect(throws: SocketError.interrupted) {
                _ = try KeepAliveClient.connect(to: [address], options: nil, watching: pipe.reading).localAddress
            }
            // A watched descriptor that is always readable does not starve the connection.
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

        @Test("The first probe is due after the idle time", arguments: KeepAliveOptionsTests.triples)
        func countdown(idle: Int, interval: Int, count: Int) throws {
            let begin = ContinuousClock.now
            let ends = try Loopback(options: KeepAliveOptions(idle: idle, interval: interval, count: count))
            let running = ends.client.timer()
            let timer = try #require(running)
            #expect(timer.purpose == .keepAlive)
            guard case .probe(let after, 1) = ends.client.nextProbe() else {
                Issue.record("\(ends.client.nextProbe())")
                return
            }
            // The kernel says it in hundredths of a second.
            let elapsed = ContinuousClock.now - begin + .milliseconds(20)
            #expect(after <= .seconds(idle) && after >= .seconds(idle) - elapsed)
        }

        @Test("Without keep-alive no timer runs and no probe is due")
        func off() throws {
            let ends = try Loopback()
            #expect(ends.client.timer() == nil)
            #expect(ends.client.nextProbe() == .never)
        }

        @Test("A live peer answers the probes, and the connection stays open")
        func alive() throws {
            var ends = try Loopback(options: KeepAliveOptions(idle: 1, interval: 1, count: 1))
            // Twice the time after which a dead peer is given up.
            #expect(try ends.client.wait(tick: .seconds(4)) == .tick)
            let information = try ends.client.information()
            #expect(information.state == 1)
            #expect(information.sinceAckReceived < .seconds(2))
            #expect(information.sinceDataReceived >= .seconds(3))
        }

        @Test("Only the count of segments shows the keep-alives of the peer")
        func keepAlivesOfPeer() throws {
            var ends = try Loopback(accepting: KeepAliveOptions(idle: 1, interval: 1))
            let before = try #require(try ends.client.information().segmentsReceived)
            let deadline = Loopback.deadline
            while try ends.client.information().segmentsReceived == before, .now < deadline {
                #expect(try ends.client.wait(tick: .milliseconds(20)) == .tick)
            }
            let information = try ends.client.information()
            #expect(information.segmentsReceived == before + 1 && information.bytesReceived == 0)
            #expect(information.sinceAckReceived >= .milliseconds(900), "\(information)")
        }
    #endif
}

@Suite("The next probe")
struct NextProbeTests {
    private static let options = KeepAliveOptions(idle: 60, interval: 15, count: 4, userTimeout: 0)

    private static func information(heard: Duration, unanswered: Int) -> ConnectionInformation {
        ConnectionInformation(
            state: 1, unansweredProbes: unanswered, retransmissions: 0, unacknowledgedSegments: 0,
            sinceDataReceived: heard, sinceAckReceived: heard + .seconds(5), roundTrip: .zero, bytesAcknowledged: 1,
            bytesReceived: 0)
    }

    @Test("The clause has the time of the next probe and the number of unanswered ones")
    func clauses() {
        func clause(heard: Int, unanswered: Int = 0, timer: ConnectionTimer? = nil) -> String {
            NextProbe(
                options: Self.options, information: Self.information(heard: .seconds(heard), unanswered: unanswered),
                timer: timer
            ).text
        }
        #expect(clause(heard: 5) == "next probe in 55.0 s")
        #expect(clause(heard: 65, unanswered: 1) == "1 probe unanswered, next in 10.0 s")
        #expect(clause(heard: 110, unanswered: 4) == "4 probes unanswered, gives up in 10.0 s")
        // Data arrived since the timer was set: when it fires, the kernel sets it again.
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

    @Test("Without TCP_INFO the next probe is unknown")
    func unknown() {
        #expect(NextProbe(options: Self.options, information: nil, timer: nil) == .unknown)
        #expect(NextProbe(options: KeepAliveOptions(isEnabled: false), information: nil, timer: nil) == .never)
    }
}
