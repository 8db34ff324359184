import Testing

@testable import KeepAlive

@Suite("Timer wheel")
struct TimerWheelTests {
    @Test(
        "Buckets have the widths of the table of facts",
        arguments: [
            // seconds, then milliseconds of a bucket at 100, 250, 300 and 1000 Hz
            (Int64(1), [80, 32, 26.667, 64]), (5, [80, 256, 213.333, 512]), (15, [640, 256, 1706.667, 512]),
            (30, [640, 2048, 1706.667, 512]), (60, [5120, 2048, 1706.667, 4096]),
            (75, [5120, 2048, 1706.667, 4096]), (300, [5120, 16384, 13653.333, 32768]),
            (7200, [327_680, 131_072, 873_813.333, 262_144]),
        ] as [(Int64, [Double])]
    )
    func buckets(seconds: Int64, milliseconds: [Double]) {
        for (rate, expected) in zip(TimerWheel.tickRates, milliseconds) {
            let width = Double(TimerWheel.bucket(seconds * 1_000_000_000, tickRate: rate)) / 1e6
            #expect(abs(width - expected) < 0.01, "\(seconds) s at \(rate) Hz: \(width) ms")
        }
        let widest = Double(TimerWheel.widestBucket(seconds * 1_000_000_000)) / 1e6
        #expect(abs(widest - (milliseconds.max() ?? 0)) < 0.01)
    }

    private static let second: Int64 = 1_000_000_000

    @Test(
        "The longest setting within a limit fires before it, and a second more may not",
        arguments: [1, 2, 3, 60, 61, 75, 100, 349, 350, 600, 7199, 7200, 86_400, 250_000, 5_000_000] as [Int64])
    func longest(seconds: Int64) {
        for limit in [seconds * Self.second, seconds * Self.second + 999_999_999] {
            let setting = TimerWheel.longestSetting(within: limit)
            func end(_ setting: Int64) -> Int64 {
                setting * Self.second + TimerWheel.widestBucket(setting * Self.second)
            }
            #expect(setting == 0 || end(setting) <= limit)
            #expect(end(setting + 1) > limit)
        }
    }

    @Test("Nothing fires within less than a second", arguments: [Int64.min, -1, 0, 999_999_999])
    func none(limit: Int64) {
        #expect(TimerWheel.longestSetting(within: limit) == 0)
    }
}
