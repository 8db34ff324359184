/// The colours of text on a terminal, as sequences of ECMA-48 (SGR).
///
/// All are legible on dark and on light backgrounds, so yellow, blue and white are not among them. A colour only repeats
/// what a word says.
package struct Palette: Sendable {
    /// A colour, by what it means.
    package enum Color: String, Sendable {
        /// Red: a failure, or the end of a connection.
        case bad = "\u{1B}[31m"
        /// Green: an answer, or a check that passed.
        case good = "\u{1B}[32m"
        /// Magenta: a warning, or a closed window.
        case doubtful = "\u{1B}[35m"
        /// Cyan: a notice, or a probe.
        case neutral = "\u{1B}[36m"
    }

    /// Whether colours are used.
    package let isOn: Bool

    /// The sequence that ends a colour.
    static let end = "\u{1B}[0m"

    /// A palette with colours, or one without.
    package init(isOn: Bool) {
        self.isOn = isOn
    }

    /// `text` in `color`.
    package func paint(_ text: String, _ color: Color?) -> String {
        guard isOn, let color, !text.isEmpty else { return text }
        return color.rawValue + text + Self.end
    }

    /// Appends `word` in `color` to `text`.
    func append(_ word: String, in color: Color?, to text: inout TextBuffer) {
        guard isOn, let color else { return text.append(word) }
        text.append(color.rawValue)
        text.append(word)
        text.append(Self.end)
    }
}
