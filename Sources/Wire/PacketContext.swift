/// What a layer knows of the layers around it in the same packet.
struct PacketContext: BitwiseCopyable {
    /// When the packet was captured (ns since 1970).
    var time: Int64
    /// The place of its record in the batch.
    var record: UInt32
    /// The innermost VLAN identifier so far, or 0: private addresses reassemble per VLAN (wireshark-rules 2.5).
    var vlan: UInt16 = 0
    /// What the TCP segments inside may be used for.
    var role = Segment.Role.whole
    /// How many headers deep: bounds recursion through tunnels.
    var depth = 0
    /// Where the packet is.
    var frame = FrameReference.none
    /// The ICMP error that quotes what is inside; nil outside of one.
    var error: ICMPError?

    /// The same, for a packet of its own.
    var whole: PacketContext {
        var context = self
        context.role = .whole
        context.error = nil
        return context
    }

    /// A packet at `time`, record number `record`.
    init(time: Int64, record: UInt32) {
        self.time = time
        self.record = record
    }
}
