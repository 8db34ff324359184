/// The memory limit for connections, and what they use.
struct MemoryBudget {
    /// The limit (bytes). The table exceeds it only if no connection can be evicted.
    let limit: Int
    /// Bytes used by tables.
    private(set) var used = 0
    /// Bytes used by unacknowledged ranges.
    var usedByRanges = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether `bytes` more are within the limit.
    func has(_ bytes: Int) -> Bool {
        used + usedByRanges + bytes <= limit
    }

    /// Adds `bytes` to those used by tables.
    mutating func take(_ bytes: Int) {
        used += bytes
    }
}
