#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    package import Platform

    /// Two hosts on one machine: network namespaces, connected by a cable (network_namespaces(7), veth(4)). They exist as long as
    /// a process is in them or this value lives.
    ///
    /// This process moves to the near one, and stays there. Without root it becomes root of a user namespace of its own
    /// (user_namespaces(7)), if the system allows that.
    package struct LabNetwork: ~Copyable {
        private let near: Descriptor
        private let far: Descriptor
        private let farRoutes: RouteSocket
        private let farIndex: UInt32

        /// The interface and the addresses of the near host and of the far one.
        package static let interface = "near0"
        package static let nearAddress = "192.0.2.10"
        package static let farAddress = "192.0.2.20"
        private static let farInterface = "far0"
        private static let nearNumber: UInt32 = 0xC000_020A
        private static let farNumber: UInt32 = 0xC000_0214

        /// Makes the network. Call it before there are threads.
        ///
        /// Throws `SocketError.system` with a sentence on what the system does not allow.
        package init() throws(SocketError) {
            do throws(SystemError) {
                self = try Self.make()
            } catch {
                throw .system("cannot make network namespaces for the lab\(Self.advice(error))", error)
            }
        }

        private init(
            _ near: consuming Descriptor, _ far: consuming Descriptor, _ routes: consuming RouteSocket, _ index: UInt32
        ) {
            self.near = near
            self.far = far
            farRoutes = routes
            farIndex = index
        }

        private static func make() throws(SystemError) -> LabNetwork {
            try leaveHost()
            let near = try present()
            guard tcpalive_unshare_network(0) == 0 else { throw .last }
            let far = try present()
            let farRoutes = try RouteSocket()
            try farRoutes.createCable(farInterface, 2, peer: interface, 1, in: near.number)
            let farIndex = try start(farRoutes, farInterface, farNumber)
            guard tcpalive_join_network(near.number) == 0 else { throw .last }
            let routes = try RouteSocket()
            let index = try start(routes, interface, nearNumber)
            // Otherwise the near host would find out that nobody answers for the address any more.
            try routes.addNeighbor(farNumber, 2, on: index)
            return LabNetwork(near, far, farRoutes, farIndex)
        }

        /// Moves this process to a new network namespace.
        private static func leaveHost() throws(SystemError) {
            if tcpalive_unshare_network(0) == 0 { return }
            guard SystemError.last == .notPermitted else { throw .last }
            let (user, group) = (geteuid(), getegid())
            guard tcpalive_unshare_network(1) == 0 else { throw .last }
            // Without this, groups cannot be given a number (user_namespaces(7)).
            for (file, text) in [
                ("setgroups", "deny"), ("uid_map", "0 \(user) 1"), ("gid_map", "0 \(group) 1"),
            ] {
                let descriptor = Descriptor(try systemOpen("/proc/self/\(file)", O_WRONLY | O_CLOEXEC))
                _ = try systemWrite(descriptor.number, Array(text.utf8))
            }
        }

        /// The network namespace of this process.
        private static func present() throws(SystemError) -> Descriptor {
            Descriptor(try systemOpen("/proc/self/ns/net", O_RDONLY | O_CLOEXEC))
        }

        /// Switches the interfaces of a namespace on, and gives the one with `name` its address; returns its index.
        private static func start(
            _ routes: borrowing RouteSocket, _ name: String, _ address: UInt32
        ) throws(SystemError) -> UInt32 {
            let index = unsafe if_nametoindex(name)
            guard index > 0 else { throw .last }
            try routes.add(address, to: index)
            // The first interface is lo.
            for number in [1, index] { try routes.switchOn(number) }
            return index
        }

        /// What may be the reason that the system refuses, and what to do about it.
        private static func advice(_ error: SystemError) -> String {
            func number(_ name: String) -> String? {
                systemContents(of: "/proc/sys/\(name)").map { String($0.prefix { $0 != "\n" }) }
            }
            // ENOSPC and EUSERS: the limit of namespaces is reached, and may be 0.
            guard [EPERM, EACCES, ENOSPC, EUSERS].contains(error.code) else { return "" }
            for (name, value) in [
                ("kernel/unprivileged_userns_clone", "0"), ("user/max_user_namespaces", "0"),
                ("kernel/apparmor_restrict_unprivileged_userns", "1"),
            ] where number(name) == value {
                return " (\(name.replacing("/", with: ".")) is \(value); run it as root)"
            }
            return geteuid() == 0 ? " (it needs CAP_SYS_ADMIN, which a container may lack)" : " (run it as root)"
        }

        /// Calls `body` in the namespace of the far host: processes that it starts are there.
        package func onFarHost(_ body: () throws(SystemError) -> Void) throws(SystemError) {
            guard tcpalive_join_network(far.number) == 0 else { throw .last }
            let result = Result { () throws(SystemError) in try body() }
            guard tcpalive_join_network(near.number) == 0 else { throw .last }
            try result.get()
        }

        /// Makes the far host receive nothing any more, as if the cable were cut behind the first switch: it loses its address,
        /// so it drops everything, and the near host notices nothing.
        package func cut() throws(SystemError) {
            try farRoutes.remove(Self.farNumber, from: farIndex)
        }
    }
#endif
