public import Wire

/// One of several parts of all connections. A hash of both endpoints, the same for both directions, decides the part.
///
/// The hash is the same on every machine and in every run, so that several machines can divide an archive.
public struct Shard: Sendable, Equatable {
    /// The number of the part, from 1.
    public let number: Int
    /// The number of parts, from 1.
    public let count: Int

    /// Part `number` of `count`; nil unless `number` is between 1 and `count`.
    public init?(number: Int, of count: Int) {
        guard number >= 1, number <= count else { return nil }
        self.number = number
        self.count = count
    }

    /// Whether the connection between `one` and `other` belongs to this part.
    public func holds(_ one: Endpoint, _ other: Endpoint) -> Bool {
        Self.index(one, other, among: count) == number - 1
    }

    /// The index, from 0, of the part among `count` to which the connection between `one` and `other` belongs.
    @inlinable @inline(__always)
    public static func index(_ one: Endpoint, _ other: Endpoint, among count: Int) -> Int {
        // A sum, so that both directions have the same hash.
        let mixed = (mix(one) &+ mix(other)) &* 0xD6E8_FEB8_6659_FD93
        return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: UInt64(count)).high)
    }

    @inlinable @inline(__always)
    static func mix(_ end: Endpoint) -> UInt64 {
        let product = (end.address.low ^ UInt64(end.port) << 40 ^ 0x9E37_79B9_7F4A_7C15)
            .multipliedFullWidth(by: end.address.high ^ 0xC4CE_B9FE_1A85_EC53)
        return product.high ^ product.low
    }
}
