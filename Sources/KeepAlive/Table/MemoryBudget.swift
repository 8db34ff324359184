/// The memory limit of a tracker, and what its parts use.
///
/// Each part is guaranteed a share. What is guaranteed to none goes to the parts that need it first. No part gives memory
/// back: a part at its limit reuses its own, by evicting connections. So the sum never exceeds the limit, and which
/// connections are evicted depends only on the segments.
struct MemoryBudget {
    /// What takes memory: the two tables, and what some of their connections have.
    enum Part: Int, CaseIterable {
        case version4, version6, histories, details, evidences, repeats, replaced, ranges

        /// The guaranteed share, in 64ths of the limit.
        fileprivate var share: Int {
            switch self {
            case .evidences: 6
            case .version4, .version6, .histories, .details, .ranges: 4
            case .replaced: 2
            case .repeats: 1
            }
        }
    }

    /// The limit (bytes).
    let limit: Int
    private var uses = InlineArray<8, Int>(repeating: 0)
    /// Bytes that no part uses and that are guaranteed to none.
    private(set) var free: Int
    /// Bytes of `free` that attempts leave to established connections, and of which these leave half to what is known about
    /// connections.
    private let reserve: Int

    /// A budget of `limit` bytes, of which none are used.
    init(limit: Int) {
        self.limit = limit
        free = limit
        for part in Part.allCases { free -= limit / 64 * part.share }
        reserve = free / 4
    }

    private func guaranteed(_ part: Part) -> Int { limit / 64 * part.share }

    /// Whether attempts have taken what they may.
    var isReserved: Bool { free < reserve }

    /// The number of bytes that all parts use.
    var used: Int { uses.indices.reduce(0) { $0 + uses[$1] } }

    /// Whether the table `part` may use `bytes` more.
    func hasForTable(_ bytes: Int, _ part: Part) -> Bool {
        bytes <= max(0, free - reserve / 2) + max(0, guaranteed(part) - uses[part.rawValue])
    }

    /// Whether `part` may use `bytes` more.
    func has(_ bytes: Int, for part: Part) -> Bool {
        bytes <= max(0, free) + max(0, guaranteed(part) - uses[part.rawValue])
    }

    /// Records that `part` uses `bytes`.
    mutating func set(_ part: Part, _ bytes: Int) {
        let guaranteed = guaranteed(part)
        free -= max(bytes, guaranteed) - max(uses[part.rawValue], guaranteed)
        uses[part.rawValue] = bytes
    }
}
