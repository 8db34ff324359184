#if !os(Linux)
    /// The packet socket of a live capture: on macOS libpcap does everything.
    enum PacketSocket {
        /// Not possible: packets that arrive while the buffer is emptied are read too.
        static func acceptNoMore(_ descriptor: Int32) -> Bool { false }

        /// Nothing to do.
        static func acceptAll(_ descriptor: Int32) -> Bool { true }

        /// Not needed: poll(2) reports it.
        static func isDown(_ descriptor: Int32, _ name: String) -> Bool { false }

        /// Not needed: loopback delivers each packet once.
        @discardableResult
        static func ignoreOutgoing(_ descriptor: Int32) -> Bool { false }
    }
#endif
