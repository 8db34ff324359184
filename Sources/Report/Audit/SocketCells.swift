import KeepAlive
import Sockets

/// The cells of a socket in the table of the audit.
struct SocketCells {
    let row: AuditedSocket

    /// The first finding and the number of others: `too_late_for_path +1`.
    var verdict: String {
        guard let verdict = row.assessment.verdict else { return "ok" }
        return row.assessment.count > 1 ? "\(verdict.rawValue) +\(row.assessment.count - 1)" : verdict.rawValue
    }

    /// The process, `nginx[812]`; if it is hidden, its user, `?(root)`; `-` if there is none.
    var process: String {
        guard let owner = row.owner else {
            if row.socket.inode == 0 { return "-" }
            return TextBuffer.string { $0.append(printable: "?(\(row.user ?? String(row.socket.user)))") }
        }
        return TextBuffer.string {
            $0.append(printable: row.program ?? "")
            $0.append("[\(owner.process)]")
        }
    }

    /// The settings: idle, interval and count.
    ///
    /// `60/15/4`; `off`; `?` for what is unknown; `>=54` if no probe leaves before 54 s; `60*` if that is idle or interval;
    /// `u7s` for a user timeout.
    var settings: String {
        row.options?.settingsText ?? row.reading.settingsText(isOn: row.isOn)
    }

    /// How long nothing was received.
    var idle: String { row.socket.idleNow.map(Self.duration) ?? "-" }

    /// When the next probe is due, or why none is.
    var next: String {
        switch row.socket.timer {
        case .keepAlive:
            let due = row.socket.expires == 0 ? "due" : Self.duration(row.socket.expires)
            return row.socket.unanswered == 0 ? due : "\(due), \(row.socket.unanswered) unanswered"
        case .retransmission:
            return row.socket.unanswered == 0 ? sent : "\(sent), \(row.socket.unanswered) resent"
        case .windowProbe: return "window closed"
        case .closing, nil: return "-"
        }
    }

    /// What is sent again while a retransmission timer runs.
    var sent: String { SocketStates.opening.contains(row.socket.state) ? "SYN" : "data" }

    private static func duration(_ milliseconds: UInt32) -> String {
        TextBuffer.string { $0.append(duration: Int64(milliseconds) * 1_000_000) }
    }
}
