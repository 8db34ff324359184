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

    /// Maximum of `bytes`.
    static let byteLimit = 32 << 20
    /// Maximum number of incomplete datagrams.
    static let datagramLimit = 65_536

    /// Datagrams evicted because of the limits.
    private(set) var evictions: UInt64 = 0

    private struct Datagram {
        /// Distinguishes a datagram from a later one with the same key.
        var serial: UInt64
        /// By offset, then by arrival.
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        /// The end offset of the last fragment; nil until it arrives.
        var length: Int?
        /// Memory for its pieces, including overhead.
        var bytes: Int
    }

    private var datagrams: [FragmentKey: Datagram] = [:]
    private var arrivals: [(key: FragmentKey, serial: UInt64)] = []
    private var firstArrival = 0
    private var serial: UInt64 = 0
    /// Memory for all incomplete datagrams (bytes), including overhead.
    private(set) var bytes = 0

    /// Overhead of a piece (bytes): its array, and its entry in `pieces`.
    private static let pieceCost = 64
    /// Overhead of a datagram (bytes): its entries in `datagrams` and `arrivals`.
    private static let datagramCost = 256

    /// Adds a fragment whose bytes are `payload`. Returns the bytes of the datagram if the fragment completes it.
    mutating func add(_ piece: Piece, _ bytes: RawSpan, _ payload: PacketCursor, to key: FragmentKey) -> [UInt8]? {
        var copy: [UInt8] = []
        copy.reserveCapacity(payload.length)
        for offset in payload.start..<payload.claimedEnd { copy.append(bytes.byte(offset)) }
        if datagrams[key] == nil { begin(key) }
        guard var datagram = datagrams.removeValue(forKey: key) else { return nil }
        // A datagram has at most 8192 fragment offsets. More pieces are an attack: drop the datagram.
        guard datagram.pieces.count < 8192 else {
            self.bytes -= datagram.bytes
            evictions &+= 1
            return nil
        }
        let index = datagram.pieces.firstIndex { $0.offset > piece.offset } ?? datagram.pieces.count
        datagram.pieces.insert((piece.offset, copy), at: index)
        datagram.bytes += copy.count + Self.pieceCost
        self.bytes += copy.count + Self.pieceCost
        if piece.isLast, datagram.length == nil { datagram.length = piece.offset + copy.count }
        if let whole = Self.assemble(datagram) {
            self.bytes -= datagram.bytes
            return whole
        }
        datagrams[key] = datagram
        // This may evict the datagram that has just grown.
        while self.bytes > Self.byteLimit || datagrams.count > Self.datagramLimit { evictOldest() }
        return nil
    }

    /// The bytes of a datagram; nil if it is incomplete. Where fragments overlap, the one with the lower offset wins.
    private static func assemble(_ datagram: Datagram) -> [UInt8]? {
        guard let length = datagram.length else { return nil }
        var reached = 0
        for piece in datagram.pieces where reached < length {
            if piece.offset > reached { return nil }
            reached = max(reached, piece.offset + piece.bytes.count)
        }
        guard reached >= length else { return nil }
        var whole: [UInt8] = []
        whole.reserveCapacity(length)
        for piece in datagram.pieces where whole.count < length && piece.offset + piece.bytes.count > whole.count {
            whole.append(contentsOf: piece.bytes[(whole.count - piece.offset)...])
        }
        whole.removeLast(whole.count - length)
        return whole
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
