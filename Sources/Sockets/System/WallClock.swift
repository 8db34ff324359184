/// The clock that captures carry too.
public enum WallClock {
    /// Nanoseconds since 1970-01-01 00:00 UTC (clock_gettime(2), CLOCK_REALTIME).
    public static var now: Int64 { systemWallClock() }
}
