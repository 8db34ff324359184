import Wire

/// What a connection is found by: two endpoints, the smaller one first, so that both directions find the same.
protocol ConnectionKey: BitwiseCopyable, Equatable {
    /// Whether it is one of IPv6.
    static var isVersion6: Bool { get }

    /// The key of the segment of `glance`, one of `glances`.
    init(_ glance: Glance, _ glances: borrowing GlanceBatch)

    /// A hash of the key that depends on `seed`.
    func hash(seed: HashSeed) -> UInt32

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

/// Two IPv4 endpoints in twelve bytes.
struct IPv4Key: ConnectionKey {
    static var isVersion6: Bool { false }

    /// The first above the second, as they are in a `Glance`.
    private var addresses: UInt64
    private var ports: UInt32

    @inline(__always)
    init(_ glance: Glance, _ glances: borrowing GlanceBatch) {
        addresses = glance.addresses
        ports = glance.ports
    }

    @inline(__always)
    func hash(seed: HashSeed) -> UInt32 {
        // Ports of a host follow each other, and would make a row of products: spread, they do not (golden ratio).
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

    private var firstHigh: UInt64
    private var firstLow: UInt64
    private var secondHigh: UInt64
    private var secondLow: UInt64
    private var ports: UInt32

    @inline(__always)
    init(_ glance: Glance, _ glances: borrowing GlanceBatch) {
        let source = glances.listed.segments[Int(glance.place)].source.address
        let destination = glances.listed.segments[Int(glance.place)].destination.address
        let (first, second) = glance.side == 0 ? (source, destination) : (destination, source)
        (firstHigh, firstLow) = (first.high, first.low)
        (secondHigh, secondLow) = (second.high, second.low)
        ports = glance.ports
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

/// Mixes two words under two secret ones: a 64 by 64 bit product folded onto itself.
@inline(__always)
private func fold(_ left: UInt64, _ right: UInt64, _ seed: HashSeed) -> UInt64 {
    let product = (left ^ seed.first).multipliedFullWidth(by: right ^ seed.second)
    return product.high ^ product.low
}

/// Mixes two words likewise: what is in the middle of the product, on which all bits of both bear.
@inline(__always)
private func middle(_ left: UInt64, _ right: UInt64, _ seed: HashSeed) -> UInt32 {
    let product = (left ^ seed.first).multipliedFullWidth(by: right ^ seed.second)
    return UInt32(truncatingIfNeeded: product.high) ^ UInt32(truncatingIfNeeded: product.low >> 32)
}
