import Wire

/// Cells of a table, written at their offsets into rows of spaces.
///
/// Text begins at the start of its column. Numbers end at the end of their column and are written from the last digit to
/// the first, so no byte moves.
extension MutableSpan where Element == UInt8 {
    /// Writes `text` at `start`.
    mutating func write(_ text: String, at start: Int) {
        write(text.utf8Span.span, at: start)
    }

    /// Writes `bytes` at `start`.
    mutating func write(_ bytes: Span<UInt8>, at start: Int) {
        for index in bytes.indices { self[start + index] = bytes[index] }
    }

    /// Writes `number` in decimal before `end`, with leading zeros up to `digits`. Returns the offset of the first digit.
    @discardableResult
    mutating func write(_ number: UInt64, digits: Int = 1, endingAt end: Int) -> Int {
        var (start, rest) = (end, number)
        repeat {
            start -= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            self[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
            rest = quotient
        } while rest > 0 || end - start < digits
        return start
    }

    /// Writes `number` in decimal before `end`, with commas between groups of three digits.
    mutating func write(grouped number: UInt64, endingAt end: Int) {
        var (end, rest) = (end, number)
        while rest >= 1000 {
            end = write(rest % 1000, digits: 3, endingAt: end) - 1
            self[end] = UInt8(ascii: ",")
            rest /= 1000
        }
        write(rest, endingAt: end)
    }

    /// Writes `count` before `end`, or `-` for 0.
    mutating func write(count: UInt64, endingAt end: Int) {
        if count > 0 { write(grouped: count, endingAt: end) } else { self[end - 1] = UInt8(ascii: "-") }
    }

    /// Writes a range of whole seconds before `end`: `57-60s`, `60s` if it has one value, `-` for nil.
    mutating func write(seconds range: ClosedRange<Int64>?, endingAt end: Int) {
        guard let range else { return self[end - 1] = UInt8(ascii: "-") }
        self[end - 1] = UInt8(ascii: "s")
        let start = write(range.upperBound.magnitude, endingAt: end - 1)
        if range.lowerBound == range.upperBound { return }
        self[start - 1] = UInt8(ascii: "-")
        write(range.lowerBound.magnitude, endingAt: start - 1)
    }

    /// Writes the date at `start`: 2024-03-01.
    mutating func write(date time: CivilTime, at start: Int) {
        let date = time.date
        write(twoDigits: date.year / 100, at: start)
        write(twoDigits: date.year % 100, at: start + 2)
        self[start + 4] = UInt8(ascii: "-")
        write(twoDigits: date.month, at: start + 5)
        self[start + 7] = UInt8(ascii: "-")
        write(twoDigits: date.dayOfMonth, at: start + 8)
    }

    /// Writes the time of day at `start`: 12:00:05.
    mutating func write(timeOfDay time: CivilTime, at start: Int) {
        write(twoDigits: time.second / 3600, at: start)
        self[start + 2] = UInt8(ascii: ":")
        write(twoDigits: time.second / 60 % 60, at: start + 3)
        self[start + 5] = UInt8(ascii: ":")
        write(twoDigits: time.second % 60, at: start + 6)
    }

    /// Writes `number`, 0 to 99, at `start`.
    private mutating func write(twoDigits number: Int64, at start: Int) {
        let number = UInt8(truncatingIfNeeded: number)
        self[start] = UInt8(ascii: "0") + number / 10
        self[start + 1] = UInt8(ascii: "0") + number % 10
    }

    /// Writes an IPv4 endpoint at `start`: 10.0.0.1:40000.
    mutating func write(v4 endpoint: Endpoint, at start: Int) {
        let end = write(v4: endpoint.address.low, at: start)
        self[end] = UInt8(ascii: ":")
        let port = UInt64(endpoint.port)
        write(port, endingAt: end + 1 + port.digits)
    }

    /// Writes an IPv4 address at `start`: 10.0.0.1. Returns the offset after it.
    mutating func write(v4 address: UInt64, at start: Int) -> Int {
        var end = start
        var shift: UInt64 = 32
        while shift > 0 {
            shift -= 8
            let byte = UInt8(truncatingIfNeeded: address >> shift)
            if byte >= 100 { write(digit: byte / 100, at: &end) }
            if byte >= 10 { write(digit: byte / 10 % 10, at: &end) }
            write(digit: byte % 10, at: &end)
            if shift > 0 {
                self[end] = UInt8(ascii: ".")
                end += 1
            }
        }
        return end
    }

    private mutating func write(digit: UInt8, at offset: inout Int) {
        self[offset] = UInt8(ascii: "0") + digit
        offset += 1
    }
}

extension UInt64 {
    /// The number of digits in decimal.
    var digits: Int {
        var (digits, rest) = (1, self)
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        return digits
    }

    /// The width of the number in decimal, with commas between groups of three digits.
    var groupedWidth: Int { digits + (digits - 1) / 3 }
}
