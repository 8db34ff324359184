extension TextBuffer {
    /// Appends a progress line for `file`, at most `columns` columns, without a line end.
    ///
    /// `done` of `total` bytes (nil: not known) were read in `elapsed`.
    package mutating func append(
        progressOf file: String, done: UInt64, total: UInt64?, elapsed: Duration, columns: Int
    ) {
        var line = TextBuffer()
        let rate = Double(done) / max(elapsed / .seconds(1), 1e-9)
        if let total, total > 0 {
            let share = min(Double(done) / Double(total), 1)
            line.append(bar: share)
            line.append(UInt64(share * 100), width: 4)
            line.append("%  ")
            line.append(size: Double(done))
            line.append(" of ")
            line.append(size: Double(total))
            line.append("  ")
            line.append(size: rate)
            line.append("/s  ")
            line.append(duration: nanosecondsLeft(total: total, done: done, rate: rate))
            line.append(" left")
        } else {
            line.append(size: Double(done))
            line.append(" read  ")
            line.append(size: rate)
            line.append("/s")
        }
        line.append("  ")
        line.append(printable: displayName(file))
        append(String(line.string.prefix(max(columns, 0))))
    }

    private mutating func append(bar share: Double) {
        let width = 20
        let filled = Int(share * Double(width))
        append("[")
        for column in 0..<width { append(column < filled ? "#" : ".") }
        append("]")
    }

    /// Appends a size in the unit for one to three digits before the point: 999 B, 1.2 kB, 3.4 GB.
    mutating func append(size bytes: Double) {
        var rest = max(bytes, 0)
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB"]
        while rest >= 999.95, unit < units.count - 1 {
            rest /= 1000
            unit += 1
        }
        let tenths = UInt64(min(rest * 10 + 0.5, 1e18))
        append(tenths / 10)
        if unit > 0 {
            append(".")
            append(tenths % 10)
        }
        append(" ")
        append(units[unit])
    }
}

/// The time (ns) until all of `total` is read at `rate` bytes per second: whole seconds, at most a year.
private func nanosecondsLeft(total: UInt64, done: UInt64, rate: Double) -> Int64 {
    let bytes = Double(total > done ? total - done : 0)
    let seconds = min(bytes / max(rate, 1), 31_536_000)
    return Int64(seconds.rounded(.up)) * 1_000_000_000
}
