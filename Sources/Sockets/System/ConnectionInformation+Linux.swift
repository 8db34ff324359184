#if os(Linux)
    internal import CTCPAlive
    internal import Glibc

    extension ConnectionInformation {
        /// Asks the kernel about the connection of the socket `descriptor`.
        ///
        /// Throws `SocketError.system` if the descriptor is no TCP socket.
        public init(readingFrom descriptor: Int32) throws(SocketError) {
            let bytes: [UInt8]
            do {
                bytes = try systemOptionBytes(descriptor, KeepAliveOption.level, TCP_INFO, capacity: 256)
            } catch {
                throw .system("cannot read TCP_INFO of the socket", error)
            }
            // struct tcp_info of linux/tcp.h, which only ever grows at its end.
            func number(at offset: Int) -> Int {
                Int(Self.load(bytes, at: offset, UInt32.self) ?? 0)
            }
            func milliseconds(at offset: Int) -> Duration { .milliseconds(number(at: offset)) }
            state = bytes.first ?? 0
            retransmissions = Int(Self.load(bytes, at: 2, UInt8.self) ?? 0)  // tcpi_retransmits
            unansweredProbes = Int(Self.load(bytes, at: 3, UInt8.self) ?? 0)  // tcpi_probes
            unacknowledgedSegments = number(at: 24)  // tcpi_unacked
            sinceDataReceived = milliseconds(at: 52)  // tcpi_last_data_recv
            sinceAckReceived = milliseconds(at: 56)  // tcpi_last_ack_recv
            roundTrip = .microseconds(number(at: 68))  // tcpi_rtt
            bytesAcknowledged = Self.load(bytes, at: 120, UInt64.self)  // tcpi_bytes_acked
            // tcpi_bytes_received counts a FIN as one, which has arrived in CLOSE_WAIT, LAST_ACK and CLOSING.
            let received = Self.load(bytes, at: 128, UInt64.self)
            bytesReceived = [8, 9, 11].contains(state) ? received.map { $0 &- 1 } : received
            sinceDataSent = milliseconds(at: 44)  // tcpi_last_data_sent
            backoff = Int(Self.load(bytes, at: 4, UInt8.self) ?? 0)  // tcpi_backoff
            if let all = Self.load(bytes, at: 136, UInt32.self),  // tcpi_segs_out
                let withData = Self.load(bytes, at: 156, UInt32.self)  // tcpi_data_segs_out, Linux 4.6
            {
                emptySegmentsSent = all &- withData
            }
            peerWindow = Self.load(bytes, at: 228, UInt32.self)  // tcpi_snd_wnd, Linux 5.4
        }

        private static func load<Number: FixedWidthInteger>(
            _ bytes: [UInt8], at offset: Int, _ type: Number.Type
        ) -> Number? {
            let size = MemoryLayout<Number>.size
            guard bytes.count >= offset + size else { return nil }
            return unsafe bytes.withUnsafeBytes { unsafe $0.loadUnaligned(fromByteOffset: offset, as: type) }
        }
    }

    extension ConnectionTimer {
        /// Asks the kernel's socket monitor for the timer of the connection between two endpoints of this network
        /// namespace; nil if no timer runs or the monitor does not answer.
        init?(local: Endpoint, remote: Endpoint) {
            var request = inet_diag_req_v2()
            request.sdiag_family = UInt8(truncatingIfNeeded: local.family)
            request.sdiag_protocol = UInt8(IPPROTO_TCP)
            request.idiag_states = .max
            request.id.idiag_sport = local.port.bigEndian
            request.id.idiag_dport = remote.port.bigEndian
            // A link-local address counts only with its interface.
            request.id.idiag_if = max(local.scope, remote.scope)
            request.id.idiag_cookie = (.max, .max)  // INET_DIAG_NOCOOKIE
            unsafe withUnsafeMutableBytes(of: &request.id.idiag_src) {
                unsafe $0.copyBytes(from: local.addressBytes)
            }
            unsafe withUnsafeMutableBytes(of: &request.id.idiag_dst) {
                unsafe $0.copyBytes(from: remote.addressBytes)
            }
            let headerSize = MemoryLayout<nlmsghdr>.size
            var header = nlmsghdr()
            header.nlmsg_len = UInt32(headerSize + MemoryLayout<inet_diag_req_v2>.size)
            header.nlmsg_type = 20  // SOCK_DIAG_BY_FAMILY
            header.nlmsg_flags = 1  // NLM_F_REQUEST
            let bytes =
                unsafe withUnsafeBytes(of: &header) { unsafe Array($0) }
                + (unsafe withUnsafeBytes(of: &request) { unsafe Array($0) })
            guard let answer = try? systemDiagnose(bytes),
                answer.count >= headerSize + MemoryLayout<inet_diag_msg>.size
            else { return nil }
            let (type, message) = unsafe answer.withUnsafeBytes { buffer in
                unsafe (
                    buffer.loadUnaligned(as: nlmsghdr.self).nlmsg_type,
                    buffer.loadUnaligned(fromByteOffset: headerSize, as: inet_diag_msg.self)
                )
            }
            guard type == 20 else { return nil }  // NLMSG_ERROR is 2
            switch message.idiag_timer {
            case 1, 5: purpose = .retransmission  // 5: tail loss probe or reordering
            case 2: purpose = .keepAlive
            case 3: purpose = .closing
            case 4: purpose = .windowProbe
            default: return nil
            }
            expires = .milliseconds(Int(message.idiag_expires))
            unanswered = Int(message.idiag_retrans)
        }
    }

    extension Endpoint {
        /// sin6_scope_id; 0 for IPv4.
        fileprivate var scope: UInt32 {
            guard isIPv6 else { return 0 }
            return socketAddress[24..<28].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
#endif
