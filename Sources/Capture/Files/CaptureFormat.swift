/// The format of a file, recognized by its first bytes.
enum CaptureFormat {
    case pcap
    case pcapng
    case compressed(Compression)
    /// Another format: its name with an article, if it is known, and what to do about it.
    case foreign(String?, advice: String)

    /// The format of a file that begins with `front`, at least 4 bytes unless the file is shorter.
    init(of front: [UInt8]) {
        let magic = front.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        if front.count >= 4, PcapReader.recognises(magic) {
            self = .pcap
        } else if front.starts(with: PcapngReader.magic) {
            self = .pcapng
        } else if let compression = Compression.allCases.first(where: { front.starts(with: $0.magic) }) {
            self = .compressed(compression)
        } else {
            let convert = "`editcap -F pcap` of Wireshark may be able to convert it"
            if let (_, name) = Self.captures.first(where: { front.starts(with: $0.0) }) {
                self = .foreign(name, advice: convert)
            } else if let (_, name) = Self.archives.first(where: { front.starts(with: $0.0) }) {
                self = .foreign(name, advice: "unpack it first")
            } else if let (_, name) = Self.others.first(where: { front.starts(with: $0.0) }) {
                self = .foreign(name, advice: "name the capture file itself")
            } else if Self.looksLikeERF(front) {
                self = .foreign("an Endace ERF capture", advice: convert)
            } else if let (name, advice) = Self.kindOfText(front) {
                self = .foreign(name, advice: advice)
            } else {
                self = .foreign(nil, advice: convert)
            }
        }
    }

    private static let captures: [([UInt8], String)] = [
        (Array("snoop\0\0\0".utf8), "a snoop capture"),
        (Array("RTSS".utf8), "a Microsoft Network Monitor 1 capture"),
        (Array("GMBU".utf8), "a Microsoft Network Monitor 2 capture"),
        (Array("TRSNIFF data".utf8), "a Sniffer capture (DOS)"),
        (Array("XCP\0".utf8), "a Sniffer capture (Windows)"),
        (Array("VL\0\0".utf8), "a NetXRay capture"),
        (Array("iptrace ".utf8), "an AIX iptrace capture"),
        (Array("btsnoop\0".utf8), "a Bluetooth btsnoop capture"),
        (Array("ObserverPktBuffe".utf8), "a Network Instruments Observer capture"),
        ([0x7F] + Array("ver".utf8), "a WildPackets (peek) capture"),
        (Array("\u{5}VNF".utf8), "a Visual Networks capture"),
        ([0x01, 0x10, 0x4C, 0x00], "a Novell LANalyzer capture"),
        ([0xAA, 0xAA, 0xAA, 0xAA], "an Accellent 5Views capture"),
        ([0x54, 0x52, 0x00, 0x64, 0x00], "an HP-UX nettl trace"),
        ([0x42, 0xD2, 0x00, 0x34, 0x12, 0x66, 0x22, 0x88], "a RADCOM capture"),
        ([0x00, 0x00, 0x02, 0x00, 0x12, 0x05, 0x00, 0x10], "a Tektronix K12 capture"),
    ]

    private static let archives: [([UInt8], String)] = [
        (Array("BZh".utf8), "a bzip2 file"),
        (Array("PK\u{3}\u{4}".utf8), "a zip archive"),
        (Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C], "a 7z archive"),
        (Array("Rar!".utf8), "a RAR archive"),
        ([0x1F, 0x9D], "a file of compress(1)"),
        ([0x02, 0x21, 0x4C, 0x18], "a legacy lz4 file"),
        (Array("LZIP".utf8), "a lzip file"),
    ]

    private static let others: [([UInt8], String)] = [
        ([0x7F] + Array("ELF".utf8), "a program (ELF)"),
        ([0xCF, 0xFA, 0xED, 0xFE], "a program (Mach-O)"),
        ([0x89] + Array("PNG".utf8), "a PNG image"),
        ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        (Array("GIF8".utf8), "a GIF image"),
        (Array("%PDF".utf8), "a PDF document"),
        (Array("SQLite format 3".utf8), "an SQLite database"),
    ]

    /// ERF has no magic number: the file must begin with two records of known types, less than a day apart.
    private static func looksLikeERF(_ front: [UInt8]) -> Bool {
        let bytes = unsafe front.span.bytes
        func seconds(at position: Int) -> UInt32? {
            guard position + 16 <= bytes.byteCount, 1...33 ~= bytes.load8(position + 8) & 0x7F,
                bytes.load16(position + 10, bigEndian: true) >= 16
            else { return nil }
            return bytes.load32(position + 4, bigEndian: false)
        }
        guard let first = seconds(at: 0) else { return false }
        let length = Int(bytes.load16(10, bigEndian: true))
        guard length < bytes.byteCount else { return length == bytes.byteCount }
        guard let second = seconds(at: length) else { return false }
        return second &- first < 86_400
    }

    /// The kind of text that `front` is, and what to do about it; nil if it is not text.
    private static func kindOfText(_ front: [UInt8]) -> (String, String)? {
        let text = front.prefix(512)
        guard !text.isEmpty, text.allSatisfy({ 0x20..<0x7F ~= $0 || 0x09...0x0D ~= $0 || $0 >= 0x80 }),
            text.count(where: { $0 >= 0x80 }) * 4 <= text.count
        else { return nil }
        let start = text.drop { 0x09...0x0D ~= $0 || $0 == 0x20 }
        let words = String(decoding: start.prefix(16), as: UTF8.self).lowercased()
        let advice = "name the capture it was made from"
        if words.hasPrefix("<!doctype html") || words.hasPrefix("<html") {
            return ("an HTML page", "was it downloaded as one?")
        }
        if words.hasPrefix("<") { return ("an XML file", advice) }
        if words.hasPrefix("{") || words.hasPrefix("[") { return ("a JSON file", advice) }
        if words.hasPrefix("0000") { return ("a hex dump", "`text2pcap` of Wireshark converts it") }
        return ("a text file", advice)
    }
}
