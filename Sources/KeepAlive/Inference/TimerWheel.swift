/// How late timers of Linux fire: never early, and up to one bucket of the timer wheel late (keepalive-facts 2).
///
/// A level of the wheel has 64 buckets, each 8 times as wide as those of the level below.
package enum TimerWheel {
    /// The tick rates with which kernels are built, in Hz (CONFIG_HZ).
    package static let tickRates: [Int64] = [100, 250, 300, 1000]

    /// The greatest delay, one bucket, of a timer of `delay` ns at `tickRate` Hz, in nanoseconds.
    package static func bucket(_ delay: Int64, tickRate: Int64) -> Int64 {
        let tick = 1_000_000_000 / tickRate
        let ticks = max(0, delay) / tick
        // The levels begin at 0, 63, 504, 4032 ... ticks: 63 << 3n.
        var width: Int64 = 1
        var end: Int64 = 63
        while ticks >= end, width < 1 << 24 {
            width <<= 3
            end <<= 3
        }
        return width * 1_000_000_000 / tickRate
    }

    /// The greatest delay of a timer of `delay` ns on any Linux, in nanoseconds.
    package static func widestBucket(_ delay: Int64) -> Int64 {
        var widest: Int64 = 0
        for tickRate in tickRates { widest = max(widest, bucket(delay, tickRate: tickRate)) }
        return widest
    }

    /// The longest timer (s) that fires within `limit` ns on any Linux, even with its greatest delay; 0: none does.
    package static func longestSetting(within limit: Int64) -> Int64 {
        let second: Int64 = 1_000_000_000
        // By bisection, because the delay never shrinks with the setting: stepping down would take as many steps as a bucket has
        // seconds, thousands for a limit of a day.
        var (found, excluded) = (Int64(0), max(0, limit) / second + 1)
        while excluded - found > 1 {
            let setting = found + (excluded - found) / 2
            let isWithin = setting * second + widestBucket(setting * second) <= limit
            if isWithin { found = setting } else { excluded = setting }
        }
        return found
    }
}
