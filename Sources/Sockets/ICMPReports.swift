public import Wire

/// The different ICMP errors about a connection, in the order of first arrival, with the number of times each came.
public struct ICMPReports: Sendable, Equatable {
    /// An error, and how often it came.
    public struct Entry: Sendable, Equatable {
        /// The error.
        public let error: ICMPError
        /// How often it came.
        public fileprivate(set) var count: Int
    }

    /// Each error with its count.
    public private(set) var counts: [Entry] = []

    /// No errors.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { counts.isEmpty }

    /// The number of errors.
    public var total: Int { counts.reduce(0) { $0 + $1.count } }

    /// Counts `error` and returns how often it came.
    @discardableResult
    public mutating func add(_ error: ICMPError) -> Int {
        let index = counts.firstIndex { $0.error == error } ?? counts.count
        if index == counts.count { counts.append(Entry(error: error, count: 0)) }
        counts[index].count += 1
        return counts[index].count
    }
}

extension ICMPError {
    /// The error in an entry of a socket's error queue, a sock_extended_err and the socket address of the sender after
    /// it (ip(7)); nil if it does not come from ICMP or has no address.
    init?(queued bytes: [UInt8]) {
        guard bytes.count >= 16 else { return nil }
        let length: Int
        switch bytes[4] {  // ee_origin
        case 2: length = 16  // SO_EE_ORIGIN_ICMP
        case 3: length = 28  // SO_EE_ORIGIN_ICMP6
        default: return nil
        }
        guard let sender = SocketAddress(Array(bytes.dropFirst(16).prefix(length))) else { return nil }
        self.init(router: sender.endpoint.address, type: bytes[5], code: bytes[6])
    }

    /// The error that an ICMP message from `router` reports about the TCP connection between two endpoints; nil if it
    /// is about something else.
    ///
    /// `message` begins with the ICMP type. It quotes the header of the IP packet that caused it and at least the first
    /// 8 bytes after that: the ports and the sequence number.
    init?(message: ArraySlice<UInt8>, router: IPAddress, local: Endpoint, remote: Endpoint) {
        let quoted = message.dropFirst(8)
        guard let type = message.first, let versionByte = quoted.first else { return nil }
        let isVersion6 = versionByte >> 4 == 6
        guard isVersion6 == (local.address.version == .v6) else { return nil }
        let isError = isVersion6 ? (1...4).contains(type) : type == 3 || type == 11 || type == 12
        let headerLength = isVersion6 ? 40 : Int(versionByte & 15) * 4
        let addressOffset = isVersion6 ? 8 : 12
        let addressLength = isVersion6 ? 16 : 4
        guard isError, headerLength >= 20, quoted.count >= headerLength + 4,
            quoted[quoted.startIndex + (isVersion6 ? 6 : 9)] == 6  // TCP
        else { return nil }
        let addresses = quoted.dropFirst(addressOffset)
        let ports = quoted.dropFirst(headerLength)
        guard IPAddress(bytes: addresses.prefix(addressLength)) == local.address,
            IPAddress(bytes: addresses.dropFirst(addressLength).prefix(addressLength)) == remote.address,
            ports.prefix(4).elementsEqual([local.port, remote.port].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
        else { return nil }
        self.init(router: router, type: type, code: message[message.startIndex + 1])
    }
}
