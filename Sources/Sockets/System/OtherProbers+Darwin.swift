#if canImport(Darwin)
    extension KeepAliveTimer {
        /// Always empty: macOS does not report the timers of connections.
        static func all() -> [KeepAliveTimer] { [] }
    }
#endif
