/// How much memory connections may take before those that never came to be make room for others.
struct MemoryBudget {
    /// Octets that there are; more are taken only where nothing can make room.
    let limit: Int
    /// Octets taken.
    private(set) var used = 0
    /// Octets that lists of ranges take, which come and go.
    var usedByRanges = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether `octets` more are within the limit.
    func has(_ octets: Int) -> Bool {
        used + usedByRanges + octets <= limit
    }

    /// Takes `octets`.
    mutating func take(_ octets: Int) {
        used += octets
    }
}
