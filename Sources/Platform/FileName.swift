/// File names as text.
///
/// A file name is any bytes (path_resolution(7)), a `String` is Unicode. Bytes that are not UTF-8 become scalars of the last
/// private-use plane, U+10FF00 plus the byte, and back. A name that has such scalars itself has them as bytes, so every name
/// has one text, and every text at most one name.
package enum FileName {
    private static let firstEscape: UInt32 = 0x10FF00

    /// The text of the file name `bytes`.
    package static func text(of bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        var rest = Array(bytes)[...]
        while let first = rest.first {
            // The length of the UTF-8 sequence, from its first byte.
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            let piece = rest.prefix(length)
            let scalars = String(validating: piece, as: UTF8.self)?.unicodeScalars
            if let scalar = scalars?.first, scalars?.count == 1, escapedByte(scalar) == nil {
                text.append(scalar)
                rest = rest.dropFirst(piece.count)
            } else {
                if let scalar = Unicode.Scalar(firstEscape + UInt32(first)) { text.append(scalar) }
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    /// The bytes of the file name with the given text.
    package static func bytes(of text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = escapedByte(scalar) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return bytes
    }

    /// The byte that `scalar` stands for; nil: it stands for itself.
    package static func escapedByte(_ scalar: Unicode.Scalar) -> UInt8? {
        scalar.value >= firstEscape ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    /// The words of the command line, the name of the program first.
    package static var commandLine: [String] {
        (0..<Int(CommandLine.argc)).map { index in
            unsafe CommandLine.unsafeArgv[index].map { word in
                unsafe text(of: UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) })
            } ?? ""
        }
    }
}

extension String {
    /// Calls `body` with the file name that this text stands for, as C functions take it.
    package func withFileName<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let name = FileName.bytes(of: self).map { CChar(bitPattern: $0) } + [0]
        return unsafe name.withUnsafeBufferPointer { buffer in
            // An array with an element has an address.
            unsafe buffer.baseAddress.map { unsafe body($0) } ?? body("")
        }
    }
}
