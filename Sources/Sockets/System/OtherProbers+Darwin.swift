#if canImport(Darwin)
    extension KeepAliveTimer {
        /// Always empty: macOS does not tell the timers of connections.
        static func all() -> [KeepAliveTimer] { [] }
    }
#endif
