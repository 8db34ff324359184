import Wire

@testable import Sockets

/// Bytes from the kernel to the parsers of `Sockets`. The first byte chooses the parser.
enum NetlinkTarget {
    private static let local = Endpoint(IPAddress(v4: 0x0A00_0001), 0x1234)
    private static let remote = Endpoint(IPAddress(v4: 0x0A00_0002), 0x5678)
    private static let local6 = Endpoint(IPAddress(v6: 5, 1), 0x1234)
    private static let remote6 = Endpoint(IPAddress(v6: 5, 2), 0x5678)

    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let choice = reader.byte()
        let bytes = reader.rest()
        switch choice % 8 {
        case 0: try runICMP(bytes, local, remote)
        case 1: try runICMP(bytes, local6, remote6)
        case 2: try runErrorQueue(Array(bytes))
        case 3: try runAddress(Array(bytes))
        default:
            #if os(Linux)
                switch choice % 8 {
                case 4: runCounters(bytes)
                case 5: try runInformation(Array(bytes))
                default: try runSockets(bytes, isDump: choice % 8 == 6)
                }
            #endif
        }
    }

    private static func runICMP(_ bytes: ArraySlice<UInt8>, _ local: Endpoint, _ remote: Endpoint) throws(FuzzFailure) {
        guard let error = ICMPError(message: bytes, router: remote.address, local: local, remote: remote) else {
            return
        }
        try check(
            error.type == bytes[bytes.startIndex] && error.code == bytes[bytes.startIndex + 1],
            "the error is \(error), and the message begins with \(bytes.prefix(2))")
        var reports = ICMPReports()
        reports.add(error)
        try check(reports.add(error) == 2 && reports.total == 2, "two errors, and not \(reports)")
    }

    private static func runErrorQueue(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let error = ICMPError(queued: bytes) else { return }
        try check(error.type == bytes[5] && error.code == bytes[6], "the error is \(error), and the entry \(bytes)")
    }

    private static func runAddress(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let address = SocketAddress(bytes) else { return }
        try check(!address.address.isEmpty && address.description.contains(":"), "the address has no text: \(bytes)")
        try check(
            address.addressBytes.count == (address.isIPv6 ? 16 : 4),
            "the address has \(address.addressBytes.count) bytes")
        _ = address.scope
    }

    #if os(Linux)
        private static func runCounters(_ bytes: ArraySlice<UInt8>) {
            guard let counters = KernelCounters(String(decoding: bytes, as: UTF8.self)) else { return }
            _ = counters.since(counters)
        }

        private static func runInformation(_ bytes: [UInt8]) throws(FuzzFailure) {
            let information = ConnectionInformation(bytes)
            try check(
                information.sinceHeard <= information.sinceDataReceived && information.sinceHeard >= .zero,
                "the times are \(information)")
        }

        private static func runSockets(_ bytes: ArraySlice<UInt8>, isDump: Bool) throws(FuzzFailure) {
            var sockets: [HostSocket] = []
            var isInterrupted = false
            let datagram = Array(bytes)
            let end = unsafe SocketMessages.read(
                datagram.span.bytes, at: .now, isDump: isDump, isInterrupted: &isInterrupted
            ) { sockets.append($0) }
            let size = SocketMessages.headerSize + SocketMessages.socketSize
            try check(sockets.count * size <= bytes.count, "\(sockets.count) sockets in \(bytes.count) bytes")
            try check(
                isDump || (sockets.count <= 1 && end != .more), "\(sockets.count) sockets, and one was asked for")
            var reader = TimerReader()
            for socket in sockets {
                for reading in [TimerReading(socket), reader.read(socket), reader.read(socket)] {
                    let values = [reading.idle, reading.interval, reading.idleOrInterval].compactMap(\.self)
                    try check(values.allSatisfy { $0 >= 1 }, "settings of \(reading)")
                    try check(
                        reading.idleOrInterval == nil || (reading.idle == nil && reading.interval == nil),
                        "both known and unknown: \(reading)")
                }
            }
            var probers = OtherProbers(besides: local, remote)
            let timers = sockets.compactMap { KeepAliveTimer($0) }
            let now = ContinuousClock.now
            probers.record(timers, at: now)
            probers.record(timers, at: now)
            let isOther = timers.contains { ($0.local, $0.remote) != (local, remote) && $0.unanswered > 0 }
            try check(
                !isOther || probers.mayHaveProbed(until: now), "unanswered probes of another connection are missing")
        }
    #endif
}
