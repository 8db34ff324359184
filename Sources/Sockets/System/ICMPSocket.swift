internal import Platform
internal import Wire

import CTCPAlive
/// A raw socket that receives the ICMP errors sent to this host (raw(7)); closed in `deinit`.
///
/// IP_RECVERR cannot replace it. On an established TCP connection Linux never fills the error queue: `tcp_v4_err` and
/// `tcp_v6_err` queue an error only while connecting. What IP_RECVERR does there is make the first ICMP error end a
/// connection with data in flight (after 0.2 s instead of 13 s with tcp_retries2=5, Linux 6.18), which would hide how
/// the connection of any other program ends. And an ICMP error about a keep-alive probe quotes a sequence number below
/// the window, so the kernel only counts it (OutOfWindowIcmps). So `KeepAliveClient` sets IP_RECVERR while it connects,
/// clears it afterwards, and reads established errors here, if it has the capability cap_net_raw.
final class ICMPSocket {
    private let socket: Descriptor
    private let version: IPVersion

    /// Nil without the capability, and on systems other than Linux.
    init?(_ version: IPVersion) {
        #if os(Linux)
            guard let socket = try? systemICMPSocket(version) else { return nil }
            self.socket = socket
            self.version = version
        #else
            return nil
        #endif
    }

    /// Readable when a message has arrived.
    var descriptor: Int32 { socket.number }

    /// The next error about the connection between two endpoints; nil if there is none.
    func next(local: Endpoint, remote: Endpoint) -> ICMPError? {
        while let (message, sender) = try? systemReceiveFrom(socket.number, count: 1500) {
            // For IPv4 the kernel delivers the IP header as well.
            let offset = version == .v6 ? 0 : Int((message.first ?? 0) & 15) * 4
            guard let router = SocketAddress(sender)?.endpoint.address else { continue }
            let error = ICMPError(message: message.dropFirst(offset), router: router, local: local, remote: remote)
            if let error { return error }
        }
        return nil
    }
}

#if canImport(Glibc)
    /// A raw socket that receives destination unreachable, packet too big, time exceeded and parameter problem
    /// (raw(7)).
    private func systemICMPSocket(_ version: IPVersion) throws(SystemError) -> Descriptor {
        let flags = Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let isVersion6 = version == .v6
        let number = socket(
            isVersion6 ? AF_INET6 : AF_INET, flags, Int32(isVersion6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        guard number >= 0 else { throw .last }
        let descriptor = Descriptor(number)
        // A set bit blocks the type. ICMP_FILTER (1) of SOL_RAW (255) is one word, ICMPV6_FILTER (1) eight.
        let passing: UInt32 = isVersion6 ? 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 : 1 << 3 | 1 << 11 | 1 << 12
        var filter = [~passing] + [UInt32](repeating: .max, count: isVersion6 ? 7 : 0)
        let size = socklen_t(filter.count * MemoryLayout<UInt32>.size)
        guard unsafe setsockopt(number, isVersion6 ? Int32(IPPROTO_ICMPV6) : 255, 1, &filter, size) == 0 else {
            throw .last
        }
        return descriptor
    }

    /// Makes the socket queue errors, or stops that and empties the queue (IP_RECVERR, ip(7); IPV6_RECVERR, ipv6(7)).
    func systemSetQueuesErrors(_ number: Int32, isIPv6: Bool, _ queues: Bool) throws(SystemError) {
        let level = Int32(isIPv6 ? IPPROTO_IPV6 : IPPROTO_IP)
        try systemSetOption(number, level, isIPv6 ? IPV6_RECVERR : IP_RECVERR, queues ? 1 : 0)
    }

    /// The next sock_extended_err in the error queue and the socket address behind it, as bytes; nil if there is none.
    func systemNextQueuedError(_ number: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64)
        let length = unsafe tcpalive_next_queued_error(number, &bytes, bytes.count)
        return length > 0 ? Array(bytes.prefix(length)) : nil
    }
#endif
