import Synchronization
import Wire

@testable import Stories

/// The segments of random stories. Simulating a story takes longer than diagnosing it, so they are kept.
enum StorySegments {
    /// The stories that an input can name.
    private static let count = 256
    /// Longer stories take too long.
    private static let limit = 128

    private static let stories = Mutex([[Segment]?](repeating: nil, count: count))

    /// The segments of story `number`, modulo 256: the beginning, if there are many.
    static func story(_ number: Int) -> [Segment] {
        let index = number % count
        if let segments = stories.withLock({ $0[index] }) { return segments }
        let segments = Array(Story(seed: UInt64(index) + 1).segments.prefix(limit))
        stories.withLock { $0[index] = segments }
        return segments
    }
}
