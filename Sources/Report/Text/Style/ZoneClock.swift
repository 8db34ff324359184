import Platform

/// Converts times to a time zone, with the offset that the zone has at each time.
///
/// The offset is looked up once per hour of the capture and kept for the last 64 of them, because a look-up takes as long as
/// a line of the report. An hour in which it changes is not kept: each of its times is looked up.
struct ZoneClock {
    private let offset: @Sendable (Int64) -> ZoneOffset
    /// The offsets so far.
    private var zones: [ZoneOffset] = []
    /// The hour since 1970 and the index of its offset, at the index of the hour modulo the count.
    private var hours: [(hour: Int64, zone: Int)] = []

    /// A clock of the zone with these offsets, by seconds since 1970.
    init(_ offset: @escaping @Sendable (Int64) -> ZoneOffset) {
        self.offset = offset
    }

    /// The time `nanoseconds` since 1970, and the index of the offset it has.
    mutating func time(_ nanoseconds: Int64) -> (time: CivilTime, zone: Int) {
        let zone = zone(at: nanoseconds)
        return (CivilTime(nanoseconds, offset: zones[zone].seconds), zone)
    }

    /// The index of the offset at `nanoseconds` since 1970. Two times with the same index have the same offset and name.
    mutating func zone(at nanoseconds: Int64) -> Int {
        let (seconds, _) = nanoseconds.floored(by: 1_000_000_000)
        let (hour, _) = seconds.floored(by: 3600)
        let slot = Int(truncatingIfNeeded: hour & 63)
        if !hours.isEmpty, hours[slot].hour == hour { return hours[slot].zone }
        return lookUp(hour, slot, seconds)
    }

    private mutating func lookUp(_ hour: Int64, _ slot: Int, _ seconds: Int64) -> Int {
        if hours.isEmpty { hours = Array(repeating: (.max, 0), count: 64) }
        let first = offset(hour * 3600)
        guard first == offset(hour * 3600 + 3599) else { return index(of: offset(seconds)) }
        hours[slot] = (hour, index(of: first))
        return hours[slot].zone
    }

    private mutating func index(of zone: ZoneOffset) -> Int {
        if let index = zones.firstIndex(of: zone) { return index }
        zones.append(zone)
        return zones.count - 1
    }

    /// The length of the longest abbreviation so far.
    var widestName: Int { zones.map(\.name.utf8.count).max() ?? 0 }

    /// The abbreviation of the offset with index `zone`, such as `CET`.
    func name(of zone: Int) -> String { zones[zone].name }
}
