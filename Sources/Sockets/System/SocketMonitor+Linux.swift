#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    internal import Platform
    internal import Wire

    /// The kernel's list of the TCP sockets of this network namespace (sock_diag(7)).
    enum SocketMonitor {
        /// The socket of the connection between two ends; nil if the kernel has none or does not answer.
        static func socket(local: SocketAddress, remote: SocketAddress) -> inet_diag_msg? {
            var request = request(family: local.family)
            request.idiag_states = .max
            request.id.idiag_sport = local.port.bigEndian
            request.id.idiag_dport = remote.port.bigEndian
            // A link-local address is valid only with its interface.
            request.id.idiag_if = max(local.scope, remote.scope)
            request.id.idiag_cookie = (.max, .max)  // INET_DIAG_NOCOOKIE
            unsafe withUnsafeMutableBytes(of: &request.id.idiag_src) {
                unsafe $0.copyBytes(from: local.addressBytes)
            }
            unsafe withUnsafeMutableBytes(of: &request.id.idiag_dst) {
                unsafe $0.copyBytes(from: remote.addressBytes)
            }
            return try? systemDiagnose(request, isDump: false).first
        }

        /// The sockets of all connections of `family` in states in which the kernel probes; empty if it does not
        /// answer.
        static func probingSockets(family: Int32) -> [inet_diag_msg] {
            var request = request(family: family)
            // ESTABLISHED 1, FIN_WAIT1 4, FIN_WAIT2 5, CLOSE_WAIT 8, LAST_ACK 9, CLOSING 11.
            request.idiag_states = [1, 4, 5, 8, 9, 11].reduce(0) { $0 | 1 << $1 }
            return (try? systemDiagnose(request, isDump: true)) ?? []
        }

        private static func request(family: Int32) -> inet_diag_req_v2 {
            var request = inet_diag_req_v2()
            request.sdiag_family = UInt8(truncatingIfNeeded: family)
            request.sdiag_protocol = UInt8(IPPROTO_TCP)
            return request
        }
    }

    extension inet_diag_msg {
        /// What the running timer is for; nil if none runs (idiag_timer, sock_diag(7)).
        var purpose: ConnectionTimer.Purpose? {
            switch idiag_timer {
            case 1, 5: .retransmission  // 5: tail loss probe or reordering
            case 2: .keepAlive
            case 3: .closing
            case 4: .windowProbe
            default: nil
            }
        }

        /// The local end.
        var local: Endpoint { endpoint(id.idiag_src, id.idiag_sport) }

        /// The remote end.
        var remote: Endpoint { endpoint(id.idiag_dst, id.idiag_dport) }

        private func endpoint<Words>(_ words: Words, _ port: UInt16) -> Endpoint {
            let length = Int32(idiag_family) == SystemFamily.ipv6 ? 16 : 4
            let bytes = unsafe withUnsafeBytes(of: words) { unsafe Array($0.prefix(length)) }
            return Endpoint(IPAddress(bytes: bytes), UInt16(bigEndian: port))
        }
    }

    private let byFamily: UInt16 = 20  // SOCK_DIAG_BY_FAMILY of linux/sock_diag.h

    /// Sends `request` to the kernel and returns the answers: one socket, or all that match if `isDump` (netlink(7)).
    private func systemDiagnose(_ request: inet_diag_req_v2, isDump: Bool) throws(SystemError) -> [inet_diag_msg] {
        // NETLINK_SOCK_DIAG is 4.
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
        guard number >= 0 else { throw .last }
        let monitor = Descriptor(number)
        let headerSize = MemoryLayout<nlmsghdr>.size
        var header = nlmsghdr()
        header.nlmsg_len = UInt32(headerSize + MemoryLayout<inet_diag_req_v2>.size)
        header.nlmsg_type = byFamily
        header.nlmsg_flags = isDump ? 0x301 : 1  // NLM_F_REQUEST, NLM_F_DUMP
        let message =
            unsafe withUnsafeBytes(of: header) { unsafe Array($0) }
            + (unsafe withUnsafeBytes(of: request) { unsafe Array($0) })
        guard unsafe send(monitor.number, message, message.count, 0) == message.count else { throw .last }
        var sockets: [inet_diag_msg] = []
        while true {
            var answer = [UInt8](repeating: 0, count: 32768)
            // The kernel computes the answer during the call, so it never has to wait.
            let received = unsafe recv(monitor.number, &answer, answer.count, Int32(MSG_DONTWAIT))
            guard received >= 0 else { throw .last }
            guard appendSockets(in: answer[..<received], isDump: isDump, to: &sockets) else { return sockets }
        }
    }

    /// Appends the sockets in `answer`, a datagram of messages (netlink(7)); returns whether more datagrams follow: not after
    /// an error, the end of a dump, or a message that is not whole.
    func appendSockets(in answer: ArraySlice<UInt8>, isDump: Bool, to sockets: inout [inet_diag_msg]) -> Bool {
        let headerSize = MemoryLayout<nlmsghdr>.size
        var rest = answer
        guard rest.count >= headerSize else { return false }
        while rest.count >= headerSize {
            let header = unsafe rest.withUnsafeBytes { unsafe $0.loadUnaligned(as: nlmsghdr.self) }
            let length = Int(header.nlmsg_len)
            // NLMSG_ERROR is 2, NLMSG_DONE 3.
            guard header.nlmsg_type == byFamily, length >= headerSize + MemoryLayout<inet_diag_msg>.size,
                length <= rest.count
            else { return false }
            sockets.append(
                unsafe rest.withUnsafeBytes {
                    unsafe $0.loadUnaligned(fromByteOffset: headerSize, as: inet_diag_msg.self)
                })
            if !isDump { return false }
            // Each message begins at a multiple of four bytes.
            rest = rest.dropFirst((length + 3) & ~3)
        }
        return true
    }
#endif
