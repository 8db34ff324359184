#if !os(Linux)
    internal import CPcap
    internal import Platform

    /// The packet socket of a live capture: on macOS libpcap does everything.
    enum PacketSocket {
        /// Not possible: packets that arrive while the buffer is emptied are read too.
        static func acceptNoMore(_ descriptor: Int32) -> Bool { false }

        /// Nothing to do.
        static func acceptAll(_ descriptor: Int32) -> Bool { true }

        /// Not needed: poll(2) reports it.
        static func isDown(_ descriptor: Int32, _ name: String) -> Bool { false }

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
