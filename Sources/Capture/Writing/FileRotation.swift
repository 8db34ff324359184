internal import Platform

/// When the packets of a capture go on in another file, and what it is called: the rules of tcpdump(1) for -C, -G and -W.
///
/// - By size, files are called NAME, NAME1, NAME2 and so on. With a count, the numbers start at 0, have zeros in front, and
///   begin again after the last: the oldest file is replaced.
/// - By time, the name is a format of strftime(3), for the start of the period in local time. With a count, the capture ends
///   after that many files.
/// - By both, the number follows the time and starts again with each period; the count concerns only zeros in front.
package struct FileRotation: Sendable {
    private let name: String
    private let sizeLimit: UInt64?
    private let period: Int64?
    private let count: Int?
    /// The start of the present period (ns since 1970).
    private var start: Int64
    /// The number in the name of the present file.
    private var number = 0
    /// The number of the present period, from 1.
    private var periodNumber = 1

    /// Files called `name`, from `start` (ns since 1970) on: a new one when the present one exceeds `sizeLimit` bytes, and
    /// after each `period` (ns).
    package init(name: String, sizeLimit: UInt64?, period: Int64?, count: Int?, start: Int64) {
        self.name = name
        self.sizeLimit = sizeLimit
        self.period = period
        self.count = count
        self.start = start
    }

    /// The path of the present file.
    package var path: String {
        let base = period == nil ? name : Self.formatted(name, at: start)
        if sizeLimit == nil { return base }
        let digits = count.map { $0 > 1 ? String($0 - 1).utf8.count : 0 } ?? 0
        if number == 0, digits == 0 { return base }
        let text = String(number)
        return base + String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// What the paths of all files begin with.
    var literalPrefix: String {
        period == nil ? name : String(name.prefix { $0 != "%" })
    }

    /// Whether a packet of `time` (ns since 1970) belongs to another file than the present one, which has `bytes`.
    package func isDue(bytes: UInt64, at time: Int64) -> Bool {
        if let sizeLimit, bytes > sizeLimit { return true }
        return isPeriodOver(at: time)
    }

    /// Whether the present period ended before `time` (ns since 1970).
    package func isPeriodOver(at time: Int64) -> Bool {
        period.map { time &- start >= $0 } ?? false
    }

    /// Goes on to the file for a packet of `time` (ns since 1970), after `isDue`. Returns false if the capture ends instead.
    package mutating func advance(to time: Int64) -> Bool {
        guard let period, isPeriodOver(at: time) else {
            number += 1
            if let count, period == nil, number >= count { number = 0 }
            return true
        }
        if let count, sizeLimit == nil, periodNumber >= count { return false }
        // Periods in which the process could not run have no files.
        start += (time - start) / period * period
        number = 0
        periodNumber += 1
        return true
    }

    /// `format` of strftime(3) for `time` (ns since 1970) in local time.
    private static func formatted(_ format: String, at time: Int64) -> String {
        var seconds = time_t(time / 1_000_000_000)
        var fields = unsafe tm()
        unsafe localtime_r(&seconds, &fields)
        var text = [CChar](repeating: 0, count: 4096)
        let length = unsafe strftime(&text, text.count, format, &fields)
        return length == 0 ? format : String(terminated: text)
    }
}
