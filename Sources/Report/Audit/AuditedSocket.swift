package import Sockets
import Wire

/// A socket of this host with all that is known about it: a row of the audit.
package struct AuditedSocket: Sendable {
    /// What the kernel lists.
    package var socket: HostSocket
    /// Its process; nil: none, or hidden.
    package var owner: SocketOwner?
    /// The name of the process.
    package var program: String?
    /// The name of the user who created it.
    package var user: String?
    /// The network namespace; nil: that of tcpalive.
    package var namespace: String?
    /// The interface of a link-local address, or to which the socket is bound; nil: none.
    package var interface: String?
    /// What the timer shows.
    package var reading: TimerReading
    /// The options as the socket has them; nil: the rights to read them are missing.
    package var options: KeepAliveOptions?
    package var assessment: SocketAssessment

    /// A row for `socket`.
    package init(
        _ socket: HostSocket, owner: SocketOwner?, program: String?, user: String?, namespace: String?,
        interface: String? = nil,
        reading: TimerReading, options: KeepAliveOptions?, assessment: SocketAssessment
    ) {
        self.socket = socket
        self.owner = owner
        self.program = program
        self.user = user
        self.namespace = namespace
        self.interface = interface
        self.reading = reading
        self.options = options
        self.assessment = assessment
    }

    /// Whether keep-alive is on; nil: unknown.
    package var isOn: Bool? { options?.isEnabled ?? socket.isKeepAliveOn }

    /// The local end with its interface: `[fe80::1%eth0]:443` (RFC 4007, section 11).
    var local: String {
        let text = socket.local.description
        guard let interface, let end = text.lastIndex(of: "]") ?? text.lastIndex(of: ":") else { return text }
        let zone = TextBuffer.string { $0.append(printable: "%\(interface)") }
        return text[..<end] + zone + text[end...]
    }

    /// TCP_KEEPIDLE (s); nil: unknown, or keep-alive is off.
    var idle: Int? { isOn == false ? nil : options?.idle ?? reading.idle }

    /// TCP_KEEPINTVL (s).
    var interval: Int? { isOn == false ? nil : options?.interval ?? reading.interval }

    /// TCP_KEEPCNT.
    var count: Int? { isOn == false ? nil : options?.count }

    /// Whether this row comes before `other` in a list with the worst first: by severity, by the importance and the number
    /// of findings, by idle time.
    package func isWorse(than other: AuditedSocket) -> Bool {
        let (left, right) = (assessment, other.assessment)
        if left.severity != right.severity { return left.severity > right.severity }
        if left.rank != right.rank { return left.rank < right.rank }
        if left.count != right.count { return left.count > right.count }
        let (idle, otherIdle) = (socket.idleNow ?? 0, other.socket.idleNow ?? 0)
        return idle != otherIdle ? idle > otherIdle : socket.cookie < other.socket.cookie
    }
}
