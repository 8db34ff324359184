/// What the fragments of one datagram share (wireshark-rules 2.5).
struct FragmentKey: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// The protocol of an IPv4 header; 0 for IPv6.
    var transport: UInt8
    /// The VLAN identifier if it separates datagrams, else 0.
    var vlan: UInt16
}

/// The fragments of incomplete datagrams. Memory is bounded; the oldest datagram is evicted first.
struct Reassembly {
    /// Where a fragment belongs in its datagram.
    struct Piece {
        /// Offset in bytes.
        var offset: Int
        /// Whether no more fragments follow it.
        var isLast: Bool
    }

    /// The usual maximum of `bytes`.
    static let byteLimit = 32 << 20
    /// Maximum number of incomplete datagrams.
    static let datagramLimit = 32_768
    /// Maximum number of pieces of a datagram: it has no more fragment offsets. More pieces are an attack.
    private static let pieceLimit = 8192

    /// Datagrams evicted because of the limits.
    private(set) var evictions: UInt64 = 0

    private struct Datagram {
        /// Distinguishes a datagram from a later one with the same key.
        var serial: UInt64
        /// By offset, then by arrival.
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        /// The end offset of the last fragment; nil until it arrives.
        var length: Int?
        /// The offset up to which nothing is missing, and the number of pieces that begin no later.
        var reached = 0
        var joined = 0
        /// Memory for its pieces, including overhead.
        var bytes: Int

        /// Adds a piece. The work does not grow with the pieces so far, unless they come in reverse order.
        mutating func add(_ bytes: [UInt8], at offset: Int) {
            var (low, high) = (0, pieces.count)
            // Most come in order.
            if let last = pieces.last, last.offset <= offset { low = high }
            while low < high {
                let middle = (low + high) / 2
                if pieces[middle].offset > offset { high = middle } else { low = middle + 1 }
            }
            pieces.insert((offset, bytes), at: low)
            if low < joined {
                joined += 1
                reached = max(reached, offset + bytes.count)
            }
            while joined < pieces.count, pieces[joined].offset <= reached {
                reached = max(reached, pieces[joined].offset + pieces[joined].bytes.count)
                joined += 1
            }
        }

        /// Its bytes; nil if it is incomplete. Where fragments overlap, the one with the lower offset wins.
        var whole: [UInt8]? {
            guard let length, reached >= length else { return nil }
            var whole: [UInt8] = []
            whole.reserveCapacity(length)
            for piece in pieces where whole.count < length && piece.offset + piece.bytes.count > whole.count {
                whole.append(contentsOf: piece.bytes[(whole.count - piece.offset)...])
            }
            whole.removeLast(whole.count - length)
            return whole
        }
    }

    private let byteLimit: Int
    private var datagrams: [FragmentKey: Datagram] = [:]
    private var arrivals: [(key: FragmentKey, serial: UInt64)] = []
    private var firstArrival = 0
    private var serial: UInt64 = 0
    /// Memory for all incomplete datagrams (bytes), including overhead.
    private(set) var bytes = 0

    /// No fragments, and room for `byteLimit` bytes.
    init(byteLimit: Int = Reassembly.byteLimit) {
        self.byteLimit = byteLimit
    }

    /// Overhead of a piece (bytes): its array, and its entry in `pieces`, which grows by doubling.
    private static let pieceCost = 80
    /// Overhead of a datagram (bytes): its entries in `datagrams` and `arrivals`, which grow by doubling.
    private static let datagramCost = 512

    /// Adds a fragment whose bytes are `payload`. Returns the bytes of the datagram if the fragment completes it.
    mutating func add(_ piece: Piece, _ bytes: RawSpan, _ payload: PacketCursor, to key: FragmentKey) -> [UInt8]? {
        let captured = bytes.extracting(payload.start..<payload.claimedEnd)
        let copy = unsafe captured.withUnsafeBytes { unsafe [UInt8]($0) }
        if datagrams[key] == nil { begin(key) }
        guard let index = datagrams.index(forKey: key) else { return nil }
        guard datagrams.values[index].pieces.count < Self.pieceLimit else {
            self.bytes -= datagrams.remove(at: index).value.bytes
            evictions &+= 1
            return nil
        }
        let cost = copy.count + Self.pieceCost
        datagrams.values[index].bytes += cost
        self.bytes += cost
        if piece.isLast, datagrams.values[index].length == nil {
            datagrams.values[index].length = piece.offset + copy.count
        }
        datagrams.values[index].add(copy, at: piece.offset)
        if let whole = datagrams.values[index].whole {
            self.bytes -= datagrams.remove(at: index).value.bytes
            return whole
        }
        // This may evict the datagram that has just grown.
        while self.bytes > byteLimit || datagrams.count > Self.datagramLimit { evictOldest() }
        return nil
    }

    private mutating func begin(_ key: FragmentKey) {
        serial &+= 1
        datagrams[key] = Datagram(serial: serial, bytes: Self.datagramCost)
        bytes += Self.datagramCost
        arrivals.append((key, serial))
        // Completed datagrams stay in `arrivals`: remove them when they are the majority.
        guard arrivals.count > 2 * (datagrams.count + 1024) else { return }
        arrivals = arrivals[firstArrival...].filter { datagrams[$0.key]?.serial == $0.serial }
        firstArrival = 0
    }

    private mutating func evictOldest() {
        while firstArrival < arrivals.count {
            let oldest = arrivals[firstArrival]
            firstArrival += 1
            guard let datagram = datagrams[oldest.key], datagram.serial == oldest.serial else { continue }
            datagrams[oldest.key] = nil
            bytes -= datagram.bytes
            evictions &+= 1
            return
        }
    }
}
