import Wire

/// What a connection is found by: two endpoints, the smaller one first, so that both directions find the same.
protocol ConnectionKey: BitwiseCopyable, Equatable {
    /// The key of two endpoints, `first` the smaller.
    init(first: Endpoint, second: Endpoint)

    /// The key of the segment at `place` of `segments`, and the sender's place in it: 0 is the first.
    static func oriented(_ segments: Span<Segment>, _ place: Int) -> (key: Self, side: Int)

    /// A hash of the key that depends on `seed`.
    func hash(seed: HashSeed) -> UInt64

    /// The smaller endpoint.
    var first: Endpoint { get }

    /// The greater endpoint.
    var second: Endpoint { get }
}

/// What makes hashes unpredictable to whoever writes the packets: two words that nobody else knows.
struct HashSeed: BitwiseCopyable {
    var first: UInt64
    var second: UInt64

    /// The words that `seed` stands for.
    init(_ seed: UInt64) {
        first = seed ^ 0x9E37_79B9_7F4A_7C15
        // A word that any bit of `seed` changes throughout (the finish of MurmurHash3).
        var mixed = (seed ^ seed >> 33) &* 0xFF51_AFD7_ED55_8CCD
        mixed = (mixed ^ mixed >> 33) &* 0xC4CE_B9FE_1A85_EC53
        second = mixed ^ mixed >> 33
    }

    /// Another one, for another part of a key.
    var other: HashSeed { HashSeed(first: ~second, second: ~first) }

    private init(first: UInt64, second: UInt64) {
        self.first = first
        self.second = second
    }
}

/// Two IPv4 endpoints in twelve octets.
struct IPv4Key: ConnectionKey {
    /// In one word each, the first above the second, as they are compared so.
    private var addresses: UInt64
    private var ports: UInt32

    @inline(__always)
    init(first: Endpoint, second: Endpoint) {
        self.init(
            first: first.address.low << 16 | UInt64(first.port), second: second.address.low << 16 | UInt64(second.port))
    }

    @inline(__always)
    static func oriented(_ segments: Span<Segment>, _ place: Int) -> (key: Self, side: Int) {
        // An address and its port in one number, and no branch: directions come in random order.
        let source = segments[place].source.address.low << 16 | UInt64(segments[place].source.port)
        let destination = segments[place].destination.address.low << 16 | UInt64(segments[place].destination.port)
        let key = IPv4Key(first: min(source, destination), second: max(source, destination))
        return (key, source > destination ? 1 : 0)
    }

    /// The key of two endpoints, each an address with its port below.
    @inline(__always)
    init(first: UInt64, second: UInt64) {
        addresses = (first >> 16) << 32 | second >> 16
        ports = UInt32(truncatingIfNeeded: first << 16 | second & 0xFFFF)
    }

    @inline(__always)
    func hash(seed: HashSeed) -> UInt64 {
        fold(addresses, UInt64(ports), seed)
    }

    var first: Endpoint {
        Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: addresses >> 32)), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v4: UInt32(truncatingIfNeeded: addresses)), UInt16(truncatingIfNeeded: ports))
    }
}

/// Two IPv6 endpoints in thirty-six octets.
struct IPv6Key: ConnectionKey {
    private var firstHigh: UInt64
    private var firstLow: UInt64
    private var secondHigh: UInt64
    private var secondLow: UInt64
    private var ports: UInt32

    @inline(__always)
    init(first: Endpoint, second: Endpoint) {
        firstHigh = first.address.high
        firstLow = first.address.low
        secondHigh = second.address.high
        secondLow = second.address.low
        ports = UInt32(first.port) << 16 | UInt32(second.port)
    }

    /// The smaller end is first: by address, and by port where the addresses are equal (wireshark-rules 3.1).
    @inline(__always)
    static func oriented(_ segments: Span<Segment>, _ place: Int) -> (key: Self, side: Int) {
        let (source, destination) = (segments[place].source, segments[place].destination)
        let isGreater =
            source.address == destination.address
            ? source.port > destination.port : source.address.isGreater(than: destination.address)
        return isGreater ? (Self(first: destination, second: source), 1) : (Self(first: source, second: destination), 0)
    }

    @inline(__always)
    func hash(seed: HashSeed) -> UInt64 {
        fold(fold(firstHigh, firstLow, seed) ^ UInt64(ports), fold(secondHigh, secondLow, seed.other), seed)
    }

    var first: Endpoint {
        Endpoint(IPAddress(v6: firstHigh, firstLow), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v6: secondHigh, secondLow), UInt16(truncatingIfNeeded: ports))
    }
}

/// Mixes two words under two secret ones: a 64 by 64 bit product folded onto itself.
@inline(__always)
private func fold(_ left: UInt64, _ right: UInt64, _ seed: HashSeed) -> UInt64 {
    let product = (left ^ seed.first).multipliedFullWidth(by: right ^ seed.second)
    return product.high ^ product.low
}
