/// The answer to a `SocketQuestion`: 64 bytes, in network byte order. Numbers that are not known are -1.
///
/// | bytes | content |
/// |---|---|
/// | 0-3 | the number of the question |
/// | 4 | bits: 1 there is a socket, 2 its process is known, 4 it is known whether keep-alive is on, 8 it is on, 16 the options were read |
/// | 5 | length of the name |
/// | 6-7 | 0 |
/// | 8-11 | process id |
/// | 12-15, 16-19, 20-23 | TCP_KEEPIDLE (s), TCP_KEEPINTVL (s), TCP_KEEPCNT |
/// | 24-27 | TCP_USER_TIMEOUT (ms) |
/// | 28-31 | one of idle and interval (s) |
/// | 32-35 | no probe leaves before this much silence (ms) |
/// | 36-39 | 0 |
/// | 40-47 | the cookie of the socket |
/// | 48-63 | the name of the process, with zeros at its end |
package struct SocketAnswer: Sendable, Equatable {
    /// The size of an answer.
    package static let size = 64
    private static let longestName = 16

    package var number: UInt32
    /// nil: there is no such socket.
    package var socket: InspectedSocket?

    /// The answer to the question `number`.
    package init(number: UInt32, _ socket: InspectedSocket?) {
        self.number = number
        self.socket = socket
    }

    private struct Flags: OptionSet {
        var rawValue: UInt8
        static let isFound = Flags(rawValue: 1)
        static let hasProcess = Flags(rawValue: 2)
        static let isOnKnown = Flags(rawValue: 4)
        static let isOn = Flags(rawValue: 8)
        static let hasOptions = Flags(rawValue: 16)
        static let all: Flags = [.isFound, .hasProcess, .isOnKnown, .isOn, .hasOptions]
    }

    /// The answer in `bytes`; nil if they are none.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        var reader = ByteReader(bytes)
        number = reader.number()
        let flags = Flags(rawValue: reader.number())
        let length: UInt8 = reader.number()
        guard flags.isSubset(of: .all), length <= Self.longestName, reader.zeros(2) else { return nil }
        let process = reader.signed()
        let values = (0..<6).map { _ in reader.signed() }
        guard values.allSatisfy({ $0 >= -1 }), reader.zeros(4) else { return nil }
        let cookie: UInt64 = reader.number()
        guard flags.contains(.isOnKnown) || flags.isDisjoint(with: [.isOn, .hasOptions]) else { return nil }
        guard flags.contains(.isFound) else { return }
        let numbers = values.map { $0 < 0 ? nil : Int($0) }
        var socket = InspectedSocket(cookie: cookie)
        if flags.contains(.hasProcess) {
            guard process > 0 else { return nil }
            socket.process = process
            if length > 0 { socket.program = String(decoding: reader.bytes(Int(length)), as: UTF8.self) }
        }
        if flags.contains(.isOnKnown) { socket.isOn = flags.contains(.isOn) }
        if flags.contains(.hasOptions) {
            socket.options = KeepAliveOptions(
                isEnabled: flags.contains(.isOn), idle: numbers[0], interval: numbers[1], count: numbers[2],
                userTimeout: numbers[3])
        } else {
            socket.reading.idle = numbers[0]
            socket.reading.interval = numbers[1]
            socket.reading.idleOrInterval = numbers[4]
            socket.reading.silence = numbers[5]
        }
        self.socket = socket
    }

    /// Appends the answer to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        let end = bytes.count + Self.size
        defer { bytes += [UInt8](repeating: 0, count: end - bytes.count) }
        bytes.append(number: number)
        guard let socket else { return bytes += [0] + [UInt8](repeating: 0, count: 7) + Self.unknown }
        var flags: Flags = .isFound
        if socket.process != nil { flags.insert(.hasProcess) }
        if let isOn = socket.isOn {
            flags.insert(.isOnKnown)
            if isOn { flags.insert(.isOn) }
        }
        if socket.options != nil { flags.insert(.hasOptions) }
        let name = Array((socket.program ?? "").utf8.prefix(Self.longestName))
        bytes += [flags.rawValue, UInt8(name.count), 0, 0]
        bytes.append(number: socket.process ?? 0)
        let (options, reading) = (socket.options, socket.reading)
        for value in [
            options?.idle ?? reading.idle, options?.interval ?? reading.interval, options?.count, options?.userTimeout,
            reading.idleOrInterval, reading.silence,
        ] {
            bytes.append(number: value.map { Int32(clamping: max(0, $0)) } ?? -1)
        }
        bytes += [0, 0, 0, 0]
        bytes.append(number: socket.cookie)
        bytes += name
    }

    /// Six numbers that are not known.
    private static let unknown = [UInt8](repeating: 0xFF, count: 24)
}
