package import Wire

/// A TCP socket of this host at one moment, as the kernel lists it (sock_diag(7)). It has no references, so that a list of
/// many is cheap.
package struct HostSocket: Sendable, Equatable {
    /// The local end. An IPv4-mapped address (RFC 4291 2.5.5.2) is an IPv4 address.
    package var local: Endpoint
    /// The remote end.
    package var remote: Endpoint
    /// The interface of a link-local address, or to which the socket is bound; 0: none.
    package var interface: UInt32
    /// Whether it is an IPv6 socket, which may have IPv4-mapped addresses.
    package var isIPv6: Bool
    package var state: SocketState
    /// What the running timer is for; nil if none runs.
    package var timer: ConnectionTimer.Purpose?
    /// Unanswered probes of a keep-alive or window timer, or retransmissions.
    package var unanswered: UInt8
    /// Time until the timer fires (ms); 0 if it is due. The kernel fires up to one bucket of its timer wheel late.
    package var expires: UInt32
    /// Bytes received that the program has not read; of a listening socket, connections to accept.
    package var receiveQueue: UInt32
    /// Bytes sent and not acknowledged, or not sent yet; of a listening socket, the limit of its queue.
    package var sendQueue: UInt32
    /// The user who created it.
    package var user: UInt32
    /// The inode, by which /proc/PID/fd names it; 0 if no program has it any more.
    package var inode: UInt32
    /// Identifies the socket until the host restarts.
    package var cookie: UInt64
    /// What tcp_info adds; nil if there is none, as in TIME-WAIT.
    package var details: Details?
    /// When the kernel looked at it.
    package var time: ContinuousClock.Instant
    /// Whether `time` is exact to some 30 ms; otherwise this process, which asked, had to wait for a processor.
    package var isTimeExact = true

    /// Part of struct tcp_info of linux/tcp.h. Times are counted in ticks of the kernel, 1 to 10 ms.
    package struct Details: Sendable, Equatable {
        /// Time since data was last received (ms); before any data, since the connection was established.
        package var sinceDataReceived: UInt32
        /// Time since an acknowledgment was last received (ms).
        package var sinceAckReceived: UInt32
        /// Time since data was last sent or retransmitted (ms); before any, since the connection was established.
        package var sinceDataSent: UInt32
        /// The retransmission timeout (µs).
        package var retransmissionTimeout: UInt32
        /// The smoothed round-trip time (µs).
        package var roundTrip: UInt32
        /// Retransmissions of the oldest unacknowledged segment.
        package var retransmissions: UInt8
        /// Segments that were sent and not yet acknowledged.
        package var unacknowledged: UInt32
        /// Bytes of data received; a received FIN counts as one.
        package var bytesReceived: UInt64?
        /// Segments with data that were received; nil before Linux 4.6.
        package var dataSegmentsReceived: UInt32?

        /// Time since the last segment of the peer (ms): the idle time by which Linux sends probes.
        package var sinceHeard: UInt32 { min(sinceDataReceived, sinceAckReceived) }
    }

    /// The idle time now (ms); nil if unknown, or if the connection is not established yet.
    package var idleNow: UInt32? { SocketStates.opening.contains(state) ? nil : details?.sinceHeard }

    /// Whether keep-alive is enabled; nil if the timer does not show it, because another one runs.
    package var isKeepAliveOn: Bool? {
        switch timer {
        case .keepAlive: true
        case nil: SocketStates.open.contains(state) ? false : nil
        case .retransmission, .windowProbe, .closing: nil
        }
    }

    /// Whether no packet of the connection leaves this host, so that no path can forget it.
    package var isOnHost: Bool {
        local.address.isLoopback || remote.address.isLoopback || local.address == remote.address
    }
}

extension IPAddress {
    /// Whether it is in 127.0.0.0/8, or ::1.
    package var isLoopback: Bool {
        version == .v4 ? low >> 24 == 127 : high == 0 && low == 1
    }
}
