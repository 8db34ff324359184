import Testing
import Wire

@testable import Report

@Suite("Text of ICMP errors")
struct ICMPTextTests {
    @Test(
        "Type and code have the terms of their RFC, also those of ICMPv6",
        arguments: [
            (false, 3, 0, "network unreachable"), (false, 3, 1, "host unreachable"),
            (false, 3, 2, "protocol unreachable"), (false, 3, 3, "port unreachable"),
            (false, 3, 4, "fragmentation needed"), (false, 3, 6, "destination network unknown"),
            (false, 3, 9, "communication with the network administratively prohibited (filter)"),
            (false, 3, 10, "communication with the host administratively prohibited (filter)"),
            (false, 3, 13, "communication administratively prohibited (filter)"),
            (false, 3, 15, "precedence cutoff in effect"), (false, 3, 16, "destination unreachable, code 16"),
            (false, 11, 0, "time exceeded in transit"), (false, 11, 1, "fragment reassembly time exceeded"),
            (false, 12, 0, "parameter problem"), (false, 8, 0, "ICMP type 8, code 0"),
            (true, 1, 0, "no route to destination"),
            (true, 1, 1, "communication administratively prohibited (filter)"), (true, 1, 3, "address unreachable"),
            (true, 1, 4, "port unreachable"), (true, 1, 6, "reject route to destination"),
            (true, 1, 9, "destination unreachable, code 9"), (true, 2, 0, "packet too big"),
            (true, 3, 0, "hop limit exceeded in transit"), (true, 3, 1, "fragment reassembly time exceeded"),
            (true, 4, 1, "parameter problem: unrecognized next header"), (true, 128, 0, "ICMP type 128, code 0"),
        ] as [(Bool, UInt8, UInt8, String)])
    func terms(isVersion6: Bool, type: UInt8, code: UInt8, text: String) {
        #expect(ICMPText(isVersion6: isVersion6, type: type, code: code).text == text)
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
