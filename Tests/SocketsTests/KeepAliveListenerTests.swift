import Sockets
import Testing
import Wire

@Suite("The listener")
struct KeepAliveListenerTests {
    @Test("Several connections are accepted, numbered, and served independently", arguments: ["127.0.0.1", "::1"])
    func several(host: String) throws {
        var listener = try KeepAliveListener(host: host, port: "0")
        #expect(listener.localAddress.address == host && listener.localAddress.port != 0)
        var first = try KeepAliveClient.connect(to: [listener.localAddress], options: nil)
        var second = try KeepAliveClient.connect(to: [listener.localAddress], options: nil)
        var third = try KeepAliveClient.connect(to: [listener.localAddress], options: nil)
        let expected = [first.localAddress, second.localAddress, third.localAddress]
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

    @Test("A connection that the client closes ends")
    func closed() throws {
        var listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        _ = try KeepAliveClient.connect(to: [listener.localAddress], options: nil).localAddress
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
        let port = "\(listener.localAddress.port)"
        for host in ["127.0.0.1", "::1"] {
            let addresses = try SocketAddress.resolve(host: host, port: port)
            let client = try KeepAliveClient.connect(to: addresses, options: nil)
            #expect(client.remoteAddress == addresses.first)
        }
    }

    @Test("The error for a port in use names the address")
    func taken() throws {
        let listener = try KeepAliveListener(host: "127.0.0.1", port: "0")
        let address = listener.localAddress
        let error = #expect(throws: SocketError.self) {
            _ = try KeepAliveListener(host: "127.0.0.1", port: "\(address.port)").localAddress
        }
        #expect(error?.description == "cannot listen on \(address): Address already in use")
    }
}

@Suite("Socket addresses")
struct SocketAddressTests {
    @Test("The description of a numeric address is the address and the port")
    func numeric() throws {
        let four = try #require(try SocketAddress.resolve(host: "127.0.0.1", port: "80").first)
        #expect(four.description == "127.0.0.1:80" && !four.isIPv6 && four.port == 80)
        let six = try #require(try SocketAddress.resolve(host: "::1", port: "65535").first)
        #expect(six.description == "[::1]:65535" && six.isIPv6 && six.port == 65535)
    }

    @Test(
        "The endpoint has the address of IP headers: without a zone, and IPv4 if it is IPv4-mapped",
        arguments: [
            ("192.0.2.1", IPAddress(v4: 0xC000_0201)), ("::ffff:192.0.2.1", IPAddress(v4: 0xC000_0201)),
            ("fe80::1%lo", IPAddress(v6: 0xFE80 << 48, 1)), ("::1", IPAddress(v6: 0, 1)),
            ("::ffff:0:0:1", IPAddress(v6: 0, 0xFFFF_0000_0000_0001)),
        ])
    func endpoint(host: String, address: IPAddress) throws {
        #expect(try SocketAddress.resolve(host: host, port: "80").first?.endpoint == Endpoint(address, 80))
    }

    @Test("Only addresses of the requested family are returned")
    func family() throws {
        #expect(try SocketAddress.resolve(host: "localhost", port: "1", family: .ipv4).allSatisfy { !$0.isIPv6 })
        #expect(throws: SocketError.self) { try SocketAddress.resolve(host: "127.0.0.1", port: "1", family: .ipv6) }
    }

    @Test("The error for an unknown port names it", arguments: ["65536", "-1", "no-such-service"])
    func unresolved(port: String) {
        let error = #expect(throws: SocketError.self) { try SocketAddress.resolve(host: "127.0.0.1", port: port) }
        #expect(error?.description.contains(port) == true)
    }
}
