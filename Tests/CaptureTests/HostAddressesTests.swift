import Capture
import Testing
import Wire

@Suite("Addresses of this host")
struct HostAddressesTests {
    @Test("All loopback addresses belong to this host, addresses for documentation do not")
    func loopback() {
        let addresses = HostAddresses()
        for bytes in [UInt32(0x7F00_0001), 0x7F01_0203] { #expect(addresses.contains(IPAddress(v4: bytes))) }
        #expect(!addresses.contains(IPAddress(v4: 0xC000_0201)))
        #expect(!addresses.contains(IPAddress(v6: 0x2001_0DB8_0000_0000, 1)))
    }

    @Test("The addresses in the list of interfaces belong to this host")
    func listed() throws {
        let addresses = HostAddresses()
        let named = try HostInterface.all().flatMap(\.addresses)
        #expect(!named.isEmpty)
        for address in named { #expect(addresses.contains(address)) }
    }
}
