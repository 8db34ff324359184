#if canImport(Darwin)
    internal import Darwin

    extension KeepAliveOption {
        /// The protocol of the options.
        static let level = Int32(IPPROTO_TCP)

        /// The name of the option in tcp(4).
        public var name: String {
            switch self {
            case .idle: "TCP_KEEPALIVE"
            case .interval: "TCP_KEEPINTVL"
            case .count: "TCP_KEEPCNT"
            case .userTimeout: "TCP_USER_TIMEOUT"
            }
        }

        /// The values that the kernel accepts (bsd/netinet/tcp_usrreq.c: times are kept in milliseconds of 32 bits).
        public var bounds: ClosedRange<Int> {
            switch self {
            case .idle, .interval: 1...4_294_967
            case .count: 1...Int(Int32.max)
            case .userTimeout: 0...Int(Int32.max)
            }
        }

        /// Why this platform lacks the option; nil if it has it.
        public var absence: String? {
            self == .userTimeout
                ? "macOS has no TCP_USER_TIMEOUT: TCP_KEEPCNT decides for probes, its own TCP_RXT_CONNDROPTIME for data"
                : nil
        }

        /// The number of the option; nil if the platform lacks it.
        var number: Int32? {
            switch self {
            case .idle: TCP_KEEPALIVE
            case .interval: TCP_KEEPINTVL
            case .count: TCP_KEEPCNT
            case .userTimeout: nil
            }
        }
    }

    extension KeepAliveOptions {
        /// The options of a new socket: the settings net.inet.tcp.keep*, in milliseconds except the count (tcp(4)).
        public static var systemDefaults: KeepAliveOptions {
            KeepAliveOptions(
                isEnabled: (systemSetting("net.inet.tcp.always_keepalive") ?? 0) != 0,
                idle: systemSetting("net.inet.tcp.keepidle").map { $0 / 1000 },
                interval: systemSetting("net.inet.tcp.keepintvl").map { $0 / 1000 },
                count: systemSetting("net.inet.tcp.keepcnt"))
        }
    }
#endif
