import Testing
import Wire

@testable import Report

@Suite("Text of ICMP errors")
struct ICMPTextTests {
    @Test(
        "Type and code have the terms of their RFC",
        arguments: [
            (3, 0, "network unreachable"), (3, 1, "host unreachable"), (3, 2, "protocol unreachable"),
            (3, 3, "port unreachable"), (3, 4, "fragmentation needed"), (3, 6, "destination network unknown"),
            (3, 9, "communication with the network administratively prohibited (filter)"),
            (3, 10, "communication with the host administratively prohibited (filter)"),
            (3, 13, "communication administratively prohibited (filter)"),
            (3, 15, "precedence cutoff in effect"), (3, 16, "destination unreachable, code 16"),
            (11, 0, "time exceeded in transit"), (11, 1, "fragment reassembly time exceeded"),
            (12, 0, "parameter problem"), (8, 0, "ICMP type 8, code 0"),
        ] as [(UInt8, UInt8, String)])
    func version4(type: UInt8, code: UInt8, text: String) {
        #expect(ICMPText(isVersion6: false, type: type, code: code).text == text)
    }

    @Test(
        "ICMPv6 has its own types",
        arguments: [
            (1, 0, "no route to destination"), (1, 1, "communication administratively prohibited (filter)"),
            (1, 3, "address unreachable"), (1, 4, "port unreachable"), (1, 6, "reject route to destination"),
            (1, 9, "destination unreachable, code 9"), (2, 0, "packet too big"),
            (3, 0, "hop limit exceeded in transit"), (3, 1, "fragment reassembly time exceeded"),
            (4, 1, "parameter problem: unrecognized next header"), (128, 0, "ICMP type 128, code 0"),
        ] as [(UInt8, UInt8, String)])
    func version6(type: UInt8, code: UInt8, text: String) {
        #expect(ICMPText(isVersion6: true, type: type, code: code).text == text)
    }

    @Test("Advice depends on the code: route, peer, filter or MTU")
    func advice() {
        let advice = { ICMPText(isVersion6: $0, type: $1, code: $2).advice }
        #expect(advice(false, 3, 0) == advice(true, 1, 0) && advice(false, 3, 0).contains("route"))
        #expect(advice(false, 3, 1) == advice(true, 1, 3) && advice(false, 3, 1).contains("powered on"))
        #expect(advice(false, 3, 13) == advice(true, 1, 1) && advice(false, 3, 13).contains("filter"))
        #expect(advice(false, 3, 4) == advice(true, 2, 0) && advice(false, 3, 4).contains("MTU"))
        #expect(advice(false, 8, 0).isEmpty)
        // Each code of destination unreachable has advice.
        for code in UInt8.min...UInt8.max { #expect(!advice(false, 3, code).isEmpty && !advice(true, 1, code).isEmpty) }
    }

    @Test("The router's address decides between ICMP and ICMPv6, in text and in JSON")
    func router() {
        let routers = (IPAddress(v4: 0xC000_0201), IPAddress(v6: 0x2001_0DB8_0000_0000, 0xFE))
        #expect(
            Samples.text { $0.append(icmpType: 3, code: 1, from: routers.0) } == "host unreachable, from 192.0.2.1")
        #expect(
            Samples.text { $0.append(icmpType: 3, code: 0, from: routers.1) }
                == "hop limit exceeded in transit, from 2001:db8::fe")
        #expect(
            Samples.text { $0.members(icmpType: 1, code: 4, from: routers.1) }
                == ",\"icmp_type\":1,\"icmp_code\":4,\"icmp_text\":\"port unreachable\",\"router_ip\":\"2001:db8::fe\"")
    }
}
