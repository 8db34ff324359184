public import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// The addresses that this host has, and those that it had before, because interfaces come and go.
public struct HostAddresses: Sendable {
    private var known: Set<IPAddress> = []

    /// The addresses that the interfaces have now.
    public init() {
        update()
    }

    /// Adds the addresses that the interfaces have now (getifaddrs(3)); none are forgotten.
    public mutating func update() {
        var first: UnsafeMutablePointer<ifaddrs>? = nil
        guard unsafe getifaddrs(&first) == 0 else { return }
        defer { unsafe freeifaddrs(first) }
        var next = unsafe first
        while let entry = unsafe next {
            if let address = unsafe entry.pointee.ifa_addr.flatMap({ unsafe IPAddress($0) }) { known.insert(address) }
            unsafe next = entry.pointee.ifa_next
        }
    }

    /// Whether `address` is one of them. So is all of 127.0.0.0/8 (RFC 1122 3.2.1.3), although interfaces list only one.
    public func contains(_ address: IPAddress) -> Bool {
        known.contains(address) || (address.version == .v4 && address.low >> 24 == 127)
    }
}
