#if os(Linux)
    internal import Glibc

    extension KeepAliveOption {
        /// The protocol of the options.
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

        /// The values that the kernel accepts: MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL and MAX_TCP_KEEPCNT of its
        /// net/tcp.h.
        public var bounds: ClosedRange<Int> {
            switch self {
            case .idle, .interval: 1...32767
            case .count: 1...127
            case .userTimeout: 0...Int(Int32.max)
            }
        }

        /// Why this platform lacks the option; nil if it has it.
        public var absence: String? { nil }

        /// The number of the option.
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
        /// The options of a new socket in this network namespace: the settings net.ipv4.tcp_keepalive_*, which IPv6
        /// uses too (tcp(7)). Those that cannot be read are nil.
        public static var systemDefaults: KeepAliveOptions {
            KeepAliveOptions(
                isEnabled: false, idle: systemSetting("tcp_keepalive_time"),
                interval: systemSetting("tcp_keepalive_intvl"), count: systemSetting("tcp_keepalive_probes"),
                userTimeout: 0)
        }
    }
#endif
