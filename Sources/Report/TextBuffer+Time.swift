/// A date and time in UTC or a time zone, in the proleptic Gregorian calendar.
///
/// An `Int64` of nanoseconds covers the years 1677 to 2262, so a year always has four digits.
struct CivilTime: Equatable {
    /// Days since 1970-01-01.
    var day: Int64
    /// Seconds since midnight.
    var second: Int64
    /// Nanoseconds of the second.
    var nanosecond: Int64

    /// The time `nanoseconds` after 1970-01-01 00:00:00 UTC, in a zone that is `offset` seconds east of UTC.
    init(_ nanoseconds: Int64, offset: Int64 = 0) {
        let (seconds, nanosecond) = nanoseconds.floored(by: 1_000_000_000)
        self.nanosecond = nanosecond
        (day, second) = (seconds + offset).floored(by: 86_400)
    }

    /// The date: the year, 1677 to 2262, the month, 1 to 12, and the day of the month, 1 to 31.
    var date: (year: Int64, month: Int64, dayOfMonth: Int64) {
        // Years begin in March here, so that a leap day is the last day. An era has 400 years, which are 146,097 days.
        let (era, dayOfEra) = (day + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    /// The quotient rounded down, and the remainder, 0 to `divisor` - 1.
    func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension TextBuffer {
    /// Appends the date: 2024-03-01.
    mutating func append(date time: CivilTime) {
        let date = time.date
        append(zeros: UInt64(date.year), width: 4)
        append("-")
        append(zeros: UInt64(date.month), width: 2)
        append("-")
        append(zeros: UInt64(date.dayOfMonth), width: 2)
    }

    /// Appends the date and the abbreviation of a zone: 2024-03-01 CET.
    mutating func append(date time: CivilTime, in zone: String) {
        append(date: time)
        append(" ")
        append(printable: zone)
    }

    /// Appends the time of day with 0, 6 or 9 decimal `digits`: 12:00:05.123456.
    mutating func append(timeOfDay time: CivilTime, digits: Int) {
        append(zeros: UInt64(time.second / 3600), width: 2)
        append(byte: UInt8(ascii: ":"))
        append(zeros: UInt64(time.second / 60 % 60), width: 2)
        append(byte: UInt8(ascii: ":"))
        append(zeros: UInt64(time.second % 60), width: 2)
        if digits == 0 { return }
        append(byte: UInt8(ascii: "."))
        append(zeros: UInt64(digits == 9 ? time.nanosecond : time.nanosecond / 1000), width: digits)
    }

    /// Appends `nanoseconds` since 1970 in seconds, with 6 or 9 decimal `digits`: 1700000000.123456.
    mutating func append(epoch nanoseconds: Int64, digits: Int) {
        // A sign and a magnitude, not a floor and a remainder: -0.5 s is -0.500000.
        if nanoseconds < 0 { append("-") }
        append(nanoseconds.magnitude / 1_000_000_000)
        append(fraction: nanoseconds.magnitude % 1_000_000_000, digits: digits)
    }

    /// Appends the time from `start` to `end` (ns), with 6 or 9 decimal `digits`: 00:00:05.123456. Hours may exceed 23.
    mutating func append(delta start: Int64, to end: Int64, digits: Int) {
        append(end < start ? "-" : " ")
        // The difference may exceed Int64, but its magnitude does not exceed UInt64.
        let magnitude = UInt64(bitPattern: end < start ? start &- end : end &- start)
        let seconds = magnitude / 1_000_000_000
        append(zeros: seconds / 3600, width: 2)
        append(byte: UInt8(ascii: ":"))
        append(zeros: seconds / 60 % 60, width: 2)
        append(byte: UInt8(ascii: ":"))
        append(zeros: seconds % 60, width: 2)
        append(fraction: magnitude % 1_000_000_000, digits: digits)
    }

    private mutating func append(fraction nanosecond: UInt64, digits: Int) {
        append(byte: UInt8(ascii: "."))
        append(zeros: digits == 9 ? nanosecond : nanosecond / 1000, width: digits)
    }

    /// Appends nanoseconds since 1970 in the form of RFC 3339: 2024-03-01T12:00:05.123456789Z.
    mutating func append(timestamp nanoseconds: Int64) {
        let time = CivilTime(nanoseconds)
        append(date: time)
        append("T")
        append(timeOfDay: time, digits: 9)
        append("Z")
    }

    /// Appends a duration in its two largest units: 0.020s, 59.9s, 12m05s, 1h02m, 3d04h.
    mutating func append(duration nanoseconds: Int64) {
        if nanoseconds < 0 { append("-") }
        let seconds = nanoseconds.magnitude / 1_000_000_000
        switch seconds {
        case 0..<10: append(seconds, ".", nanoseconds.magnitude / 1_000_000 % 1000, digits: 3, "s")
        case 10..<60: append(seconds, ".", nanoseconds.magnitude / 100_000_000 % 10, digits: 1, "s")
        case 60..<3600: append(seconds / 60, "m", seconds % 60, digits: 2, "s")
        case 3600..<86_400: append(seconds / 3600, "h", seconds / 60 % 60, digits: 2, "m")
        default: append(seconds / 86_400, "d", seconds / 3600 % 24, digits: 2, "h")
        }
    }

    private mutating func append(
        _ large: UInt64, _ separator: String, _ small: UInt64, digits: Int, _ unit: String
    ) {
        append(large)
        append(separator)
        append(zeros: small, width: digits)
        append(unit)
    }

    /// Appends the magnitude of a duration in seconds to the millisecond: `15.104 s`.
    mutating func append(preciseDuration nanoseconds: Int64) {
        let milliseconds = (nanoseconds.magnitude + 500_000) / 1_000_000
        append(milliseconds / 1000)
        append(".")
        append(zeros: milliseconds % 1000, width: 3)
        append(" s")
    }

    /// Appends the magnitude of a duration to the microsecond, `0.031 ms`, and from one second on to the millisecond,
    /// `1.204 s`.
    mutating func append(latency nanoseconds: Int64) {
        if nanoseconds.magnitude >= 1_000_000_000 { return append(preciseDuration: nanoseconds) }
        let microseconds = (nanoseconds.magnitude + 500) / 1000
        append(microseconds / 1000)
        append(".")
        append(zeros: microseconds % 1000, width: 3)
        append(" ms")
    }
}
