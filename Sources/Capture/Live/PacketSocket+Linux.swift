#if os(Linux)
    internal import CPcap
    internal import CTCPAlive
    internal import Platform

    /// The packet socket of a live capture: what libpcap has no function for.
    enum PacketSocket {
        /// Lets no more packets into the ring of `descriptor`; false if the kernel refuses.
        static func acceptNoMore(_ descriptor: Int32) -> Bool {
            tcpalive_accept_no_more(descriptor) == 0
        }

        /// Lets all packets in again after `acceptNoMore`; false if the kernel refuses.
        static func acceptAll(_ descriptor: Int32) -> Bool {
            tcpalive_accept_all(descriptor) == 0
        }

        /// Whether the interface `name` is known to be down.
        static func isDown(_ descriptor: Int32, _ name: String) -> Bool {
            unsafe tcpalive_is_down(descriptor, name) != 0
        }

        /// The name of the interface with the number `index` now; nil if there is none.
        static func name(_ descriptor: Int32, of index: UInt32) -> String? {
            var text = [CChar](repeating: 0, count: Int(IF_NAMESIZE))
            return unsafe tcpalive_interface_name(descriptor, index, &text) == 0 ? String(terminated: text) : nil
        }

        /// Leaves out outgoing packets, because loopback delivers each packet twice; false if the kernel refuses.
        @discardableResult
        static func ignoreOutgoing(_ descriptor: Int32) -> Bool {
            tcpalive_ignore_outgoing(descriptor) == 0
        }
    }
#endif
