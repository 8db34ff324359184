extension TextBuffer {
    /// Appends `text` as content of HTML or XML, or of an attribute in quotes.
    ///
    /// It escapes Unicode scalars, not characters, because a quote and a following accent are one character. Control
    /// characters, most of which are not allowed in markup, become `\xNN`.
    mutating func append(markup text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": append("&amp;")
            case "<": append("&lt;")
            case ">": append("&gt;")
            case "\"": append("&quot;")
            case "'": append("&#39;")
            case " "..."~": append(byte: UInt8(truncatingIfNeeded: scalar.value))
            default: append(printable: String(scalar))
            }
        }
    }
}
