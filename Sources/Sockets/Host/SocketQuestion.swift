package import Wire

/// A question about the socket of a connection, from a process without rights to one that may look (`SocketInspector`): 48
/// bytes, in network byte order.
///
/// | bytes | content |
/// |---|---|
/// | 0-3 | the number of the question, which the answer has too |
/// | 4 | IP version, 4 or 6 |
/// | 5-7 | 0 |
/// | 8-9, 10-11 | local port, remote port |
/// | 12-15 | the interface, an index; 0: any |
/// | 16-31, 32-47 | local address, remote address; of IPv4 the last four bytes |
package struct SocketQuestion: Sendable, Equatable {
    /// The size of a question.
    package static let size = 48
    /// The number of questions or answers in one message, at most.
    package static let mostAtOnce = 64

    package var number: UInt32
    package var local: Endpoint
    package var remote: Endpoint
    /// The interface on which the socket is: a socket that is bound to another one, or has a link-local address there, is not
    /// meant. 0: any, but none that is bound to an interface.
    package var interface: UInt32

    /// The question `number` about the socket with these ends, both of one IP version.
    package init(number: UInt32, local: Endpoint, remote: Endpoint, interface: UInt32 = 0) {
        self.number = number
        self.local = local
        self.remote = remote
        self.interface = interface
    }

    /// The question in `bytes`; nil if they are none.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        var reader = ByteReader(bytes)
        number = reader.number()
        let version: UInt8 = reader.number()
        guard version == 4 || version == 6, reader.zeros(3) else { return nil }
        let (localPort, remotePort): (UInt16, UInt16) = (reader.number(), reader.number())
        interface = reader.number()
        guard let localAddress = reader.address(isVersion6: version == 6),
            let remoteAddress = reader.address(isVersion6: version == 6)
        else { return nil }
        local = Endpoint(localAddress, localPort)
        remote = Endpoint(remoteAddress, remotePort)
    }

    /// Appends the question to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        bytes.append(number: number)
        bytes.append(local.address.version == .v6 ? 6 : 4)
        bytes += [0, 0, 0]
        bytes.append(number: local.port)
        bytes.append(number: remote.port)
        bytes.append(number: interface)
        for address in [local.address, remote.address] {
            bytes.append(number: address.high)
            bytes.append(number: address.low)
        }
    }
}

/// Numbers in network byte order, one after the other.
struct ByteReader {
    private var rest: ArraySlice<UInt8>

    /// A reader at the start of `bytes`.
    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next number. The caller must know that there are enough bytes.
    mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
        let count = Number.bitWidth / 8
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count).reduce(0) { $0 << 8 | Number($1) }
    }

    /// The next number, with a sign.
    mutating func signed() -> Int32 { Int32(bitPattern: number()) }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Whether the next `count` bytes are zero.
    mutating func zeros(_ count: Int) -> Bool { bytes(count).allSatisfy { $0 == 0 } }

    /// The next address, 16 bytes; nil if it is not one of this IP version.
    mutating func address(isVersion6: Bool) -> IPAddress? {
        let (high, low): (UInt64, UInt64) = (number(), number())
        if isVersion6 { return IPAddress(v6: high, low) }
        guard high == 0, let number = UInt32(exactly: low) else { return nil }
        return IPAddress(v4: number)
    }
}

extension [UInt8] {
    /// Appends `number` in network byte order.
    mutating func append<Number: FixedWidthInteger>(number: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
