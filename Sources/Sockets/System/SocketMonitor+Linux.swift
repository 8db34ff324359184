#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    package import Platform
    internal import Wire

    /// The kernel's list of the TCP sockets of a network namespace (sock_diag(7)): a netlink socket. No rights are necessary.
    package struct SocketMonitor: ~Copyable {
        /// How a list ended.
        package enum Completeness: Sendable, Equatable {
            case complete
            /// Sockets were opened or closed while the list was read, so it may lack some or have some twice.
            case changed
        }

        private let monitor: Descriptor

        /// The list of the network namespace of this thread.
        package init() throws(SystemError) {
            monitor = try systemNetlinkSocket()
        }

        /// The list of `namespace`. Only root may enter another one, or who created it in a user namespace.
        package init(of namespace: borrowing NetworkNamespace) throws(SystemError) {
            monitor = try namespace.inside(systemNetlinkSocket)
        }

        /// The number of the netlink socket.
        package var number: Int32 { monitor.number }

        /// Calls `body` with each socket of IPv4 and IPv6 in one of `states`.
        ///
        /// Throws `SystemError` if the kernel does not list sockets, and what `body` throws.
        package func forEachSocket(
            in states: SocketStates, _ body: (HostSocket) throws -> Void
        ) throws -> Completeness {
            var completeness = Completeness.complete
            var buffer = Self.buffer
            for family in [SystemFamily.ipv4, SystemFamily.ipv6] {
                var request = Self.request(family: family)
                request.idiag_states = states.rawValue
                do {
                    if try ask(request, isDump: true, &buffer, body) { completeness = .changed }
                } catch let error as SystemError where family == SystemFamily.ipv6 && error == .noSuchFile {
                    // A kernel without IPv6.
                }
            }
            return completeness
        }

        /// The socket of the connection between two ends; nil if the kernel has none or does not answer.
        static func socket(local: SocketAddress, remote: SocketAddress) -> HostSocket? {
            var request = request(family: local.family)
            // A link-local address is valid only with its interface.
            request.id.idiag_if = max(local.scope, remote.scope)
            request.setEnds((local.addressBytes, local.port), (remote.addressBytes, remote.port))
            return try? SocketMonitor().one(request)
        }

        /// The socket for which `question` asks; nil if the kernel has none, or only one that listens.
        func socket(_ question: SocketQuestion) -> HostSocket? {
            let (local, remote) = (question.local, question.remote)
            let isIPv6 = local.address.version == .v6
            var request = Self.request(family: isIPv6 ? SystemFamily.ipv6 : SystemFamily.ipv4)
            request.id.idiag_if = question.interface
            request.setEnds((Self.bytes(of: local.address), local.port), (Self.bytes(of: remote.address), remote.port))
            guard let found = try? one(request), found.local == local, found.remote == remote else { return nil }
            return found
        }

        /// The bytes of `address` in network byte order.
        private static func bytes(of address: IPAddress) -> ArraySlice<UInt8> {
            var bytes: [UInt8] = []
            bytes.append(number: address.high)
            bytes.append(number: address.low)
            return address.version == .v6 ? bytes[...] : bytes[12...]
        }

        /// The only socket for which `request` asks.
        private func one(_ request: inet_diag_req_v2) throws -> HostSocket? {
            var request = request
            request.idiag_states = .max
            request.id.idiag_cookie = (.max, .max)  // INET_DIAG_NOCOOKIE
            var found: HostSocket?
            // An answer has some hundred bytes.
            var buffer = [UInt8](repeating: 0, count: 4096)
            _ = try ask(request, isDump: false, &buffer) { found = $0 }
            return found
        }

        /// A call that takes longer was interrupted, so the moment at which the kernel looked is not known.
        private static let exactness = Duration.milliseconds(30)

        /// What the kernel fills: up to 32 KiB at a time.
        private static var buffer: [UInt8] { [UInt8](repeating: 0, count: 1 << 16) }

        private static func request(family: Int32) -> inet_diag_req_v2 {
            var request = inet_diag_req_v2()
            request.sdiag_family = UInt8(truncatingIfNeeded: family)
            request.sdiag_protocol = UInt8(IPPROTO_TCP)
            request.idiag_ext = 1 << 1  // INET_DIAG_INFO is 2, and its bit one less.
            return request
        }

        /// Sends `request` to the kernel and calls `body` with the answers: one socket, or all that match if `isDump`
        /// (netlink(7)). Returns whether the list changed while it was read.
        private func ask(
            _ request: inet_diag_req_v2, isDump: Bool, _ buffer: inout [UInt8], _ body: (HostSocket) throws -> Void
        ) throws -> Bool {
            var header = nlmsghdr()
            header.nlmsg_len = UInt32(SocketMessages.headerSize + MemoryLayout<inet_diag_req_v2>.size)
            header.nlmsg_type = SocketMessages.byFamily
            header.nlmsg_flags = isDump ? 0x301 : 1  // NLM_F_REQUEST, NLM_F_DUMP
            let message =
                unsafe withUnsafeBytes(of: header) { unsafe Array($0) }
                + (unsafe withUnsafeBytes(of: request) { unsafe Array($0) })
            // The kernel computes the first answer in this call, and the next one at the end of each that reads one, so it never
            // has to wait.
            var (start, time) = (ContinuousClock.now, ContinuousClock.now)
            guard unsafe send(monitor.number, message, message.count, 0) == message.count else {
                throw SystemError.last
            }
            time = .now
            var isInterrupted = false
            while true {
                let isExact = time - start <= Self.exactness
                let (nextStart, looked) = (ContinuousClock.now, time)
                let received = unsafe recv(monitor.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard received >= 0 else {
                    if errno == EINTR { continue }
                    throw SystemError.last
                }
                // Before `body`, which may take long.
                (start, time) = (nextStart, .now)
                let end = try unsafe SocketMessages.read(
                    buffer.span.bytes.extracting(first: received), at: looked, isDump: isDump,
                    isInterrupted: &isInterrupted
                ) { socket in
                    var socket = socket
                    socket.isTimeExact = isExact
                    try body(socket)
                }
                switch end {
                case .more: continue
                case .done: return isInterrupted
                case .failed(let error): throw error
                case .malformed: throw SystemError(code: EBADMSG)
                }
            }
        }
    }

    extension inet_diag_req_v2 {
        /// Sets the ends of the socket: addresses in network byte order, and ports.
        fileprivate mutating func setEnds(
            _ local: (address: ArraySlice<UInt8>, port: UInt16), _ remote: (address: ArraySlice<UInt8>, port: UInt16)
        ) {
            id.idiag_sport = local.port.bigEndian
            id.idiag_dport = remote.port.bigEndian
            unsafe withUnsafeMutableBytes(of: &id.idiag_src) { unsafe $0.copyBytes(from: local.address) }
            unsafe withUnsafeMutableBytes(of: &id.idiag_dst) { unsafe $0.copyBytes(from: remote.address) }
        }
    }

    /// A netlink socket for sock_diag(7).
    private func systemNetlinkSocket() throws(SystemError) -> Descriptor {
        // NETLINK_SOCK_DIAG is 4.
        let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
        guard number >= 0 else { throw .last }
        return Descriptor(number)
    }
#endif
