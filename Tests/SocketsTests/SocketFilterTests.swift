import Testing
import Wire

@testable import Sockets

/// The words of ss(8).
@Suite("Filters of sockets")
struct SocketFilterTests {
    /// 192.0.2.10:40000 to 198.51.100.20:443, established.
    private static let socket = HostSocket.sample(expires: 1, heard: 1)
    private static let version6: HostSocket = {
        var socket = HostSocket.sample(expires: 1, heard: 1)
        socket.local = Endpoint(IPAddress(v6: 0x2001_0DB8_0000_0000, 1), 443)
        socket.remote = Endpoint(IPAddress(v6: 0xFE80_0000_0000_0000, 2), 40000)
        socket.state = .closeWait
        return socket
    }()

    @Test(
        "A filter selects the sockets that ss selects",
        arguments: [
            ("", true, true), ("dport = :443", true, false), ("dport=:443", true, false), ("dport 443", true, false),
            ("sport eq 443", false, true), ("sport != :443", true, false), ("sport >= :40000", true, false),
            ("sport > :40000", false, false), ("dport lt 444", true, false), ("dport <= 443", true, false),
            ("dst 198.51.100.20", true, false), ("dst 198.51.0.0/16", true, false), ("dst 198.51.0.0/24", false, false),
            ("src 192.0.2.10:40000", true, false), ("src 192.0.2.10:40001", false, false), ("src :443", false, true),
            ("dst = 198.51.100.20:*", true, false), ("dst != 198.51.100.20", false, true),
            ("src 0.0.0.0/0", true, false),
            ("src [2001:db8::]/32", false, true), ("src [2001:db8::1]:443", false, true),
            ("src 2001:db8::1", false, true),
            ("src 2001:db8::/127", false, true), ("src 2001:db8::/128", false, false), ("dst fe80::/64", false, true),
            ("src 192/8", true, false), ("dst 198.51/16", true, false), ("dst 10/8", false, false),
            ("sport = *", true, true), ("sport *", true, true), ("dport = :*", true, true),
            ("dport != *", false, false),
            ("dst [::ffff:198.51.100.20]", false, false), ("dst [::ffff:198.51.100.0]/120", false, false),
            ("state established state close-wait", true, true),
            ("exclude established exclude close-wait", false, false),
            ("not state established", false, true), ("state close-wait or sport = :40000", true, true),
            ("state established", true, false), ("state close-wait", false, true), ("exclude established", false, true),
            ("state connected", true, true), ("state listening", false, false),
            ("not dport = :443", false, true), ("! ( dport = :443 or sport = :443 )", false, false),
            ("dport = :443 and src 10.0.0.0/8", false, false), ("dport = :443 or src 10.0.0.0/8", true, false),
            ("dport = :443 sport = :40000", true, false), ("sport = :1 or dport = :443 and sport = :1", false, false),
            ("(sport=:443|dport=:443)&state close-wait", false, true), ("sport = :443 || dport = :443", true, true),
        ])
    func selection(words: String, selects4: Bool, selects6: Bool) throws {
        for words in [words.split(separator: " ").map(String.init), [words]] {
            let filter = try SocketFilter(words)
            #expect(filter.matches(Self.socket) == selects4)
            #expect(filter.matches(Self.version6) == selects6)
        }
    }

    @Test("An IPv4-mapped address selects IPv6 sockets only")
    func mapped() throws {
        var socket = Self.socket
        socket.isIPv6 = true
        for (words, isSelected) in [
            ("dst [::ffff:198.51.100.20]", true), ("dst [::ffff:198.51.100.0]/120", true),
            ("dst [::ffff:198.51.100.20]:443", true), ("dst [::ffff:198.51.100.21]", false),
            ("not dst [::ffff:198.51.100.20]", false),
        ] {
            #expect(try SocketFilter([words]).matches(socket) == isSelected, "\(words)")
        }
    }

    @Test(
        "The kernel lists the states that the filter may select, and the usual ones where it names none",
        arguments: [
            ("dport = :1", SocketStates.open), ("not dport = :1 or src 10/8", .open),
            ("state close-wait or state listening", SocketStates(.closeWait, .listen)),
            ("state close-wait state listening", SocketStates(.closeWait, .listen)),
            ("exclude established", SocketStates.all.subtracting(SocketStates(.established))),
            (
                "exclude established exclude listening",
                SocketStates.all.subtracting(SocketStates(.established, .listen))
            ),
            ("not state established", SocketStates.all.subtracting(SocketStates(.established))),
            ("not not state established", SocketStates(.established)),
            (
                "not ( state established or state listening )",
                SocketStates.all.subtracting(SocketStates(.established, .listen))
            ),
            (
                "not ( state established and dport = :1 )",
                SocketStates.all.subtracting(SocketStates(.established)).union(.open)
            ),
            ("state time-wait or sport = :7000", SocketStates.open.union(SocketStates(.timeWait))),
            ("state connected and exclude time-wait dport = :1", SocketStates(rawValue: 0xB3F)),
            ("state established and state listening", SocketStates()),
        ])
    func states(words: String, states: SocketStates) throws {
        let filter = try SocketFilter([words])
        #expect(filter.states(usual: .open) == states, "\(filter.states(usual: .open).rawValue)")
        #expect(filter.namesStates == (words.contains("state") || words.contains("exclude")))
    }

    @Test("A filter of many conditions is read and evaluated")
    func long() throws {
        let words = (1...20_000).map { "dport = :\($0)" }
        #expect(try SocketFilter([words.joined(separator: " or ")]).matches(Self.socket))
        #expect(try !SocketFilter(words).matches(Self.socket))
    }

    @Test(
        "A filter that is wrong says what is wrong",
        arguments: [
            ("dport", "dport needs a port, such as :443"), ("dport = :https", "dport :https: a port is a number"),
            ("dport = 65536", "a port is a number from 0 to 65535"), ("port 443", "\"port\" is no word of the filter"),
            ("state up", "there is no state \"up\"; the states are established"), ("( dport 1", "a \")\" is missing"),
            ("dport 1 )", "\")\" is unexpected"), ("not", "the filter ends where a condition is due"),
            ("src 10.0.0.0/33", "src 10.0.0.0/33: it is no address"), ("src host", "src host: it is no address"),
            ("src [::1", "src [::1: it is no address"), ("src 1.2.3.4:x", "it is no address"),
            ("sport > *", "sport: * can only be equal (=) or not (!=)"),
            ("dst > 10.0.0.1", "addresses can only be equal"), ("dport 1 and", "the filter ends"),
            ("or", "\"or\" is no word"),
            (String(repeating: "( ", count: 10_000), "the filter is nested too deeply"),
            (String(repeating: "not ", count: 10_000), "the filter is nested too deeply"),
        ])
    func failures(words: String, sentence: String) {
        let failure = #expect(throws: SocketFilter.Failure.self) { try SocketFilter([words]) }
        #expect(failure?.description.contains(sentence) == true, "\(String(describing: failure))")
    }
}
