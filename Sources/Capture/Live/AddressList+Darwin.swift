#if !os(Linux)
    internal import Platform
    internal import Wire

    /// The addresses of the interfaces of this host.
    struct AddressList: Sendable {
        /// A socket through which the kernel is asked: none.
        let socket: Int32? = nil

        /// The addresses now, each with the index of its interface (getifaddrs(3)).
        func addresses() -> [(address: IPAddress, interface: UInt32)] {
            var first: UnsafeMutablePointer<ifaddrs>? = nil
            guard unsafe getifaddrs(&first) == 0 else { return [] }
            defer { unsafe freeifaddrs(first) }
            var addresses: [(IPAddress, UInt32)] = []
            var next = unsafe first
            while let entry = unsafe next {
                if let address = unsafe entry.pointee.ifa_addr.flatMap({ unsafe IPAddress($0) }) {
                    addresses.append((address, unsafe if_nametoindex(entry.pointee.ifa_name)))
                }
                unsafe next = entry.pointee.ifa_next
            }
            return addresses
        }
    }
#endif
