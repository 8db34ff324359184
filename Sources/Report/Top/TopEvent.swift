package import KeepAlive
package import Sockets

/// What happened on one connection, as `tcpalive top` lists it.
package struct TopEvent: Sendable, Equatable {
    /// What it was.
    package enum Kind: Sendable, Equatable {
        /// The kernel counts a probe, and so many have no answer now.
        case probe(unanswered: Int)
        /// A segment without data came, after a probe.
        case answer
        /// Data came, or left.
        case received, sent
        /// Data was sent again, so many times now.
        case retransmission(Int)
        /// The closed window was probed, so many times now.
        case windowProbe(Int)
        /// The socket has another state.
        case state(SocketState)
        /// The socket has other settings.
        case settings(String)
        /// The kernel has no such socket any more.
        case closed
        /// A captured packet, described by `text`.
        case packet(SegmentKind, isSent: Bool, text: String)
    }

    /// When (ns since 1970).
    package var time: Int64
    package var kind: Kind

    /// `kind` at `time` (ns since 1970).
    package init(_ time: Int64, _ kind: Kind) {
        self.time = time
        self.kind = kind
    }

    /// The letter of the timeline, and whether this host sent it; nil: it is no packet.
    var mark: (letter: Character, isSent: Bool)? {
        switch kind {
        case .probe: ("p", true)
        case .windowProbe: ("z", true)
        case .answer: ("a", false)
        case .received: ("d", false)
        case .sent: ("d", true)
        case .retransmission: ("r", true)
        case .state, .settings, .closed: nil
        case .packet(let kind, let isSent, _): kind.letter.map { ($0, isSent) }
        }
    }

    /// The event in words.
    var text: String {
        switch kind {
        case .probe(let unanswered):
            unanswered == 1 ? "keep-alive sent" : "keep-alive sent, \(unanswered) unanswered"
        case .answer: "keep-alive ACK received"
        case .received: "data received"
        case .sent: "data sent"
        case .retransmission(let number): "data sent again, retransmission \(number)"
        case .windowProbe(let number): "window probe \(number) sent"
        case .state(let state): "state \(state.shortName)"
        case .settings(let text): "keep-alive set to \(text)"
        case .closed: "the socket is closed"
        case .packet(_, let isSent, let text): (isSent ? "sent: " : "received: ") + text
        }
    }

    /// What happened on a socket between two looks of the kernel's list, the older first. `now` is when the later one was
    /// (ns since 1970).
    ///
    /// Times are those that the kernel has (tcp_info), to its tick. With `isCaptured`, packets of probes and answers are
    /// reported by themselves, and not here.
    package static func events(
        from before: HostSocket, to socket: HostSocket, at now: Int64, isCaptured: Bool
    ) -> [TopEvent] {
        var events: [TopEvent] = []
        func ago(_ milliseconds: UInt32?) -> Int64 { now - Int64(milliseconds ?? 0) * 1_000_000 }
        if socket.state != before.state { events.append(TopEvent(now, .state(socket.state))) }
        guard let details = socket.details, let earlier = before.details else { return events }
        let hasData = (details.bytesReceived ?? 0) > (earlier.bytesReceived ?? 0)
        // Sums of two counters of ticks may differ by a tick or two without an event.
        let elapsed = Int64(before.time.duration(to: socket.time) / .milliseconds(1))
        func isNew(_ since: UInt32, _ sinceEarlier: UInt32) -> Bool {
            Int64(since) + 20 < Int64(sinceEarlier) + elapsed
        }
        if hasData, isNew(details.sinceDataReceived, earlier.sinceDataReceived) {
            events.append(TopEvent(ago(details.sinceDataReceived), .received))
        }
        if socket.timer != .retransmission, details.retransmissions == 0,
            isNew(details.sinceDataSent, earlier.sinceDataSent)
        {
            events.append(TopEvent(ago(details.sinceDataSent), .sent))
        }
        let number = Int(socket.unanswered)
        if number > (before.timer == socket.timer ? Int(before.unanswered) : 0) {
            switch socket.timer {
            case .keepAlive where !isCaptured: events.append(TopEvent(now, .probe(unanswered: number)))
            case .windowProbe where !isCaptured: events.append(TopEvent(now, .windowProbe(number)))
            case .retransmission: events.append(TopEvent(ago(details.sinceDataSent), .retransmission(number)))
            default: break
            }
        }
        // An acknowledgment of data comes soon after the data.
        if !isCaptured, !hasData, isNew(details.sinceAckReceived, earlier.sinceAckReceived),
            Int64(details.sinceDataSent) > Int64(details.sinceAckReceived) + 1000
        {
            let time = ago(details.sinceAckReceived)
            if before.unanswered == 0 { events.append(TopEvent(time, .probe(unanswered: 1))) }
            events.append(TopEvent(time, .answer))
        }
        return events.sorted { $0.time < $1.time }
    }
}

extension SegmentKind {
    /// The letter of the timeline; nil: it has none.
    fileprivate var letter: Character? {
        switch self {
        case .probe, .middleboxProbe: "p"
        case .zeroWindowProbe: "z"
        case .answer, .zeroWindowAnswer, .challenge: "a"
        case .retransmission: "r"
        case .data: "d"
        case .acknowledgment: nil
        case .abortReset, .peerReset, .pathReset, .ownReset, .refusableReset: "R"
        case .icmpError: "!"
        }
    }
}
