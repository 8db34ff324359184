import Report
import Testing
import Wire

@testable import Sockets

@Suite("ICMP errors")
struct ICMPErrorTests {
    /// 198.51.100.1.
    private static let router = IPAddress(v4: 0xC633_6401)
    private static let ends4 = (
        local: Endpoint(IPAddress(v4: 0x0A09_0001), 40_000), remote: Endpoint(IPAddress(v4: 0x0A09_0002), 5001)
    )
    private static let ends6 = (
        local: Endpoint(IPAddress(v6: 0xFD09 << 48, 1), 40_000), remote: Endpoint(IPAddress(v6: 0xFD09 << 48, 2), 5001)
    )

    /// An ICMP header and the quoted beginning of a TCP segment from 10.9.0.1:40000 to 10.9.0.2:5001.
    private static let message4: [UInt8] =
        [3, 1, 0, 0, 0, 0, 0, 0] + [0x45, 0, 0, 52, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2]
        + [0x9C, 0x40, 0x13, 0x89, 0, 0, 0, 1]
    /// The same for IPv6.
    private static let message6: [UInt8] =
        [1, 3, 0, 0, 0, 0, 0, 0] + [0x60, 0, 0, 0, 0, 32, 6, 64]
        + [0xFD, 9] + [UInt8](repeating: 0, count: 13) + [1] + [0xFD, 9] + [UInt8](repeating: 0, count: 13) + [2]
        + [0x9C, 0x40, 0x13, 0x89, 0, 0, 0, 1]

    @Test("A message is matched by the addresses, ports and protocol that it quotes")
    func matching() throws {
        for (message, ends, router, words, offsets) in [
            (
                Self.message4, Self.ends4, Self.router, "198.51.100.1 reports: host unreachable (ICMP type 3 code 1)",
                [8, 17, 23, 27, 29, 31]
            ),
            (
                Self.message6, Self.ends6, IPAddress(v6: 0x2001_0DB8 << 32, 1),
                "2001:db8::1 reports: address unreachable (ICMPv6 type 1 code 3)", [8, 14, 31, 47, 49, 51]
            ),
        ] {
            func parse(_ message: [UInt8]) -> ICMPError? {
                ICMPError(message: message[...], router: router, local: ends.local, remote: ends.remote)
            }
            #expect(parse(message)?.clause == words)
            // The indices of a slice do not begin at 0.
            #expect(
                ICMPError(
                    message: ([1, 2, 3] + message)[3...], router: router, local: ends.local, remote: ends.remote)
                    != nil)
            for offset in offsets {
                var other = message
                other[offset] ^= 0x11
                #expect(parse(other) == nil, "offset \(offset)")
            }
            for count in 0..<(message.count - 4) { #expect(parse(Array(message.prefix(count))) == nil) }
            #expect(
                ICMPError(message: message[...], router: router, local: ends.remote, remote: ends.local) == nil)
        }
    }

    @Test("A message that is not an error, such as an echo request, is ignored", arguments: [0, 5, 8])
    func notAnError(type: UInt8) throws {
        let message = [type] + Self.message4.dropFirst()
        let (local, remote) = Self.ends4
        #expect(ICMPError(message: message[...], router: Self.router, local: local, remote: remote) == nil)
    }

    #if os(Linux)
        @Test("Entries of the error queue of Linux 6.18 are decoded")
        func queued() {
            // EHOSTUNREACH of 10.9.0.2, and EACCES of fd09::2.
            let first: [UInt8] =
                [113, 0, 0, 0, 2, 3, 1, 0] + [UInt8](repeating: 0, count: 8) + [2, 0, 0, 0, 10, 9, 0, 2]
                + [UInt8](repeating: 0, count: 8)
            #expect(ICMPError(queued: first)?.clause == "10.9.0.2 reports: host unreachable (ICMP type 3 code 1)")
            let second: [UInt8] =
                [13, 0, 0, 0, 3, 1, 1, 0] + [UInt8](repeating: 0, count: 8) + [10, 0, 0, 0, 0, 0, 0, 0, 0xFD, 9]
                + [UInt8](repeating: 0, count: 13) + [2, 0, 0, 0, 0]
            #expect(
                ICMPError(queued: second)?.clause
                    == "fd09::2 reports: communication administratively prohibited (filter) (ICMPv6 type 1 code 1)")
            // Without an address, and an error of this host.
            #expect(ICMPError(queued: Array(first.prefix(16))) == nil)
            #expect(ICMPError(queued: [113, 0, 0, 0, 1] + first.dropFirst(5)) == nil)
        }
    #endif

    @Test("Equal errors are counted together")
    func counting() {
        var reports = ICMPReports()
        let error = ICMPError(router: Self.router, type: 3, code: 0)
        let other = ICMPError(router: IPAddress(v4: 0xC633_6402), type: 3, code: 0)
        #expect([error, other, error].map { reports.add($0) } == [1, 1, 2])
        #expect(reports.total == 3 && reports.counts.map(\.count) == [2, 1])
    }
}
