/// Extends a 32-bit counter of pcap_stats(3PCAP), which wraps, to 64 bits.
///
/// Read it before 2^32 more have been counted.
struct WrappingCounter {
    /// The count since the start value.
    private(set) var total: UInt64 = 0
    private var last: UInt32

    /// A counter whose value is `start` now.
    init(from start: UInt32) {
        last = start
    }

    /// Takes the current value of libpcap's counter.
    mutating func read(_ now: UInt32) {
        total &+= UInt64(now &- last)
        last = now
    }
}
