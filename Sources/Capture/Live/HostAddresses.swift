import Platform
public import Wire

/// The addresses that this host has, and those that it had before, because interfaces come and go.
public struct HostAddresses: Sendable {
    /// The interfaces that have, or had, an address.
    private var known: [IPAddress: [UInt32]] = [:]
    private let list = AddressList()

    /// The addresses that the interfaces have now.
    public init() {
        update()
    }

    /// Adds the addresses that the interfaces have now; none are forgotten.
    public mutating func update() {
        for (address, interface) in list.addresses() where known[address]?.contains(interface) != true {
            known[address, default: []].append(interface)
        }
    }

    /// A socket through which it asks the kernel, for those who limit the use of sockets; nil: it has none.
    package var socket: Int32? { list.socket }

    /// Whether `address` is one of them. So is all of 127.0.0.0/8 (RFC 1122 3.2.1.3), although interfaces list only one.
    public func contains(_ address: IPAddress) -> Bool {
        known[address] != nil || (address.version == .v4 && address.low >> 24 == 127)
    }

    /// The indexes of the interfaces that have, or had, `address`: several may have one link-local address.
    public func interfaces(with address: IPAddress) -> [UInt32] { known[address] ?? [] }
}

extension IPAddress {
    /// The address in a socket address of IPv4 or IPv6; nil for other families.
    init?(_ address: UnsafeMutablePointer<sockaddr>) {
        switch Int32(unsafe address.pointee.sa_family) {
        case AF_INET:
            let number = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr
            self.init(v4: UInt32(bigEndian: number))
        case AF_INET6:
            let bytes = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self).sin6_addr
            let (high, low) = unsafe withUnsafeBytes(of: bytes) { raw in
                unsafe (raw.loadUnaligned(as: UInt64.self), raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(v6: UInt64(bigEndian: high), UInt64(bigEndian: low))
        default: return nil
        }
    }
}
