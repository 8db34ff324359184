#if !os(Linux)
    internal import Platform

    /// The packet socket of a live capture: on macOS libpcap does everything.
    enum PacketSocket {
        /// Not possible: packets that arrive while the buffer is emptied are read too.
        static func acceptNoMore(_ descriptor: Int32) -> Bool { false }

        /// Nothing to do.
        static func acceptAll(_ descriptor: Int32) -> Bool { true }

        /// Not needed: poll(2) reports it.
        static func isDown(_ descriptor: Int32, _ name: String) -> Bool { false }

        /// The number of the interface `name` now; 0 if there is none.
        static func index(_ descriptor: Int32, of name: String) -> UInt32 { unsafe if_nametoindex(name) }

        /// The name of the interface with the number `index` now; nil if there is none.
        static func name(_ descriptor: Int32, of index: UInt32) -> String? {
            var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
            return unsafe if_indextoname(index, &text) != nil ? String(terminated: text) : nil
        }

        /// Not needed: loopback delivers each packet once.
        @discardableResult
        static func ignoreOutgoing(_ descriptor: Int32) -> Bool { false }
    }
#endif
