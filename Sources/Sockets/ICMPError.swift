/// An ICMP error that a router or a host sent about a connection (RFC 792, RFC 4443).
public struct ICMPError: Sendable, Hashable, CustomStringConvertible {
    /// Whether it is ICMPv6.
    public let isVersion6: Bool
    /// The type of the message.
    public let type: UInt8
    /// The code within the type.
    public let code: UInt8
    /// The numeric address of the sender; nil if the kernel did not keep it.
    public let reporter: String?

    /// The error with this type and code, sent by `reporter`.
    public init(isVersion6: Bool, type: UInt8, code: UInt8, reporter: String?) {
        self.isVersion6 = isVersion6
        self.type = type
        self.code = code
        self.reporter = reporter
    }

    /// What type and code mean, as in `host unreachable`.
    public var meaning: String {
        (isVersion6 ? Self.meanings6 : Self.meanings4)[[type, code]] ?? "error"
    }

    /// Meaning, type and code, as in `host unreachable (ICMP type 3 code 1)`.
    public var reason: String { "\(meaning) (\(isVersion6 ? "ICMPv6" : "ICMP") type \(type) code \(code))" }

    /// A clause, as in `198.51.100.1 reports: host unreachable (ICMP type 3 code 1)`.
    public var description: String { "\(reporter ?? "a router") reports: \(reason)" }

    /// Whether it only asks for smaller packets.
    public var isPacketTooBig: Bool { isVersion6 ? type == 2 : type == 3 && code == 4 }

    /// What to check; nil if the code does not say.
    public var advice: String? {
        let sender = reporter ?? "that router"
        switch (isVersion6, type, code) {
        case (false, 3, 9), (false, 3, 10), (false, 3, 13), (true, 1, 1), (true, 1, 5), (true, 1, 6):
            return "Check the filter rules of \(sender)."
        case (false, 3, 0), (false, 3, 6), (true, 1, 0): return "Check the routes of \(sender)."
        case (false, 3, 1), (false, 3, 7), (true, 1, 3):
            return "Check the peer and its link: \(sender) does not reach it."
        case (false, 11, 0), (true, 3, 0): return "Check the routes near \(sender): packets circle there."
        default: return nil
        }
    }

    private static let meanings4: [[UInt8]: String] = [
        [3, 0]: "network unreachable", [3, 1]: "host unreachable", [3, 2]: "protocol unreachable",
        [3, 3]: "port unreachable", [3, 4]: "fragmentation needed", [3, 5]: "source route failed",
        [3, 6]: "network unknown", [3, 7]: "host unknown", [3, 9]: "network prohibited by a filter",
        [3, 10]: "host prohibited by a filter", [3, 11]: "network unreachable for this type of service",
        [3, 12]: "host unreachable for this type of service", [3, 13]: "prohibited by a filter",
        [11, 0]: "TTL exceeded", [11, 1]: "fragment reassembly time exceeded", [12, 0]: "invalid header",
    ]

    private static let meanings6: [[UInt8]: String] = [
        [1, 0]: "no route to the destination", [1, 1]: "prohibited by a filter",
        [1, 2]: "beyond the scope of the source address", [1, 3]: "address unreachable", [1, 4]: "port unreachable",
        [1, 5]: "source address prohibited by a filter", [1, 6]: "route rejected", [2, 0]: "packet too big",
        [3, 0]: "hop limit exceeded", [3, 1]: "fragment reassembly time exceeded", [4, 0]: "invalid header",
    ]
}

/// The different ICMP errors about a connection, in the order of first arrival, and how often each came.
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

    /// No error.
    public init() {}

    /// Whether none came.
    public var isEmpty: Bool { counts.isEmpty }

    /// How many errors came.
    public var total: Int { counts.reduce(0) { $0 + $1.count } }

    /// Counts `error` and returns how often it came.
    @discardableResult
    public mutating func add(_ error: ICMPError) -> Int {
        let index = counts.firstIndex { $0.error == error } ?? counts.count
        if index == counts.count { counts.append(Entry(error: error, count: 0)) }
        counts[index].count += 1
        return counts[index].count
    }

    /// One sentence for each error, with advice.
    var sentences: [String] {
        counts.map { entry in
            let error = entry.error
            let times = entry.count == 1 ? "" : " \(entry.count) times"
            let sentence = "\(error.reporter ?? "A router") reported\(times): \(error.reason)."
            return error.advice.map { "\(sentence) \($0)" } ?? sentence
        }
    }
}

extension ICMPError {
    /// The error in an entry of a socket's error queue, a sock_extended_err and the address of the reporter behind it
    /// (ip(7)); nil if it does not come from ICMP.
    init?(queued bytes: [UInt8]) {
        guard bytes.count >= 16 else { return nil }
        switch bytes[4] {  // ee_origin
        case 2: isVersion6 = false
        case 3: isVersion6 = true
        default: return nil
        }
        type = bytes[5]
        code = bytes[6]
        let address = Array(bytes.dropFirst(16).prefix(isVersion6 ? 28 : 16))
        reporter = Endpoint(socketAddress: address)?.address
    }

    /// The error that an ICMP message reports about the TCP connection between two endpoints; nil if it is about something
    /// else.
    ///
    /// `message` begins with the ICMP type. It quotes the header of the IP packet that caused it and at least the first 8
    /// bytes behind that: the ports and the sequence number.
    init?(message: ArraySlice<UInt8>, reporter: String?, local: Endpoint, remote: Endpoint) {
        let quoted = message.dropFirst(8)
        guard let type = message.first, let versionByte = quoted.first else { return nil }
        let isVersion6 = versionByte >> 4 == 6
        guard isVersion6 == local.isIPv6 else { return nil }
        let isError = isVersion6 ? (1...4).contains(type) : type == 3 || type == 11 || type == 12
        let headerLength = isVersion6 ? 40 : Int(versionByte & 15) * 4
        let addressOffset = isVersion6 ? 8 : 12
        let addressLength = isVersion6 ? 16 : 4
        guard isError, headerLength >= 20, quoted.count >= headerLength + 4,
            quoted[quoted.startIndex + (isVersion6 ? 6 : 9)] == 6  // TCP
        else { return nil }
        let addresses = quoted.dropFirst(addressOffset)
        let ports = quoted.dropFirst(headerLength)
        guard addresses.prefix(addressLength).elementsEqual(local.addressBytes),
            addresses.dropFirst(addressLength).prefix(addressLength).elementsEqual(remote.addressBytes),
            ports.prefix(4).elementsEqual([local.port, remote.port].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
        else { return nil }
        self.init(
            isVersion6: isVersion6, type: type, code: message[message.startIndex + 1], reporter: reporter)
    }
}
