#if os(Linux)
    extension KeepAliveTimer {
        /// The keep-alive timers that run in this network namespace; empty if the kernel does not report them.
        static func all() -> [KeepAliveTimer] {
            var timers: [KeepAliveTimer] = []
            do {
                _ = try SocketMonitor().forEachSocket(in: .probing) { socket in
                    if let timer = KeepAliveTimer(socket) { timers.append(timer) }
                }
            } catch {
                return []
            }
            return timers
        }

        /// The timer of `socket`; nil: it is not a keep-alive timer.
        init?(_ socket: HostSocket) {
            guard socket.timer == .keepAlive else { return nil }
            local = socket.local
            remote = socket.remote
            cookie = socket.cookie
            expires = .milliseconds(Int(socket.expires))
            unanswered = Int(socket.unanswered)
        }
    }
#endif
