import Testing

@testable import Capture

@Suite("Names in filters")
struct FilterNameTests {
    @Test(
        "What the system may have to look up is a name",
        arguments: [
            "host db", "port http", "net backbone", "src host 3com.example.com", "ip proto \\tcp", "ether host gate",
            "port 80 or (host a_b)", "db", "portrange ftp-data-ssh",
        ])
    func names(filter: String) {
        #expect(FilterFault.hasName(filter))
    }

    @Test(
        "Numbers, addresses and keywords are not",
        arguments: [
            "port 80", "host 10.0.0.1", "host fe80::1 or net fd00::/8", "ether host 02:00:00:aa:bb:cc",
            "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "icmp[icmptype] = icmp-echo", "ether proto 0x800f",
            "not (vlan 5 and ip6)", "len <= 100", "tcp portrange 1-70", "net 10.0.0.0/8",
        ])
    func others(filter: String) {
        #expect(!FilterFault.hasName(filter))
    }
}
