import Wire

@testable import Sockets

extension HostSocket {
    /// An established connection over a path, with a keep-alive timer that fires in `expires` ms, `heard` ms after the last
    /// segment, which had an acknowledgment, and `data` ms (nil: as long) after the last data.
    static func sample(
        expires: Int, heard: Int, data: Int? = nil, sent: Int? = nil, received: UInt64 = 0, unanswered: UInt8 = 0,
        roundTrip: UInt32 = 100, timer: ConnectionTimer.Purpose? = .keepAlive, state: SocketState = .established,
        at time: ContinuousClock.Instant = start
    ) -> HostSocket {
        let details = Details(
            sinceDataReceived: UInt32(data ?? heard), sinceAckReceived: UInt32(heard),
            sinceDataSent: UInt32(sent ?? data ?? heard), retransmissionTimeout: 204_000, roundTrip: roundTrip,
            retransmissions: 0, unacknowledged: 0, bytesReceived: received, dataSegmentsReceived: nil)
        return HostSocket(
            local: Endpoint(IPAddress(v4: 0xC000_020A), 40000), remote: Endpoint(IPAddress(v4: 0xC633_6414), 443),
            interface: 0, isIPv6: false, state: state, timer: timer, unanswered: unanswered, expires: UInt32(expires),
            receiveQueue: 0, sendQueue: 0, user: 0, inode: 1, cookie: 7, details: details, time: time)
    }

    static let start = ContinuousClock.now
}
