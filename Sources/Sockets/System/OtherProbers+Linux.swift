#if os(Linux)
    internal import CTCPAlive
    internal import Glibc

    extension KeepAliveTimer {
        /// The keep-alive timers that run in this network namespace; empty where the kernel does not tell.
        static func all() -> [KeepAliveTimer] {
            [SystemFamily.ipv4, SystemFamily.ipv6].flatMap { family in
                (try? systemDiagnoseAll(request(family: family)))?.compactMap { KeepAliveTimer($0) } ?? []
            }
        }

        /// A request for all connections of `family` in states in which the kernel probes.
        private static func request(family: Int32) -> [UInt8] {
            var request = inet_diag_req_v2()
            request.sdiag_family = UInt8(truncatingIfNeeded: family)
            request.sdiag_protocol = UInt8(IPPROTO_TCP)
            // ESTABLISHED 1, FIN_WAIT1 4, FIN_WAIT2 5, CLOSE_WAIT 8, LAST_ACK 9, CLOSING 11.
            request.idiag_states = [1, 4, 5, 8, 9, 11].reduce(0) { $0 | 1 << $1 }
            var header = nlmsghdr()
            header.nlmsg_len = UInt32(MemoryLayout<nlmsghdr>.size + MemoryLayout<inet_diag_req_v2>.size)
            header.nlmsg_type = 20  // SOCK_DIAG_BY_FAMILY
            header.nlmsg_flags = 0x301  // NLM_F_REQUEST, NLM_F_DUMP
            return unsafe withUnsafeBytes(of: &header) { unsafe Array($0) }
                + (unsafe withUnsafeBytes(of: &request) { unsafe Array($0) })
        }

        /// The timer in one answer, a struct inet_diag_msg; nil where it tells of none.
        private init?(_ bytes: ArraySlice<UInt8>) {
            guard bytes.count >= MemoryLayout<inet_diag_msg>.size else { return nil }
            let message = unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(as: inet_diag_msg.self) }
            guard message.idiag_timer == 2 else { return nil }
            let length = Int32(message.idiag_family) == SystemFamily.ipv6 ? 16 : 4
            addresses = (
                unsafe withUnsafeBytes(of: message.id.idiag_src) { unsafe Array($0.prefix(length)) },
                unsafe withUnsafeBytes(of: message.id.idiag_dst) { unsafe Array($0.prefix(length)) }
            )
            ports = (UInt16(bigEndian: message.id.idiag_sport), UInt16(bigEndian: message.id.idiag_dport))
            cookie = UInt64(message.id.idiag_cookie.1) << 32 | UInt64(message.id.idiag_cookie.0)
            expires = .milliseconds(Int(message.idiag_expires))
            unanswered = Int(message.idiag_retrans)
        }
    }
#endif
