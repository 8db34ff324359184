internal import Platform

/// Text from outside, such as file names and comments.
extension TextBuffer {
    /// Appends text from outside.
    ///
    /// What a terminal would obey, or what would deceive a reader, is written as `\\xNN` or `\\u{NNNN}`: control characters,
    /// marks of direction, invisible characters, spaces that look like a space. So is a byte of a file name that is not UTF-8.
    package mutating func append(printable text: String) {
        for scalar in text.unicodeScalars {
            if scalar.isPrintable {
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { append(byte: byte) }
            } else if let byte = FileName.escapedByte(scalar) ?? UInt8(exactly: scalar.value) {
                append("\\x")
                append(hex: byte >> 4)
                append(hex: byte & 15)
            } else {
                append("\\u{")
                append(String(scalar.value, radix: 16, uppercase: true))
                append("}")
            }
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is shown as itself, and does nothing else.
    var isPrintable: Bool {
        if isASCII { return value >= 0x20 && value < 0x7F }
        // A variation selector and a filler of Hangul are no format characters, but as invisible. BRAILLE PATTERN BLANK is a
        // symbol.
        if properties.isDefaultIgnorableCodePoint || value == 0x2800 { return false }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .surrogate,
            .unassigned:
            false
        default: true
        }
    }
}
