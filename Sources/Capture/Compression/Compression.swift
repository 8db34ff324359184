/// The compression of a capture file, recognized by its first bytes.
enum Compression: String, CaseIterable {
    case gzip
    case zstd
    case xz
    case lz4

    /// The first bytes of a stream.
    var magic: [UInt8] {
        switch self {
        case .gzip: [0x1F, 0x8B]  // RFC 1952 2.3.1
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]  // RFC 8878 3.1.1
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .lz4: [0x04, 0x22, 0x4D, 0x18]
        }
    }

    /// What is wrong with a stream that ends too early or is damaged.
    var flaw: String { "the \(self) stream is damaged or cut short" }
}
