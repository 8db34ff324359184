/// A raw socket that receives the ICMP errors sent to this host (raw(7)); closed in `deinit`.
///
/// IP_RECVERR cannot replace it. On an established TCP connection Linux never fills the error queue: `tcp_v4_err` and
/// `tcp_v6_err` queue an error only while connecting. What IP_RECVERR does there is make the first ICMP error end a
/// connection with data in flight (after 0.2 s instead of 13 s with tcp_retries2=5, Linux 6.18), which would hide how the
/// connection of any other program ends. And an ICMP error about a keep-alive probe quotes a sequence number below the
/// window, so the kernel only counts it (OutOfWindowIcmps). So `KeepAliveClient` sets IP_RECVERR while it connects, clears
/// it afterwards, and reads established errors here, if it has the capability cap_net_raw.
final class ICMPSocket {
    private let socket: Descriptor
    private let isVersion6: Bool

    /// Nil without the capability, and on systems other than Linux.
    init?(isVersion6: Bool) {
        #if os(Linux)
            guard let socket = try? systemICMPSocket(isVersion6: isVersion6) else { return nil }
            self.socket = socket
            self.isVersion6 = isVersion6
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
            let offset = isVersion6 ? 0 : Int((message.first ?? 0) & 15) * 4
            let reporter = systemText(of: sender)
            let error = ICMPError(
                message: message.dropFirst(offset), reporter: reporter, local: local, remote: remote)
            if let error { return error }
        }
        return nil
    }
}
