#if os(Linux)
    import Platform
    import Sandbox
    import Sockets

    /// How the options of a socket of the program are set.
    enum RunMethod: Int32 {
        /// On a copy of the descriptor (pidfd_getfd(2)), before the program uses it. This needs the rights of ptrace(2).
        case borrows
        /// On a new socket, which the program gets from socket(2). It belongs to the network namespace, the cgroup and the user
        /// of the helper, so this is only for where nothing may be borrowed: kernel.yama.ptrace_scope forbids it without root,
        /// and containers often do.
        case creates

        /// The calls that the helper answers.
        func rules(_ settings: RunSettings) -> HeldCallRules {
            var rules = HeldCallRules()
            let all = UInt32.max
            switch self {
            case .borrows:
                // Options that the program sets before are replaced, and those of a listening socket are inherited.
                for call in ["connect", "listen"] { rules.hold(call) }
                // TCP Fast Open: they connect.
                let fastOpen = Int32(MSG_FASTOPEN)
                rules.hold("sendto", (3, UInt32(bitPattern: fastOpen), fastOpen))
                rules.hold("sendmsg", (2, UInt32(bitPattern: fastOpen), fastOpen))
                rules.hold("sendmmsg", (3, UInt32(bitPattern: fastOpen), fastOpen))
            case .creates:
                // The type may also have SOCK_CLOEXEC and SOCK_NONBLOCK.
                for family in [AF_INET, AF_INET6] {
                    rules.hold("socket", (0, all, family), (1, 0xF, Int32(SOCK_STREAM.rawValue)))
                }
            }
            if settings.areDefaults { return rules }
            rules.hold("setsockopt", (1, all, SOL_SOCKET), (2, all, SO_KEEPALIVE))
            var options = [TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT]
            if settings.options.userTimeout != nil { options.append(TCP_USER_TIMEOUT) }
            for option in options { rules.hold("setsockopt", (1, all, Int32(IPPROTO_TCP)), (2, all, option)) }
            return rules
        }
    }
#endif
