import KeepAlive
import Wire

/// A capture written by hand: segments in order, one second apart.
struct SegmentScript {
    /// Endpoints by the letter that scripts use.
    static let endpoints: [Character: Endpoint] = [
        "A": v4(0x0A00_0001, 40000), "B": v4(0x0A00_0002, 50000), "C": v4(0x0A00_0001, 41000),
        "D": v4(0x0A00_0001, 50000), "E": v4(0x0A00_0001, 40001),
        "L": v4(0x7F00_0001, 40000), "M": v4(0x7F00_0001, 50000),
        "a": v6(1, 40000), "b": v6(2, 50000),
    ]

    static let handshake = ["AB S 999 0", "BA AS 4999 1000", "AB A 1000 5000"]
    static let opened = handshake + ["AB AP 1000 5000 len=100", "BA A 5000 1100"]

    var segments: [Segment] = []

    init(_ lines: [String]) {
        for line in lines { append(line) }
    }

    /// Segments at times in seconds.
    init(timed lines: [(Double, String)]) {
        for (time, line) in lines {
            append(line)
            segments[segments.count - 1].time = Int64((time * 1e9).rounded())
        }
    }

    /// Lines written as `time line | time line`.
    static func timed(_ text: String) -> [(Double, String)] {
        text.split(separator: "|").compactMap { part in
            let words = part.split(separator: " ", maxSplits: 1)
            return Double(words[0]).map { ($0, String(words[1])) }
        }
    }

    /// Adds the segment that `line` describes: source and destination, flags, seq, ack, then `len=`, `win=`, `ttl=`, and
    /// words for its role.
    mutating func append(_ line: String) {
        let words = line.split(separator: " ")
        let ends = Array(words[0])
        guard let source = Self.endpoints[ends[0]], let destination = Self.endpoints[ends[1]] else { return }
        var segment = Segment(
            time: Int64(segments.count) * 1_000_000_000, source: source, destination: destination)
        segment.record = UInt32(segments.count)
        segment.flags = Self.flags(words[1])
        segment.sequence = SequenceNumber(UInt32(words[2]) ?? 0)
        segment.acknowledgment = SequenceNumber(UInt32(words[3]) ?? 0)
        segment.window = 1000
        segment.timeToLive = 64
        for word in words.dropFirst(4) {
            let value = UInt32(word.split(separator: "=").last ?? "") ?? 0
            switch word.split(separator: "=").first {
            case "len": segment.payloadLength = value
            case "win": segment.window = UInt16(value)
            case "ttl": segment.timeToLive = UInt8(value)
            case "quoted": segment.role = .quoted
            case "fragment": segment.role = .fragment
            case "short": segment.role = .short
            case "cut": segment.role = .headerCut
            case "hidden": segment.isShown = false
            default: break
            }
        }
        segments.append(segment)
    }

    /// The connections of the script.
    func connections(keepsAll: Bool = true) -> [Connection] {
        var tracker = ConnectionTracker(seed: 3, keepsAll: keepsAll)
        var events: [SegmentEvent] = []
        tracker.track(SegmentBatch(segments), events: &events)
        return tracker.connections(all: keepsAll)
    }

    /// The marks in the notation of the vectors: `frame:K`, `frame:a`, `frame:Z` for a zero-window probe; `-` for none.
    func marks(_ version: WiresharkVersion, showingZeroWindowProbes: Bool = false) -> String {
        var tracker = ConnectionTracker(version: version, seed: 1)
        var events: [SegmentEvent] = []
        var batch = SegmentBatch()
        for segment in segments { batch.append(segment) }
        tracker.track(batch, events: &events)
        let words = events.filter { !$0.marks.isEmpty }.compactMap { event -> String? in
            let letter =
                switch event.marks {
                case .keepAlive: "K"
                case .keepAliveAck: "a"
                case .zeroWindowProbe: showingZeroWindowProbes ? "Z" : nil
                default: "?"
                } as String?
            return letter.map { "\(event.segment.record + 1):\($0)" }
        }
        return words.isEmpty ? "-" : words.joined(separator: " ")
    }

    private static func flags(_ letters: Substring) -> TCPFlags {
        let byLetter: [Character: TCPFlags] = [
            "F": .fin, "S": .syn, "R": .rst, "P": .psh, "A": .ack, "U": .urg, "E": .ece, "C": .cwr, "N": .ae,
            "r": TCPFlags(rawValue: 0xE00),
        ]
        return letters.reduce(into: []) { flags, letter in flags.formUnion(byLetter[letter] ?? []) }
    }

    private static func v4(_ address: UInt32, _ port: UInt16) -> Endpoint {
        Endpoint(IPAddress(v4: address), port)
    }

    private static func v6(_ low: UInt64, _ port: UInt16) -> Endpoint {
        Endpoint(IPAddress(v6: 0xfd00_0000_0000_0000, low), port)
    }
}
