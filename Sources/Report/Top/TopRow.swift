package import KeepAlive
import Sockets
import Wire

/// A connection of this host in `tcpalive top`: its socket, and what is known beside it.
package struct TopRow: Sendable {
    /// What captured packets show.
    package struct Wire: Sendable, Equatable {
        /// What is found about it.
        package struct Found: Sendable, Equatable {
            package var verdict: Verdict
            package var severity: Severity
            package var sentence: String

            /// `verdict` of `severity`, explained by `sentence`.
            package init(_ verdict: Verdict, _ severity: Severity, _ sentence: String) {
                self.verdict = verdict
                self.severity = severity
                self.sentence = sentence
            }
        }

        /// The finding; nil: none yet.
        package var finding: Found?
        /// How long the last answer to a probe of this host took (ns).
        package var lastReply: Int64?
        /// Probes of this host since the peer was last heard.
        package var unanswered = 0
    }

    /// The socket as it was at the last look.
    package var audited: AuditedSocket
    package var wire = Wire()
    /// The last events, the oldest first.
    package var events: [TopEvent] = []
    /// When the socket was gone (ns since 1970); nil: it exists.
    package var closed: Int64?

    /// No more events than that are kept.
    static let eventLimit = 48

    /// A row for `audited`.
    package init(_ audited: AuditedSocket) {
        self.audited = audited
    }

    /// What identifies it.
    package var cookie: UInt64 { audited.socket.cookie }

    /// The higher of the severities.
    package var severity: Severity { max(audited.assessment.severity, wire.finding?.severity ?? .ok) }

    /// What packets show, if it is as severe as what the kernel shows; otherwise that.
    var verdict: String {
        if let found = wire.finding, found.severity >= audited.assessment.severity { return found.verdict.rawValue }
        return SocketCells(row: audited).verdict
    }

    /// Unanswered probes: those that packets show, or that the kernel counts.
    var unanswered: Int {
        max(wire.unanswered, audited.socket.timer == .keepAlive ? Int(audited.socket.unanswered) : 0)
    }

    /// Adds `event`, and forgets the oldest if there are too many.
    mutating func add(_ event: TopEvent) {
        if events.count >= Self.eventLimit { events.removeFirst(events.count - Self.eventLimit + 1) }
        events.append(event)
    }
}
