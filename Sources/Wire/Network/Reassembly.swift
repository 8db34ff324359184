/// What the fragments of one datagram have in common (wireshark-rules 2.5).
struct FragmentKey: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// The protocol of an IPv4 header; 0 for IPv6.
    var transport: UInt8
    /// The VLAN where it separates datagrams, else 0.
    var vlan: UInt16
}

/// The fragments that wait for the rest of their datagram: bounded, oldest out first.
struct Reassembly {
    /// Where a fragment belongs.
    struct Piece {
        var offset: Int
        /// Whether no more fragments follow it.
        var isLast: Bool
        /// The protocol behind an IPv6 fragment header.
        var next: UInt8 = 0
    }

    /// Bytes that wait at most, with those that keeping a piece or a datagram costs.
    static let byteLimit = 32 << 20
    /// Datagrams that wait at most.
    static let datagramLimit = 65_536

    /// Datagrams given up because others needed the room.
    private(set) var evictions: UInt64 = 0

    private struct Datagram {
        /// Tells a datagram from a later one with the same key.
        var serial: UInt64
        /// In the order of their offsets; of those with one offset, in the order of arrival.
        var pieces: [(offset: Int, bytes: [UInt8])] = []
        /// Where the last fragment ends, once it came.
        var length: Int?
        /// What waits of it, with the costs.
        var bytes: Int
    }

    private var datagrams: [FragmentKey: Datagram] = [:]
    private var arrivals: [(key: FragmentKey, serial: UInt64)] = []
    private var firstArrival = 0
    private var serial: UInt64 = 0
    /// Bytes that wait, with their costs.
    private(set) var bytes = 0

    /// What an array and its place among the pieces take beside the bytes of a piece.
    private static let pieceCost = 64
    /// What an entry of the dictionary and one of the arrivals take.
    private static let datagramCost = 256

    /// Adds the fragment of `payload`; the whole datagram's bytes when this one completes it.
    mutating func add(_ piece: Piece, _ bytes: RawSpan, _ payload: Extent, to key: FragmentKey) -> [UInt8]? {
        var copy: [UInt8] = []
        copy.reserveCapacity(payload.length)
        for place in payload.start..<(payload.start + payload.length) { copy.append(bytes.byte(place)) }
        if datagrams[key] == nil { begin(key) }
        guard var datagram = datagrams.removeValue(forKey: key) else { return nil }
        // As many pieces as a datagram can have offsets: more is an attack, and the datagram is forgotten.
        guard datagram.pieces.count < 8192 else {
            self.bytes -= datagram.bytes
            evictions &+= 1
            return nil
        }
        let place = datagram.pieces.firstIndex { $0.offset > piece.offset } ?? datagram.pieces.count
        datagram.pieces.insert((piece.offset, copy), at: place)
        datagram.bytes += copy.count + Self.pieceCost
        self.bytes += copy.count + Self.pieceCost
        if piece.isLast, datagram.length == nil { datagram.length = piece.offset + copy.count }
        if let whole = Self.assemble(datagram) {
            self.bytes -= datagram.bytes
            return whole
        }
        datagrams[key] = datagram
        // The one that grew may be the oldest itself.
        while self.bytes > Self.byteLimit || datagrams.count > Self.datagramLimit { forgetOldest() }
        return nil
    }

    /// The bytes of a complete datagram. Where fragments overlap, the one of the lower offset stands.
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
        // Those that were completed leave their place behind: swept when most places are such.
        guard arrivals.count > 2 * (datagrams.count + 1024) else { return }
        arrivals = arrivals[firstArrival...].filter { datagrams[$0.key]?.serial == $0.serial }
        firstArrival = 0
    }

    private mutating func forgetOldest() {
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
