/// How much memory connections may take before those that never came to be make room for others.
struct MemoryBudget {
    /// Bytes that there are; more are taken only where nothing can make room.
    let limit: Int
    /// Bytes taken.
    private(set) var used = 0
    /// Bytes that lists of ranges take, which come and go.
    var usedByRanges = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether `bytes` more are within the limit.
    func has(_ bytes: Int) -> Bool {
        used + usedByRanges + bytes <= limit
    }

    /// Takes `bytes`.
    mutating func take(_ bytes: Int) {
        used += bytes
    }
}
