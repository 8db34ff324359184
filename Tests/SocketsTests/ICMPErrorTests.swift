import Testing

@testable import Sockets

@Suite("ICMP errors")
struct ICMPErrorTests {
    private static let ends4 = (
        local: try? Endpoint.resolve(host: "10.9.0.1", port: "40000")[0],
        remote: try? Endpoint.resolve(host: "10.9.0.2", port: "5001")[0]
    )
    private static let ends6 = (
        local: try? Endpoint.resolve(host: "fd09::1", port: "40000")[0],
        remote: try? Endpoint.resolve(host: "fd09::2", port: "5001")[0]
    )

    /// An ICMP header and the quoted beginning of a TCP segment from 10.9.0.1:40000 to 10.9.0.2:5001.
    private static let message4: [UInt8] =
        [3, 1, 0, 0, 0, 0, 0, 0] + [0x45, 0, 0, 52, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2]
        + [0x9C, 0x40, 0x13, 0x89, 0, 0, 0, 1]
    /// The same over IPv6.
    private static let message6: [UInt8] =
        [1, 3, 0, 0, 0, 0, 0, 0] + [0x60, 0, 0, 0, 0, 32, 6, 64]
        + [0xFD, 9] + [UInt8](repeating: 0, count: 13) + [1] + [0xFD, 9] + [UInt8](repeating: 0, count: 13) + [2]
        + [0x9C, 0x40, 0x13, 0x89, 0, 0, 0, 1]

    @Test("A message is matched by addresses, ports and protocol of what it quotes")
    func matching() throws {
        for (message, ends, words, offsets) in [
            (Self.message4, Self.ends4, "host unreachable (ICMP type 3 code 1)", [8, 17, 23, 27, 29, 31]),
            (Self.message6, Self.ends6, "address unreachable (ICMPv6 type 1 code 3)", [8, 14, 31, 47, 49, 51]),
        ] {
            let local = try #require(ends.local)
            let remote = try #require(ends.remote)
            func parse(_ message: [UInt8]) -> ICMPError? {
                ICMPError(message: message[...], reporter: "198.51.100.1", local: local, remote: remote)
            }
            #expect(parse(message)?.description == "198.51.100.1 reports: \(words)")
            // From an ICMP header that does not begin an array.
            #expect(
                ICMPError(message: ([1, 2, 3] + message)[3...], reporter: nil, local: local, remote: remote) != nil)
            for offset in offsets {
                var other = message
                other[offset] ^= 0x11
                #expect(parse(other) == nil, "offset \(offset)")
            }
            for count in 0..<(message.count - 4) { #expect(parse(Array(message.prefix(count))) == nil) }
            #expect(ICMPError(message: message[...], reporter: nil, local: remote, remote: local) == nil)
        }
    }

    @Test("What is no error is none, such as an echo request", arguments: [0, 5, 8])
    func noError(type: UInt8) throws {
        let message = [type] + Self.message4.dropFirst()
        let local = try #require(Self.ends4.local)
        let remote = try #require(Self.ends4.remote)
        #expect(ICMPError(message: message[...], reporter: nil, local: local, remote: remote) == nil)
    }

    #if os(Linux)
        @Test("Entries of the error queue are decoded, as Linux 6.18 wrote them")
        func queued() {
            // EHOSTUNREACH of 10.9.0.2, and EACCES of fd09::2.
            let first: [UInt8] =
                [113, 0, 0, 0, 2, 3, 1, 0] + [UInt8](repeating: 0, count: 8) + [2, 0, 0, 0, 10, 9, 0, 2]
                + [UInt8](repeating: 0, count: 8)
            #expect(ICMPError(queued: first)?.description == "10.9.0.2 reports: host unreachable (ICMP type 3 code 1)")
            let second: [UInt8] =
                [13, 0, 0, 0, 3, 1, 1, 0] + [UInt8](repeating: 0, count: 8) + [10, 0, 0, 0, 0, 0, 0, 0, 0xFD, 9]
                + [UInt8](repeating: 0, count: 13) + [2, 0, 0, 0, 0]
            #expect(
                ICMPError(queued: second)?.description
                    == "fd09::2 reports: prohibited by a filter (ICMPv6 type 1 code 1)")
            // No address behind it, and an error of this host.
            #expect(ICMPError(queued: Array(first.prefix(16)))?.reporter == nil)
            #expect(ICMPError(queued: [113, 0, 0, 0, 1] + first.dropFirst(5)) == nil)
        }
    #endif

    @Test("The same error is counted, another one is kept apart")
    func counting() {
        var reports = ICMPReports()
        let error = ICMPError(isVersion6: false, type: 3, code: 0, reporter: "198.51.100.1")
        let other = ICMPError(isVersion6: false, type: 3, code: 0, reporter: "198.51.100.2")
        #expect([error, other, error].map { reports.add($0) } == [1, 1, 2])
        #expect(reports.total == 3 && reports.counts.map(\.count) == [2, 1])
    }
}
