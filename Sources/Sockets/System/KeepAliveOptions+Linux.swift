#if os(Linux)
    internal import Glibc

    extension KeepAliveOption {
        /// The protocol that the options belong to.
        static let level = Int32(IPPROTO_TCP)

        /// The name of the option in tcp(7).
        public var name: String {
            switch self {
            case .idle: "TCP_KEEPIDLE"
            case .interval: "TCP_KEEPINTVL"
            case .count: "TCP_KEEPCNT"
            case .userTimeout: "TCP_USER_TIMEOUT"
            }
        }

        /// The values that the kernel accepts: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL and MAX_TCP_KEEPCNT of its net/tcp.h.
        public var bounds: ClosedRange<Int> {
            switch self {
            case .idle, .interval: 1...32767
            case .count: 1...127
            case .userTimeout: 0...Int(Int32.max)
            }
        }

        /// Why this platform does not have the option; nil if it does.
        public var absence: String? { nil }

        /// The number of the option; nil where the platform does not have it.
        var number: Int32? {
            switch self {
            case .idle: TCP_KEEPIDLE
            case .interval: TCP_KEEPINTVL
            case .count: TCP_KEEPCNT
            case .userTimeout: TCP_USER_TIMEOUT
            }
        }
    }

    extension KeepAliveOptions {
        /// What a new socket has in this network namespace: the settings net.ipv4.tcp_keepalive_*, which IPv6 uses too
        /// (tcp(7)). What cannot be read is nil.
        public static var systemDefaults: KeepAliveOptions {
            func setting(_ name: String) -> Int? {
                systemContents(of: "/proc/sys/net/ipv4/\(name)").flatMap { text in
                    Int(text.prefix { $0.isNumber })
                }
            }
            return KeepAliveOptions(
                isEnabled: false, idle: setting("tcp_keepalive_time"), interval: setting("tcp_keepalive_intvl"),
                count: setting("tcp_keepalive_probes"), userTimeout: 0)
        }
    }
#endif
