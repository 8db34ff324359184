/// A line on a full screen: pieces of text, each in one style.
package struct ScreenLine: Sendable, Equatable {
    /// How a piece of text looks.
    package struct Style: Sendable, Hashable {
        /// The color; nil: that of the terminal.
        package var color: Palette.Color?
        /// Whether foreground and background are exchanged.
        package var isReversed = false
        package var isBold = false

        /// As the terminal shows text.
        static let plain = Style()
        /// A heading.
        static let bold = Style(isBold: true)
        /// A bar or a selected row.
        static let reversed = Style(isReversed: true)
    }

    /// Text in one style.
    package struct Piece: Sendable, Equatable {
        package var text: String
        package var style: Style
    }

    /// The pieces from left to right.
    package private(set) var pieces: [Piece] = []
    /// The columns that they take.
    package private(set) var columns = 0

    /// An empty line.
    init() {}

    /// A line of `text`, which may come from outside, in `style`.
    init(_ text: String, _ style: Style = .plain) {
        append(text, style)
    }

    /// The text without its styles.
    package var text: String { pieces.map(\.text).joined() }

    /// Appends `text`, which may come from outside, in `style`.
    mutating func append(_ text: String, _ style: Style = .plain) {
        let printable = TextBuffer.string { $0.append(printable: text) }
        if printable.isEmpty { return }
        // From Hangul on, letters may take two columns of a terminal; in a name of a process they are rare.
        let text = String(printable.map { $0.unicodeScalars.contains { $0.value >= 0x1100 } ? "?" : $0 })
        columns += text.count
        if pieces.last?.style == style {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append(Piece(text: text, style: style))
        }
    }

    /// Appends spaces in `style` up to `column`.
    mutating func pad(to column: Int, _ style: Style = .plain) {
        if column > columns { append(String(repeating: " ", count: column - columns), style) }
    }

    /// The first `limit` columns of the line.
    func cut(to limit: Int) -> ScreenLine {
        if columns <= limit { return self }
        var line = ScreenLine()
        for piece in pieces { line.append(String(piece.text.prefix(limit - line.columns)), piece.style) }
        return line
    }
}
