import Wire

/// What a connection is found by: two endpoints, the smaller one first, so that both directions find the same.
protocol ConnectionKey: BitwiseCopyable, Equatable {
    /// The key of two endpoints, `first` the smaller.
    init(first: Endpoint, second: Endpoint)

    /// A hash of the key that depends on `seed`.
    func hash(seed: UInt64) -> UInt64

    /// The smaller endpoint.
    var first: Endpoint { get }

    /// The greater endpoint.
    var second: Endpoint { get }
}

/// Two IPv4 endpoints in twelve octets.
struct IPv4Key: ConnectionKey {
    private var firstAddress: UInt32
    private var secondAddress: UInt32
    private var ports: UInt32

    @inline(__always)
    init(first: Endpoint, second: Endpoint) {
        firstAddress = UInt32(truncatingIfNeeded: first.address.low)
        secondAddress = UInt32(truncatingIfNeeded: second.address.low)
        ports = UInt32(first.port) << 16 | UInt32(second.port)
    }

    @inline(__always)
    func hash(seed: UInt64) -> UInt64 {
        fold(UInt64(firstAddress) << 32 | UInt64(secondAddress), UInt64(ports), seed)
    }

    var first: Endpoint {
        Endpoint(IPAddress(v4: firstAddress), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v4: secondAddress), UInt16(truncatingIfNeeded: ports))
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

    @inline(__always)
    func hash(seed: UInt64) -> UInt64 {
        fold(fold(firstHigh, firstLow, seed), fold(secondHigh, secondLow, ~seed), seed ^ UInt64(ports))
    }

    var first: Endpoint {
        Endpoint(IPAddress(v6: firstHigh, firstLow), UInt16(truncatingIfNeeded: ports >> 16))
    }

    var second: Endpoint {
        Endpoint(IPAddress(v6: secondHigh, secondLow), UInt16(truncatingIfNeeded: ports))
    }
}

/// Mixes two words under a seed: a 64 by 64 bit product folded onto itself, twice.
@inline(__always)
private func fold(_ left: UInt64, _ right: UInt64, _ seed: UInt64) -> UInt64 {
    let once = (left ^ seed ^ 0x9E37_79B9_7F4A_7C15)
        .multipliedFullWidth(by: right ^ (seed << 32 | seed >> 32) ^ 0xC4CE_B9FE_1A85_EC53)
    let twice = (once.high ^ once.low ^ 0xFF51_AFD7_ED55_8CCD).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
    return twice.high ^ twice.low
}
