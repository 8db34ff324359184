import Sockets
import Testing

@Suite("The listener")
struct KeepAliveListenerTests {
    @Test("Several connections are accepted, numbered, and kept apart", arguments: ["127.0.0.1", "::1"])
    func several(host: String) throws {
        var listener = try KeepAliveListener(host: host, port: "0")
        #expect(listener.localEndpoint.address == host && listener.localEndpoint.port != 0)
        var first = try KeepAliveClient.connect(to: [listener.localEndpoint], options: nil)
        var second = try KeepAliveClient.connect(to: [listener.localEndpoint], options: nil)
        var third = try KeepAliveClient.connect(to: [listener.localEndpoint], options: nil)
        let expected = [first.localEndpoint, second.localEndpoint, third.localEndpoint]
        for number in 1...3 {
            #expect(try listener.wait(until: Loopback.deadline) == .accepted(number, expected[number - 1]))
        }
        #expect(listener.connections == [1, 2, 3])
        first.send([1])
        third.send([3])
        var received: [Int: [UInt8]] = [:]
        for _ in 1...2 {
            guard case .received(let number, let bytes) = try listener.wait(until: Loopback.deadline) else { break }
            received[number] = bytes
        }
        #expect(received == [1: [1], 3: [3]])
        listener.send([22], on: 2)
        #expect(try second.wait(until: Loopback.deadline) == .received([22]))
        listener.close(2)
        #expect(try second.wait(until: Loopback.deadline) == .ended(.closedByPeer))
        #expect(listener.connections == [1, 3])
        #expect(try listener.wait(until: .now) == .tick)
    }

    @Test("A connection that its client closes is over")
    func closed() throws {
        var listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        _ = try KeepAliveClient.connect(to: [listener.localEndpoint], options: nil).localEndpoint
        guard case .accepted(1, _) = try listener.wait(until: Loopback.deadline) else {
            Issue.record("not accepted")
            return
        }
        #expect(try listener.wait(until: Loopback.deadline) == .ended(1, .closedByPeer))
        #expect(listener.connections.isEmpty)
        #expect(try listener.options(of: 1) == nil)
    }

    @Test("Without a host it listens on IPv4 and IPv6")
    func allAddresses() throws {
        let listener = try KeepAliveListener(host: nil, port: "0")
        let port = "\(listener.localEndpoint.port)"
        for host in ["127.0.0.1", "::1"] {
            let endpoints = try Endpoint.resolve(host: host, port: port)
            let client = try KeepAliveClient.connect(to: endpoints, options: nil)
            #expect(client.remoteEndpoint == endpoints.first)
        }
    }

    @Test("A port that is taken is named")
    func taken() throws {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        let endpoint = listener.localEndpoint
        let error = #expect(throws: SocketError.self) {
            _ = try KeepAliveListener(host: "127.0.0.1", port: "\(endpoint.port)").localEndpoint
        }
        #expect(error?.description == "cannot listen on \(endpoint): Address already in use")
    }
}

@Suite("Endpoints")
struct EndpointTests {
    @Test("Numeric addresses are shown as they are written")
    func numeric() throws {
        let four = try #require(try Endpoint.resolve(host: "127.0.0.1", port: "80").first)
        #expect(four.description == "127.0.0.1:80" && !four.isIPv6 && four.port == 80)
        let six = try #require(try Endpoint.resolve(host: "::1", port: "65535").first)
        #expect(six.description == "[::1]:65535" && six.isIPv6 && six.port == 65535)
    }

    @Test(
        "An address is told as IP headers have it, without its zone and as IPv4 where it is mapped",
        arguments: [
            ("192.0.2.1", [192, 0, 2, 1]), ("::ffff:192.0.2.1", [192, 0, 2, 1]),
            ("fe80::1%lo", [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]),
            ("::1", [UInt8](repeating: 0, count: 15) + [1]),
        ] as [(String, [UInt8])])
    func headerAddress(host: String, bytes: [UInt8]) throws {
        #expect(try Endpoint.resolve(host: host, port: "80").first?.headerAddress == bytes)
    }

    @Test("Only the wanted family is given")
    func family() throws {
        #expect(try Endpoint.resolve(host: "localhost", port: "1", family: .ipv4).allSatisfy { !$0.isIPv6 })
        #expect(throws: SocketError.self) { try Endpoint.resolve(host: "127.0.0.1", port: "1", family: .ipv6) }
    }

    @Test("What cannot be resolved is named with the reason", arguments: ["65536", "-1", "no-such-service"])
    func unresolved(port: String) {
        let error = #expect(throws: SocketError.self) { try Endpoint.resolve(host: "127.0.0.1", port: port) }
        #expect(error?.description.contains(port) == true)
    }
}
