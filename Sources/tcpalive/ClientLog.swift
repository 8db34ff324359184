import Platform
import Sockets

/// Timestamped lines of a long-running command, written at once.
struct ClientLog {
    private let start = ContinuousClock.now
    private let descriptor: OutputDescriptor

    /// A log written to `descriptor`.
    init(to descriptor: OutputDescriptor = .standardOutput) {
        self.descriptor = descriptor
    }

    /// Time since the command started.
    var elapsed: Duration { start.duration(to: .now) }

    /// Writes `sentence` after the time since the start.
    func write(_ sentence: String) throws(OutputError) {
        let time = elapsed.preciseSecondsText
        try write(plain: String(repeating: " ", count: max(0, 9 - time.count)) + time + "  " + sentence)
    }

    /// Writes `line` unchanged.
    func write(plain line: String) throws(OutputError) {
        try descriptor.write(Array("\(line)\n".utf8))
    }
}

extension ClientLog {
    /// A clause, as in `received 10 bytes: "hello worl"`.
    func received(_ bytes: [UInt8], hex: Bool) -> String {
        let text = hex ? ByteText.hex(bytes) : ByteText.quoted(bytes)
        return "received \(bytes.count) byte\(bytes.count == 1 ? "" : "s"): \(text)"
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
