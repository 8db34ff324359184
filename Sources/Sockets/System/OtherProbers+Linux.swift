#if os(Linux)
    internal import CTCPAlive

    extension KeepAliveTimer {
        /// The keep-alive timers that run in this network namespace; empty if the kernel does not report them.
        static func all() -> [KeepAliveTimer] {
            [SystemFamily.ipv4, SystemFamily.ipv6].flatMap { family in
                SocketMonitor.probingSockets(family: family).compactMap { KeepAliveTimer($0) }
            }
        }

        /// The timer of `socket`; nil: it is not a keep-alive timer.
        init?(_ socket: inet_diag_msg) {
            guard socket.purpose == .keepAlive else { return nil }
            local = socket.local
            remote = socket.remote
            cookie = UInt64(socket.id.idiag_cookie.1) << 32 | UInt64(socket.id.idiag_cookie.0)
            expires = .milliseconds(Int(socket.idiag_expires))
            unanswered = Int(socket.idiag_retrans)
        }
    }
#endif
