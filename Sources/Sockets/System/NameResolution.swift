internal import Platform

import CTCPAlive
import Wire

/// The address families, as the system numbers them.
enum SystemFamily {
    static let any = AF_UNSPEC
    static let ipv4 = AF_INET
    static let ipv6 = AF_INET6
}

/// Why a name could not be resolved (gai_strerror(3)).
struct ResolverError: Error {
    let reason: String
}

/// The socket addresses of `host` in the order of getaddrinfo(3); of all local addresses, to listen on, if it is nil.
func systemResolve(host: String?, port: String, family: Int32) throws(ResolverError) -> [[UInt8]] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = family
    #if canImport(Glibc)
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    #else
        unsafe hints.ai_socktype = SOCK_STREAM
    #endif
    unsafe hints.ai_flags = host == nil ? AI_PASSIVE : 0
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, port, &hints, &list)
    guard code == 0 else {
        if code == EAI_SYSTEM { throw ResolverError(reason: SystemError.last.description) }
        throw ResolverError(reason: unsafe String(cString: gai_strerror(code)))
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [[UInt8]] = []
    var next = unsafe list
    while let entry = unsafe next {
        if let address = unsafe entry.pointee.ai_addr {
            let bytes = unsafe Array(
                UnsafeRawBufferPointer(start: address, count: Int(entry.pointee.ai_addrlen)))
            if !addresses.contains(bytes) { addresses.append(bytes) }
        }
        unsafe next = entry.pointee.ai_next
    }
    return addresses
}

/// The numeric text of a socket address without its port (getnameinfo(3)); nil if it has none.
func systemText(of address: [UInt8]) -> String? {
    var text = [CChar](repeating: 0, count: 256)
    let code = unsafe withSocketAddress(address) { pointer, length in
        unsafe getnameinfo(pointer, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    }
    return code == 0 ? String(terminated: text) : nil
}

/// The host name of `address` (getnameinfo(3)); nil: it has none. Waits for the DNS, which may take long.
func hostName(of address: IPAddress) -> String? {
    let isVersion6 = address.version == .v6
    // sockaddr_in(3type): family, port, address; sockaddr_in6(3type) has the flow label before the address.
    var bytes = [UInt8](repeating: 0, count: isVersion6 ? 28 : 16)
    let family = UInt8(truncatingIfNeeded: isVersion6 ? AF_INET6 : AF_INET)
    #if canImport(Glibc)
        bytes[0] = family  // Two bytes, little-endian on all supported systems.
    #else
        (bytes[0], bytes[1]) = (UInt8(bytes.count), family)
    #endif
    for index in 0..<8 {
        let shift = UInt64(56 - 8 * index)
        if isVersion6 {
            bytes[8 + index] = UInt8(truncatingIfNeeded: address.high >> shift)
            bytes[16 + index] = UInt8(truncatingIfNeeded: address.low >> shift)
        } else if index >= 4 {
            bytes[index] = UInt8(truncatingIfNeeded: address.low >> shift)
        }
    }
    var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = unsafe withSocketAddress(bytes) { pointer, length in
        unsafe getnameinfo(pointer, length, &name, socklen_t(name.count), nil, 0, NI_NAMEREQD)
    }
    return code == 0 ? String(terminated: name) : nil
}

extension IPAddress {
    /// The address that `text` means: IPv4 in dotted decimal, or IPv6; an IPv4-mapped one is an IPv4 address. nil: none
    /// (inet_pton(3)).
    init?(text: String) {
        var four = in_addr()
        var six = in6_addr()
        if unsafe inet_pton(AF_INET, text, &four) == 1 {
            self.init(v4: UInt32(bigEndian: four.s_addr))
        } else if unsafe inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bytes: unsafe withUnsafeBytes(of: six) { unsafe Array($0) })
        } else {
            return nil
        }
    }
}

/// The name of the user with this number (getpwuid(3)); nil: none. Call it from one thread at a time.
package func systemUserName(_ user: UInt32) -> String? {
    guard let entry = unsafe getpwuid(user), let name = unsafe entry.pointee.pw_name else { return nil }
    return unsafe String(cString: name)
}

/// The name of the network interface with the kernel's number `index`; nil: it has none, as in another network namespace.
package func systemInterfaceName(_ index: UInt32) -> String? {
    var name = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
    return unsafe if_indextoname(index, &name) != nil ? String(terminated: name) : nil
}
