#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    internal import Platform

    extension ConnectionInformation {
        /// What the kernel reports about the connection of the socket `descriptor`.
        ///
        /// Throws `SocketError.system` if the descriptor is not a TCP socket.
        public init(readingFrom descriptor: Int32) throws(SocketError) {
            let bytes: [UInt8]
            do {
                bytes = try systemOptionBytes(descriptor, KeepAliveOption.level, TCP_INFO, capacity: 256)
            } catch {
                throw .system("cannot read TCP_INFO of the socket", error)
            }
            self.init(bytes)
        }

        /// What `bytes`, a tcp_info, say: an older kernel has fewer.
        init(_ bytes: [UInt8]) {
            // struct tcp_info of linux/tcp.h, which only grows at its end.
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
            segmentsReceived = Self.load(bytes, at: 140, UInt32.self)  // tcpi_segs_in, Linux 4.2
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
        /// The running timer of the connection between two ends in this network namespace; nil if none runs or the
        /// kernel does not report it.
        init?(local: SocketAddress, remote: SocketAddress) {
            guard let socket = SocketMonitor.socket(local: local, remote: remote), let purpose = socket.timer else {
                return nil
            }
            self.purpose = purpose
            expires = .milliseconds(Int(socket.expires))
            unanswered = Int(socket.unanswered)
        }
    }
#endif
