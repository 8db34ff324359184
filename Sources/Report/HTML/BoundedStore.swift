/// What a `BoundedStore` keeps of one connection.
protocol Shrinkable: Sendable {
    /// The number of kept entries.
    var kept: Int { get }

    /// Keeps fewer entries: what `limit` allows.
    mutating func shrink(to limit: Int)
}

/// Entries by connection, in bounded memory: if there are more than `bound` in total, the limit of each connection halves.
struct BoundedStore<Value: Shrinkable>: Sendable {
    /// The number of entries that a value may keep, of whatever it counts.
    private(set) var limit: Int
    /// Whether there are connections without a value for lack of memory.
    private(set) var isFull = false

    private var values: [UInt64: Value] = [:]
    private var total = 0
    private let bound: Int

    /// The smallest useful `limit`.
    private static var fewest: Int { 4 }

    /// An empty store.
    init(limit: Int, bound: Int) {
        self.limit = max(limit, Self.fewest)
        self.bound = bound
    }

    /// The value of connection `number`; nil: there is none.
    subscript(number: UInt64) -> Value? { values[number] }

    /// Calls `body` with the value of connection `number`, which is `initial` at first, and the limit; nothing if there is
    /// no memory for one more connection.
    mutating func change(
        _ number: UInt64, initial: @autoclosure () -> Value, _ body: (_ value: inout Value, _ limit: Int) -> Void
    ) {
        if values[number] == nil {
            guard values.count < bound / (2 * Self.fewest) else {
                isFull = true
                return
            }
        }
        let limit = limit
        total += Self.growth(of: &values[number, default: initial()]) { body(&$0, limit) }
        while total > bound, self.limit > Self.fewest { shrink() }
    }

    private static func growth(of value: inout Value, _ body: (inout Value) -> Void) -> Int {
        let before = value.kept
        body(&value)
        return value.kept - before
    }

    private mutating func shrink() {
        limit = max(Self.fewest, limit / 2)
        total = 0
        for index in values.indices {
            values.values[index].shrink(to: limit)
            total += values.values[index].kept
        }
    }
}
