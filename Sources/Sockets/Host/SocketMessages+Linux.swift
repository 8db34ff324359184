#if os(Linux)
    internal import Platform
    internal import Wire

    /// The datagrams in which the kernel lists sockets (netlink(7), sock_diag(7)). The parser allocates nothing.
    enum SocketMessages {
        /// How a datagram ends.
        enum End: Equatable {
            /// More datagrams follow.
            case more
            /// It was the last.
            case done
            /// The kernel refused the request, or ended the list with an error.
            case failed(SystemError)
            /// A message is not whole, or not of this protocol.
            case malformed
        }

        /// SOCK_DIAG_BY_FAMILY of linux/sock_diag.h.
        static let byFamily: UInt16 = 20
        /// The size of struct nlmsghdr.
        static let headerSize = 16
        /// The size of struct inet_diag_msg of linux/inet_diag.h.
        static let socketSize = 72

        /// Calls `body` with each socket in `datagram`, all of which were read at `time`. Without `isDump` one socket was
        /// asked for. Sets `isInterrupted` if the kernel says that the list changed while it was read (NLM_F_DUMP_INTR).
        static func read(
            _ datagram: RawSpan, at time: ContinuousClock.Instant, isDump: Bool, isInterrupted: inout Bool,
            _ body: (HostSocket) throws -> Void
        ) rethrows -> End {
            guard datagram.byteCount >= headerSize else { return .malformed }
            var start = 0
            while datagram.byteCount - start >= headerSize {
                let length = Int(datagram.number32(start))
                let type = datagram.number16(start + 4)
                if datagram.number16(start + 6) & 0x10 != 0 { isInterrupted = true }
                guard length >= headerSize, length <= datagram.byteCount - start else { return .malformed }
                let content = datagram.extracting(start + headerSize..<start + length)
                switch type {
                case 2:  // NLMSG_ERROR
                    return .failed(error(in: content) ?? .invalidArgument)
                case 3:  // NLMSG_DONE; a dump that failed has an error
                    return error(in: content).map { .failed($0) } ?? .done
                case byFamily:
                    guard let socket = HostSocket(content, at: time) else { return .malformed }
                    try body(socket)
                default: return .malformed
                }
                if !isDump { return .done }
                // Each message begins at a multiple of four bytes.
                start += (length + 3) & ~3
            }
            return .more
        }

        /// The error number in `content`, which the kernel writes as a negative one; nil: there is none.
        private static func error(in content: RawSpan) -> SystemError? {
            guard content.byteCount >= 4 else { return nil }
            let number = Int32(bitPattern: content.number32(0))
            return number < 0 && number > -4096 ? SystemError(code: -number) : nil
        }
    }

    extension HostSocket {
        /// The socket in `content`, a struct inet_diag_msg and attributes, read at `time`; nil if it is not whole.
        init?(_ content: RawSpan, at time: ContinuousClock.Instant) {
            guard content.byteCount >= SocketMessages.socketSize else { return nil }
            isIPv6 = Int32(content.byte(0)) == SystemFamily.ipv6
            state = SocketState(rawValue: content.byte(1))
            switch content.byte(2) {
            case 1, 5: timer = .retransmission  // 5: tail loss probe or reordering
            case 2: timer = .keepAlive
            case 3: timer = .closing
            case 4: timer = .windowProbe
            default: timer = nil
            }
            unanswered = content.byte(3)
            local = Endpoint(content.address(8, isIPv6: isIPv6), UInt16(bigEndian: content.number16(4)))
            remote = Endpoint(content.address(24, isIPv6: isIPv6), UInt16(bigEndian: content.number16(6)))
            interface = content.number32(40)
            cookie = content.number64(44)
            expires = content.number32(52)
            receiveQueue = content.number32(56)
            sendQueue = content.number32(60)
            user = content.number32(64)
            inode = content.number32(68)
            // By the same timer the kernel ends a connection that no process has any more (tcp_fin_timeout, tcp(7)).
            if timer == .keepAlive, state == .finWait2, inode == 0 { timer = .closing }
            details = nil
            self.time = time
            var start = SocketMessages.socketSize
            while content.byteCount - start >= 4 {
                let length = Int(content.number16(start))
                // The rest is not whole: what came before is.
                guard length >= 4, length <= content.byteCount - start else { break }
                if content.number16(start + 2) & 0x3FFF == 2 {  // INET_DIAG_INFO
                    details = Details(content.extracting(start + 4..<start + length))
                }
                start += (length + 3) & ~3
            }
        }
    }

    extension HostSocket.Details {
        /// What `content`, a struct tcp_info, says: an older kernel has fewer bytes. nil: too few, or all zero, because the
        /// socket is closed or listens.
        init?(_ content: RawSpan) {
            guard content.byteCount >= 104, ![0, 7, 10].contains(content.byte(0)) else { return nil }
            retransmissions = content.byte(2)
            retransmissionTimeout = content.number32(8)
            unacknowledged = content.number32(24)
            sinceDataSent = content.number32(44)
            sinceDataReceived = content.number32(52)
            sinceAckReceived = content.number32(56)
            roundTrip = content.number32(68)
            bytesReceived = content.byteCount >= 136 ? content.number64(128) : nil
            dataSegmentsReceived = content.byteCount >= 156 ? content.number32(152) : nil
        }
    }

    extension RawSpan {
        // Numbers in the byte order of the host. The standard library checks the bounds.

        fileprivate func byte(_ offset: Int) -> UInt8 {
            unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self)
        }

        fileprivate func number16(_ offset: Int) -> UInt16 {
            unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
        }

        fileprivate func number32(_ offset: Int) -> UInt32 {
            unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        }

        fileprivate func number64(_ offset: Int) -> UInt64 {
            unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }

        /// The address in network byte order at `offset`.
        fileprivate func address(_ offset: Int, isIPv6: Bool) -> IPAddress {
            if !isIPv6 { return IPAddress(v4: UInt32(bigEndian: number32(offset))) }
            let (high, low) = (UInt64(bigEndian: number64(offset)), UInt64(bigEndian: number64(offset + 8)))
            // IPv4-mapped, RFC 4291 2.5.5.2.
            if high == 0, low >> 32 == 0xFFFF { return IPAddress(v4: UInt32(truncatingIfNeeded: low)) }
            return IPAddress(v6: high, low)
        }
    }
#endif
