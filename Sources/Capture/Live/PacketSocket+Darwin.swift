#if !os(Linux)
    /// The packet socket behind a live capture: here libpcap does all that is wanted of it.
    enum PacketSocket {
        /// Not known here: what arrives while the buffer is emptied is read too.
        static func acceptNoMore(_ descriptor: Int32) -> Bool { false }

        /// Nothing was kept out.
        static func acceptAll(_ descriptor: Int32) -> Bool { true }

        /// Not asked here: poll(2) tells.
        static func isDown(_ descriptor: Int32, _ name: String) -> Bool { false }

        /// Needless here: loopback shows every packet once.
        @discardableResult
        static func ignoreOutgoing(_ descriptor: Int32) -> Bool { false }
    }
#endif
