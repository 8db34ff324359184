/// A count of libpcap, which has 32 bits and wraps, as one that does not: pcap_stats(3PCAP).
///
/// It must be read before 2^32 more have been counted.
struct WrappingCounter {
    /// How many were counted since it was made.
    private(set) var total: UInt64 = 0
    private var last: UInt32

    /// Counts from `start` on.
    init(from start: UInt32) {
        last = start
    }

    /// Takes what libpcap counts `now`.
    mutating func read(_ now: UInt32) {
        total &+= UInt64(now &- last)
        last = now
    }
}
