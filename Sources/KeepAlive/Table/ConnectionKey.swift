import Wire

/// The key of a connection in its table: two endpoints, the smaller one first, so that both directions have the same
/// key.
protocol ConnectionKey: BitwiseCopyable, Equatable {
    /// Whether its addresses are IPv6.
    static var isVersion6: Bool { get }

    /// The end that sent `segment`: 0 is the smaller endpoint, by address and then by port, 1 the greater one
    /// (wireshark-rules 3.1).
    static func sender(of segment: Segment) -> Int

    /// The key of the connection of `segment`; `sender` is the result of `sender(of:)`.
    init(_ segment: Segment, sender: Int)

    /// A hash of the key that depends on `seed`.
    func hash(seed: HashSeed) -> UInt32

    /// A key that no segment has, because its first endpoint is the greater one.
    static var impossible: Self { get }

    /// The smaller endpoint.
    var first: Endpoint { get }

    /// The greater endpoint.
    var second: Endpoint { get }
}

/// Two secret words, which make hashes unpredictable to those who send the packets.
struct HashSeed: BitwiseCopyable {
    var first: UInt64
    var second: UInt64

    /// Two words derived from `seed`.
    init(_ seed: UInt64) {
        first = seed ^ 0x9E37_79B9_7F4A_7C15
        // Each bit of `seed` affects all bits of the word (the finalizer of MurmurHash3).
        var mixed = (seed ^ seed >> 33) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ mixed >> 33) &* 0xC4CE_B9FE_1A85_EC53
        second = mixed ^ mixed >> 33
    }

    /// A different seed, for another part of the key.
    var other: HashSeed { HashSeed(first: ~second, second: ~first) }

    private init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// Two IPv4 endpoints in twelve bytes.
struct IPv4Key: ConnectionKey {
    static var isVersion6: Bool { false }
    static var impossible: IPv4Key { IPv4Key(addresses: 0xFFFF_FFFF << 32, ports: 0) }

    /// Addresses and ports: the first endpoint in the upper half.
    private var addresses: UInt64
    private var ports: UInt32

    private init(addresses: UInt64, ports: UInt32) {
        self.addresses = addresses
        self.ports = ports
    }

    @inline(__always)
    static func sender(of segment: Segment) -> Int {
        // Compares address and port as one number, without a branch: the order of directions is unpredictable.
        let source = segment.source.address.low << 16 | UInt64(segment.source.port)
        let destination = segment.destination.address.low << 16 | UInt64(segment.destination.port)
        return source > destination ? 1 : 0
    }

    @inline(__always)
    init(_ segment: Segment, sender: Int) {
        let addresses = segment.source.address.low << 32 | segment.destination.address.low
        self.addresses = sender == 0 ? addresses : addresses << 32 | addresses >> 32
        ports = orderedPorts(segment, sender: sender)
    }

    @inline(__always)
    func hash(seed: HashSeed) -> UInt32 {
        // Ports of a host are often consecutive. Multiplying by the golden ratio spreads them.
        middle(addresses, UInt64(ports) &* 0x9E37_79B9_7F4A_7C15, seed)
    }

    var first: Endpoint {
        Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: addresses >> 32)), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: addresses)), UInt16(truncatingIfNeeded: ports))
    }
}

/// Two IPv6 endpoints in thirty-six bytes.
struct IPv6Key: ConnectionKey {
    static var isVersion6: Bool { true }
    static var impossible: IPv6Key { IPv6Key(firstHigh: .max) }

    private var firstHigh: UInt64
    private var firstLow: UInt64
    private var secondHigh: UInt64
    private var secondLow: UInt64
    private var ports: UInt32

    private init(firstHigh: UInt64) {
        self.firstHigh = firstHigh
        (firstLow, secondHigh, secondLow, ports) = (0, 0, 0, 0)
    }

    @inline(__always)
    static func sender(of segment: Segment) -> Int {
        let (source, destination) = (segment.source, segment.destination)
        let isGreater =
            source.address == destination.address
            ? source.port > destination.port : source.address.isGreater(than: destination.address)
        return isGreater ? 1 : 0
    }

    @inline(__always)
    init(_ segment: Segment, sender: Int) {
        let (source, destination) = (segment.source.address, segment.destination.address)
        let (first, second) = sender == 0 ? (source, destination) : (destination, source)
        (firstHigh, firstLow) = (first.high, first.low)
        (secondHigh, secondLow) = (second.high, second.low)
        ports = orderedPorts(segment, sender: sender)
    }

    @inline(__always)
    func hash(seed: HashSeed) -> UInt32 {
        middle(fold(firstHigh, firstLow, seed) ^ UInt64(ports), fold(secondHigh, secondLow, seed.other), seed)
    }

    var first: Endpoint {
        Endpoint(IPAddress(v6: firstHigh, firstLow), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v6: secondHigh, secondLow), UInt16(truncatingIfNeeded: ports))
    }
}

/// Both ports of `segment`: that of the first endpoint in the upper half.
@inline(__always)
private func orderedPorts(_ segment: Segment, sender: Int) -> UInt32 {
    let ports = UInt32(segment.source.port) << 16 | UInt32(segment.destination.port)
    return sender == 0 ? ports : ports << 16 | ports >> 16
}

/// Mixes two words with the secret ones: the two halves of the 128-bit product, combined by XOR.
@inline(__always)
private func fold(_ left: UInt64, _ right: UInt64, _ seed: HashSeed) -> UInt64 {
    let product = (left ^ seed.first).multipliedFullWidth(by: right ^ seed.second)
    return product.high ^ product.low
}

/// Mixes two words with the secret ones: the middle of the 128-bit product, which depends on all bits of both.
@inline(__always)
private func middle(_ left: UInt64, _ right: UInt64, _ seed: HashSeed) -> UInt32 {
    let product = (left ^ seed.first).multipliedFullWidth(by: right ^ seed.second)
    return UInt32(truncatingIfNeeded: product.high) ^ UInt32(truncatingIfNeeded: product.low >> 32)
}
