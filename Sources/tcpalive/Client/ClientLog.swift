import Platform
import Report
import Sockets

/// Timestamped lines of a long-running command, written at once.
struct ClientLog {
    private let start = ContinuousClock.now
    private let descriptor: OutputDescriptor
    /// The style of the text in lines.
    let style: TextStyle

    /// A log written to `descriptor`, with the colours of `options`.
    init(to descriptor: OutputDescriptor = .standardOutput, _ options: ColorOptions) {
        self.descriptor = descriptor
        var style = TextStyle()
        style.palette = options.palette(on: descriptor)
        style.width = descriptor.lineLimit
        self.style = style
    }

    /// Time since the command started.
    var elapsed: Duration { start.duration(to: .now) }

    /// Writes `sentence` after the time since the start. Its first clause has the `color`.
    func write(_ sentence: String, in color: Palette.Color? = nil) throws(OutputError) {
        let time = elapsed.preciseSecondsText
        let (clause, rest) = Self.split(sentence)
        let start = String(repeating: " ", count: max(0, 9 - time.count)) + time + "  "
        try write(start + style.palette.paint(clause, color) + rest, indent: start.utf8.count)
    }

    /// Writes `line` without a time.
    func write(plain line: String) throws(OutputError) {
        try write(line, indent: nil)
    }

    private func write(_ line: String, indent: Int?) throws(OutputError) {
        var text = TextBuffer()
        text.append(line)
        text.append("\n")
        text.wrap(from: 0, to: style.width, hanging: 3, indent: indent)
        try descriptor.write(text.bytes)
    }

    /// The first clause of `sentence`, which says what happened, and the rest.
    private static func split(_ sentence: String) -> (clause: String, rest: String) {
        let ends = [": ", " (", ", "].compactMap { sentence.firstRange(of: $0)?.lowerBound }
        let end = ends.min() ?? sentence.endIndex
        return (String(sentence[..<end]), String(sentence[end...]))
    }
}

extension ClientLog {
    /// A clause, as in `received 10 bytes: "hello worl"`.
    func received(_ bytes: [UInt8], hex: Bool) -> String {
        "received \(counted(bytes.count, "byte")): \(hex ? ByteText.hex(bytes) : ByteText.quoted(bytes))"
    }
}

/// Received bytes as text.
enum ByteText {
    /// The bytes in base 16, as in `68 65 0a`.
    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined(separator: " ")
    }

    /// The bytes as quoted text without control characters, as in `"hello\n"`.
    static func quoted(_ bytes: [UInt8]) -> String {
        var text = "\""
        var rest = bytes[...]
        while let first = rest.first {
            // The length of the UTF-8 sequence, from its first byte.
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            let piece = rest.prefix(length)
            guard let scalar = String(validating: piece, as: UTF8.self)?.unicodeScalars.first else {
                text += escaped(first)
                rest.removeFirst()
                continue
            }
            rest.removeFirst(piece.count)
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\"", "\\": text += "\\\(scalar)"
            default:
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                    text += piece.map(escaped).joined()
                default: text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }

    private static func escaped(_ byte: UInt8) -> String {
        "\\x" + hex([byte])
    }
}
