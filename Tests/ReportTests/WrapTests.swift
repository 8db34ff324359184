import Testing

@testable import Report

@Suite("Lines that fit a terminal")
struct WrapTests {
    /// `text`, broken at 10 columns, with bars for the ends of the lines.
    private static func wrapped(_ text: String, width: Int? = 10, hanging: Int = 0, indent: Int? = nil) -> String {
        var buffer = TextBuffer()
        buffer.append("not broken before the start ")
        let start = buffer.count
        buffer.append(text)
        buffer.wrap(from: start, to: width, hanging: hanging, indent: indent)
        return String(buffer.string.dropFirst(start)).replacing("\n", with: "|")
    }

    @Test(
        "Lines are broken between words, with their indent",
        arguments: [
            ("", ""), ("0123456789", "0123456789"), ("one two six", "one two|six"),
            ("  one two six", "  one two|  six"), ("one two\nsix", "one two|six"),
            ("one  two  six", "one  two|six"), ("one two six\n", "one two|six|"),
            ("a\n\nb c d e f g h", "a||b c d e f|g h"),
        ])
    func words(text: String, lines: String) {
        #expect(Self.wrapped(text) == lines)
        #expect(Self.wrapped(text, width: nil) == text.replacing("\n", with: "|"))
    }

    @Test("Later lines hang, or have a fixed indent, but never more than half the line")
    func indents() {
        #expect(Self.wrapped(" one two six ten", hanging: 2) == " one two|   six ten")
        #expect(Self.wrapped(" one two six ten", indent: 4) == " one two|    six|    ten")
        #expect(Self.wrapped("one two six ten", hanging: 50) == "one two|     six|     ten")
    }

    @Test("Only a word that is wider than a line is broken")
    func wideWords() {
        #expect(Self.wrapped("ab 0123456789abcdef") == "ab|0123456789|abcdef")
        #expect(Self.wrapped("0123456789abcdef") == "0123456789|abcdef")
        #expect(Self.wrapped("  0123456789ab") == "  01234567|  89ab")
    }

    @Test("Colours take no column, and a character of several bytes takes one")
    func columns() {
        let red = "\u{1B}[31mone\u{1B}[0m"
        #expect(Self.wrapped("\(red) two 6") == "\(red) two 6")
        #expect(Self.wrapped("\(red) two six") == "\(red) two|six")
        #expect(Self.wrapped("äöü ×× äöü") == "äöü ×× äöü")
        #expect(Self.wrapped("äöü ××× äöü") == "äöü ×××|äöü")
    }
}
