#if os(Linux)
    internal import CTCPAlive
    internal import Platform
    internal import Wire

    /// The addresses of the interfaces of this host, by the kernel's own list (rtnetlink(7)).
    ///
    /// getifaddrs(3) opens a socket for each question, which a process in a sandbox may not do. This one keeps its socket.
    struct AddressList: Sendable {
        private final class Socket: Sendable {
            let descriptor: Descriptor

            init(_ number: Int32) {
                descriptor = Descriptor(number)
            }
        }

        private let route: Socket?

        init() {
            // NETLINK_ROUTE is 0.
            let number = systemSocket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            route = number < 0 ? nil : Socket(number)
        }

        /// The socket through which the kernel is asked; nil: there is none.
        var socket: Int32? { route?.descriptor.number }

        /// The addresses now, each with the index of its interface; empty if the kernel does not answer.
        func addresses() -> [(address: IPAddress, interface: UInt32)] {
            guard let socket else { return [] }
            let request = Self.request
            guard unsafe send(socket, request, request.count, 0) == request.count else { return [] }
            var addresses: [(IPAddress, UInt32)] = []
            while true {
                var answer = [UInt8](repeating: 0, count: 32768)
                // The kernel computes the answer during the calls, so it never has to wait.
                let count = unsafe recv(socket, &answer, answer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { return addresses }
                let isLast = unsafe !Self.take(answer.span.bytes.extracting(first: count), into: &addresses)
                if isLast { return addresses }
            }
        }

        /// RTM_GETADDR (22) with NLM_F_REQUEST and NLM_F_DUMP (0x301): a struct nlmsghdr, a struct ifaddrmsg of zeros.
        private static var request: [UInt8] {
            var header = nlmsghdr()
            header.nlmsg_len = 24
            header.nlmsg_type = 22
            header.nlmsg_flags = 0x301
            return (unsafe withUnsafeBytes(of: header) { unsafe Array($0) }) + [UInt8](repeating: 0, count: 8)
        }

        /// Appends the addresses in one part of an answer to `addresses`; false if it was the last part, or is damaged.
        static func take(_ answer: RawSpan, into addresses: inout [(IPAddress, UInt32)]) -> Bool {
            var rest = answer
            while rest.byteCount >= 16 {
                // Struct nlmsghdr: length and type. RTM_NEWADDR is 20; NLMSG_ERROR is 2 and NLMSG_DONE 3.
                let length = Int(rest.load32(0, bigEndian: false))
                guard rest.load16(4, bigEndian: false) == 20, length >= 24, length <= rest.byteCount else {
                    return false
                }
                // Struct ifaddrmsg: family, prefix length, flags, scope, and the index of the interface.
                if let address = address(in: rest.extracting(16..<length)) {
                    addresses.append((address, rest.load32(20, bigEndian: false)))
                }
                rest = rest.extracting(droppingFirst: min((length + 3) & ~3, rest.byteCount))
            }
            return true
        }

        /// The address in a struct ifaddrmsg and the attributes behind it; nil if it has none of IP.
        private static func address(in message: RawSpan) -> IPAddress? {
            let family = Int32(message.load8(0))
            guard family == AF_INET || family == AF_INET6 else { return nil }
            var peer: IPAddress?
            var rest = message.extracting(droppingFirst: 8)
            while rest.byteCount >= 4 {
                // Struct rtattr: length and type.
                let length = Int(rest.load16(0, bigEndian: false))
                guard length >= 4, length <= rest.byteCount else { break }
                let address: IPAddress? =
                    switch (family, length) {
                    case (AF_INET, 8): IPAddress(v4: rest.load32(4, bigEndian: true))
                    case (AF_INET6, 20):
                        IPAddress(v6: rest.load64(4, bigEndian: true), rest.load64(12, bigEndian: true))
                    default: nil
                    }
                // IFA_LOCAL is 2. On a link between two hosts, IFA_ADDRESS, 1, is that of the other one.
                switch (rest.load16(2, bigEndian: false), address) {
                case (2, let address?): return address
                case (1, let address?): peer = address
                default: break
                }
                rest = rest.extracting(droppingFirst: min((length + 3) & ~3, rest.byteCount))
            }
            return peer
        }
    }

    // `socket` in the type above is its own property.
    private func systemSocket(_ family: Int32, _ type: Int32, _ number: Int32) -> Int32 {
        socket(family, type, number)
    }
#endif
