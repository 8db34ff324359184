import Seeded

/// The random numbers of a story: a printed seed repeats it.
struct StoryRandom {
    private var numbers: SeededNumbers

    init(seed: UInt64) {
        numbers = SeededNumbers(seed &* 0x9E37_79B9_7F4A_7C15 ^ 0x5DEE_CE66_D1CE_4E5B)
    }

    mutating func next() -> UInt64 { numbers.next() }

    mutating func int(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int(next() % UInt64(choices.count))]
    }

    /// A duration (ns) between two bounds (s); each order of magnitude is equally likely.
    mutating func duration(_ shortest: Double, _ longest: Double) -> Int64 {
        // Bisection and interpolation instead of exp and log, which would need Foundation.
        var (low, high) = (shortest, longest)
        for _ in 0..<6 {
            let middle = (low * high).squareRoot()
            if chance(0.5) { low = middle } else { high = middle }
        }
        return Int64((low + (high - low) * unit()) * 1e9)
    }
}

/// Times and durations are in nanoseconds.
enum Nanoseconds {
    static let microsecond: Int64 = 1000
    static let millisecond: Int64 = 1_000_000
    static let second: Int64 = 1_000_000_000
}
