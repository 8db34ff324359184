/// Lines that fit a terminal.
extension TextBuffer {
    /// Breaks the lines from offset `start` on that have more than `width` columns (nil: no limit), between words.
    ///
    /// The pieces begin with `indent` spaces; nil: with as many as the line, and `hanging` more. Words are not broken
    /// unless one is wider than a line. Colours have no width.
    package mutating func wrap(from start: Int, to width: Int?, hanging: Int = 0, indent: Int? = nil) {
        guard let width, hasLine(from: start, widerThan: width) else { return }
        let text = Array(bytes[start...])
        removeAll(from: start)
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if index > 0 { append(byte: UInt8(ascii: "\n")) }
            append(line: line, width, hanging, indent)
        }
    }

    /// The columns of the text from offset `start` on.
    func columns(from start: Int) -> Int {
        Self.columns(of: bytes[start...])
    }

    private func hasLine(from start: Int, widerThan width: Int) -> Bool {
        // A line that has fewer bytes has fewer columns.
        var lineStart = start
        for index in start...bytes.count where index == bytes.count || bytes[index] == UInt8(ascii: "\n") {
            if index - lineStart > width, Self.columns(of: bytes[lineStart..<index]) > width { return true }
            lineStart = index + 1
        }
        return false
    }

    private mutating func append(line: ArraySlice<UInt8>, _ width: Int, _ hanging: Int, _ indent: Int?) {
        var rest = line
        let space = UInt8(ascii: " ")
        let leading = rest.prefix { $0 == space }.count
        let indent = min(indent ?? leading + hanging, width / 2)
        var (column, isEmpty) = (0, true)
        while !rest.isEmpty {
            let spaces = rest.prefix { $0 == space }.count
            rest = rest.dropFirst(spaces)
            let word = rest.prefix { $0 != space }
            rest = rest.dropFirst(word.count)
            if word.isEmpty { return }
            let columns = Self.columns(of: word)
            if !isEmpty, column + spaces + columns > width {
                begin(lineWith: indent)
                column = indent
            } else {
                for _ in 0..<spaces { append(byte: space) }
                column += spaces
            }
            isEmpty = false
            column = append(word: word, at: column, width, indent)
        }
    }

    /// Appends `word` at `column`, in pieces if it is too wide. Returns the column after it.
    private mutating func append(word: ArraySlice<UInt8>, at column: Int, _ width: Int, _ indent: Int) -> Int {
        var column = column
        var isInSequence = false
        for byte in word {
            if Self.takesColumn(byte, &isInSequence) {
                if column == width {
                    begin(lineWith: indent)
                    column = indent
                }
                column += 1
            }
            append(byte: byte)
        }
        return column
    }

    private mutating func begin(lineWith indent: Int) {
        append(byte: UInt8(ascii: "\n"))
        for _ in 0..<indent { append(byte: UInt8(ascii: " ")) }
    }

    private static func columns(of text: ArraySlice<UInt8>) -> Int {
        var isInSequence = false
        return text.count { takesColumn($0, &isInSequence) }
    }

    /// Whether `byte` takes a column: it begins a character of UTF-8 and is not part of a sequence of ECMA-48, which begins
    /// with ESC and ends with a letter.
    private static func takesColumn(_ byte: UInt8, _ isInSequence: inout Bool) -> Bool {
        if byte == 0x1B {
            isInSequence = true
            return false
        }
        if isInSequence {
            isInSequence = !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            return false
        }
        return byte & 0xC0 != 0x80
    }
}
