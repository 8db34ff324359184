/// The clock of the timestamps in captures.
package enum WallClock {
    /// Nanoseconds since 1970-01-01 00:00 UTC (clock_gettime(2), CLOCK_REALTIME).
    package static var now: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}
