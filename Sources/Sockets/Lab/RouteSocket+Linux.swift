#if os(Linux)
    internal import Glibc
    internal import Platform
    internal import Wire

    /// A socket through which the interfaces of a network namespace are set up (rtnetlink(7)): the one that was the namespace
    /// of this thread when the socket was made.
    struct RouteSocket: ~Copyable {
        private let descriptor: Descriptor

        /// Opens it.
        init() throws(SystemError) {
            // NETLINK_ROUTE is 0.
            let number = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard number >= 0 else { throw .last }
            descriptor = Descriptor(number)
        }

        /// Requests (linux/rtnetlink.h).
        private enum Kind: UInt16 {
            case newLink = 16
            case newAddress = 20
            case deleteAddress = 21
            case newNeighbor = 28
        }

        /// A hardware address: a local one of this lab, with the last byte `number` (RFC 7042 2.1).
        private static func hardwareAddress(_ number: UInt8) -> [UInt8] { [0x02, 0, 0, 0, 0, number] }

        // MARK: Requests

        /// Creates a cable: an interface `name` here, and `peer` in the namespace of the open file `namespace` (veth(4)).
        func createCable(_ name: String, _ number: UInt8, peer: String, _ peerNumber: UInt8, in namespace: Int32)
            throws(SystemError)
        {
            let far =
                Self.interface(0) + Self.attribute(3, Array(peer.utf8) + [0])
                + Self.attribute(1, Self.hardwareAddress(peerNumber)) + Self.attribute(28, Self.bytes(namespace))
            // IFLA_IFNAME is 3, IFLA_ADDRESS 1, IFLA_NET_NS_FD 28, IFLA_LINKINFO 18; within it IFLA_INFO_KIND 1 and
            // IFLA_INFO_DATA 2; within that VETH_INFO_PEER 1.
            let kind = Self.attribute(1, Array("veth".utf8)) + Self.attribute(2, Self.attribute(1, far))
            try request(
                .newLink, isNew: true,
                Self.interface(0) + Self.attribute(3, Array(name.utf8) + [0])
                    + Self.attribute(1, Self.hardwareAddress(number)) + Self.attribute(18, kind))
        }

        /// Switches the interface with this index on.
        func switchOn(_ index: UInt32) throws(SystemError) {
            try request(.newLink, isNew: false, Self.interface(index, isUp: true))
        }

        /// Gives the interface the address with a prefix of 24 bits.
        func add(_ address: UInt32, to index: UInt32) throws(SystemError) {
            try request(.newAddress, isNew: true, Self.address(address, index))
        }

        /// Takes the address away from the interface.
        func remove(_ address: UInt32, from index: UInt32) throws(SystemError) {
            try request(.deleteAddress, isNew: false, Self.address(address, index))
        }

        /// Makes the hardware address of the neighbor `address` on the interface known, so that nobody asks for it.
        func addNeighbor(_ address: UInt32, _ number: UInt8, on index: UInt32) throws(SystemError) {
            // struct ndmsg: family, index, state NUD_PERMANENT (0x80). NDA_DST is 1, NDA_LLADDR 2.
            let body: [UInt8] = [UInt8(AF_INET), 0, 0, 0] + Self.bytes(index) + Self.bytes(0x80 as UInt16) + [0, 0]
            try request(
                .newNeighbor, isNew: true,
                body + Self.attribute(1, Self.bytes(address.bigEndian))
                    + Self.attribute(2, Self.hardwareAddress(number)))
        }

        // MARK: Messages

        /// Struct ifinfomsg: family, type, index, flags and which of them change; IFF_UP is 1.
        private static func interface(_ index: UInt32, isUp: Bool = false) -> [UInt8] {
            [0, 0, 0, 0] + bytes(index) + bytes(isUp ? 1 : 0 as UInt32) + bytes(isUp ? 1 : 0 as UInt32)
        }

        /// Struct ifaddrmsg: family, length of the prefix, flags, scope, index; then IFA_ADDRESS (1) and IFA_LOCAL (2).
        private static func address(_ address: UInt32, _ index: UInt32) -> [UInt8] {
            [UInt8(AF_INET), 24, 0, 0] + bytes(index) + attribute(1, bytes(address.bigEndian))
                + attribute(2, bytes(address.bigEndian))
        }

        /// Struct rtattr: length, type, content, and padding.
        private static func attribute(_ type: UInt16, _ content: [UInt8]) -> [UInt8] {
            bytes(UInt16(4 + content.count)) + bytes(type) + content
                + [UInt8](repeating: 0, count: (4 - content.count % 4) % 4)
        }

        /// The bytes of `number` in the order of the host.
        private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            unsafe withUnsafeBytes(of: number) { unsafe Array($0) }
        }

        /// Sends a request and waits for the kernel to do it. `isNew`: it is an error if it exists already.
        private func request(_ kind: Kind, isNew: Bool, _ body: [UInt8]) throws(SystemError) {
            // Struct nlmsghdr. NLM_F_REQUEST is 1, NLM_F_ACK 4, NLM_F_EXCL 0x200, NLM_F_CREATE 0x400.
            let message =
                Self.bytes(UInt32(16 + body.count)) + Self.bytes(kind.rawValue)
                + Self.bytes(isNew ? 0x605 : 5 as UInt16) + Self.bytes(1 as UInt32) + Self.bytes(0 as UInt32) + body
            guard unsafe send(descriptor.number, message, message.count, 0) == message.count else { throw .last }
            // The kernel has done it when send(2) returns. Struct nlmsgerr has the error, as a negative number, or 0.
            var answer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe recv(descriptor.number, &answer, answer.count, 0)
            guard count >= 0 else { throw .last }
            guard count >= 20 else { throw SystemError(code: EBADMSG) }
            let code = unsafe answer.span.bytes.unsafeLoadUnaligned(fromByteOffset: 16, as: Int32.self)
            if code != 0 { throw SystemError(code: -code) }
        }
    }
#endif
