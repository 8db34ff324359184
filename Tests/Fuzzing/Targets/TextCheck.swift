/// Checks texts that the program writes: whatever it reads, they must be valid.
enum TextCheck {
    /// Throws unless `text` is UTF-8 without control characters other than line feeds, and tabs if it `hasTabs`.
    static func checkPrintable(_ text: [UInt8], _ name: String, hasTabs: Bool = false) throws(FuzzFailure) {
        var isPlain = true
        for byte in text where byte < 0x20 || byte >= 0x7F {
            if byte == 0x0A || (hasTabs && byte == 0x09) { continue }
            isPlain = false
            try check(byte >= 0x80, "\(name) has the control character \(byte)")
        }
        try check(isPlain || String(validating: text, as: UTF8.self) != nil, "\(name) is not UTF-8")
        try check(!contains("Optional(", in: text) && !contains("nil", in: text), "\(name) has the text of an optional")
    }

    /// Throws unless `text` is one value of JSON (RFC 8259), and a line feed.
    static func checkJSON(_ text: [UInt8]) throws(FuzzFailure) {
        try checkPrintable(text, "the JSON")
        var parser = JSONParser(text)
        try parser.parse()
    }

    /// Throws unless each line of `text` is one value of JSON.
    static func checkJSONLines(_ text: [UInt8]) throws(FuzzFailure) {
        try checkPrintable(text, "the JSON lines")
        for line in text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast() {
            var parser = JSONParser(Array(line))
            try parser.parse()
        }
    }

    /// Throws unless all rows of `text`, tables in CSV (RFC 4180), have as many cells as the first one.
    static func checkCSV(_ text: [UInt8]) throws(FuzzFailure) {
        try checkPrintable(text, "the table")
        var (cells, expected, isQuoted) = (1, 0, false)
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: ","): if !isQuoted { cells += 1 }
            case 0x0A:
                try check(!isQuoted, "a cell of the table has a line break")
                try check(expected == 0 || cells == expected, "a row has \(cells) cells, and the header \(expected)")
                (cells, expected) = (1, cells)
            default: break
            }
        }
        try check(!isQuoted && cells == 1 && expected > 1, "the table has no header or no end")
    }

    private static func contains(_ word: StaticString, in text: [UInt8]) -> Bool {
        unsafe text.withUnsafeBytes { text in
            let count = word.utf8CodeUnitCount
            guard text.count >= count else { return false }
            let first = unsafe word.utf8Start[0]
            for start in 0...text.count - count where unsafe text[start] == first {
                var length = 1
                while length < count, unsafe text[start + length] == word.utf8Start[length] { length += 1 }
                let isWord =
                    unsafe (start == 0 || !isLetter(text[start - 1]))
                    && (start + count == text.count || !isLetter(text[start + count])
                        || word.utf8Start[count - 1] == 0x28)
                if length == count, isWord { return true }
            }
            return false
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        0x61...0x7A ~= byte | 0x20
    }
}

/// A strict parser of JSON (RFC 8259), which keeps nothing.
private struct JSONParser {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    mutating func parse() throws(FuzzFailure) {
        try parseValue(depth: 0)
        skipSpace()
        try check(position == text.count, "bytes after the JSON value, at byte \(position)")
    }

    private var next: UInt8 { position < text.count ? text[position] : 0 }

    private mutating func skipSpace() {
        while next == 0x20 || next == 0x0A || next == 0x0D || next == 0x09 { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(FuzzFailure) {
        try check(
            next == byte,
            "'\(Unicode.Scalar(byte))' is missing at byte \(position) of \(String(decoding: text, as: UTF8.self))")
        position += 1
    }

    private mutating func parseValue(depth: Int) throws(FuzzFailure) {
        try check(depth < 20, "the JSON is nested too deep")
        skipSpace()
        switch next {
        case UInt8(ascii: "{"):
            try parseList(closing: UInt8(ascii: "}")) { parser throws(FuzzFailure) in
                parser.skipSpace()
                try parser.parseString()
                parser.skipSpace()
                try parser.expect(UInt8(ascii: ":"))
                try parser.parseValue(depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try parseList(closing: UInt8(ascii: "]")) { parser throws(FuzzFailure) in
                try parser.parseValue(depth: depth + 1)
            }
        case UInt8(ascii: "\""): try parseString()
        case UInt8(ascii: "t"): try parseWord("true")
        case UInt8(ascii: "f"): try parseWord("false")
        default: try parseNumber()
        }
    }

    private mutating func parseList(
        closing: UInt8, _ parseItem: (inout JSONParser) throws(FuzzFailure) -> Void
    ) throws(FuzzFailure) {
        position += 1
        skipSpace()
        if next == closing {
            position += 1
            return
        }
        while true {
            try parseItem(&self)
            skipSpace()
            if next == UInt8(ascii: ",") {
                position += 1
            } else {
                return try expect(closing)
            }
        }
    }

    private mutating func parseWord(_ word: String) throws(FuzzFailure) {
        for byte in word.utf8 { try expect(byte) }
    }

    private mutating func parseString() throws(FuzzFailure) {
        try expect(UInt8(ascii: "\""))
        while next != UInt8(ascii: "\"") {
            try check(next >= 0x20, "a string of the JSON has no end, or a control character")
            if next == UInt8(ascii: "\\") {
                position += 1
                let isHex = next == UInt8(ascii: "u")
                try check(isHex || "\"\\/bfnrt".utf8.contains(next), "a string of the JSON has a wrong escape")
                for _ in 0..<(isHex ? 4 : 0) {
                    position += 1
                    let isDigit = 0x30...0x39 ~= next || 0x61...0x66 ~= next | 0x20
                    try check(isDigit, "a string of the JSON has a wrong escape")
                }
            }
            position += 1
        }
        position += 1
    }

    private mutating func parseNumber() throws(FuzzFailure) {
        if next == UInt8(ascii: "-") { position += 1 }
        let start = position
        try skipDigits()
        try check(text[start] != 0x30 || position == start + 1, "a number of the JSON begins with 0")
        if next == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(FuzzFailure) {
        try check(
            0x30...0x39 ~= next, "a value is missing at byte \(position) of \(String(decoding: text, as: UTF8.self))")
        while 0x30...0x39 ~= next { position += 1 }
    }
}
