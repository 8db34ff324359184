import Sockets
import KeepAlive
import Wire

/// The audit in JSON and in tables, as `tcpalive.schema.json` describes it.
extension AuditedSocket {
    /// Appends a `tcpalive.socket/1` of the moment `time` (ns since 1970).
    func write(to record: inout some RecordWriter, at time: Int64) {
        record.beginRecord("tcpalive.socket/1")
        record.member("ts_ns", nanoseconds: time)
        record.member("ts", timestamp: time)
        if let namespace { record.member("netns", namespace) }
        if let owner { record.member("pid", UInt64(owner.process.magnitude)) }
        if let program { record.member("process", program) }
        if let owner { record.member("fd", UInt64(owner.descriptor.magnitude)) }
        record.member("uid", UInt64(socket.user))
        if let user { record.member("user", user) }
        record.member("inode", UInt64(socket.inode))
        record.member("cookie", socket.cookie)
        record.member("ip_version", UInt64(socket.isIPv6 ? 6 : 4))
        record.members("local_", socket.local)
        if let interface { record.member("interface", interface) }
        record.members("remote_", socket.remote)
        record.member("state", word: { $0.append(socket.state.name) })
        if let isOn { record.member("keepalive", isOn) }
        switch socket.timer {
        case .retransmission where !SocketStates.opening.contains(socket.state):
            record.member("suspended_by", word: { $0.append("data") })
        case .windowProbe: record.member("suspended_by", word: { $0.append("window") })
        default: break
        }
        if let idle { record.member("idle_s", UInt64(idle)) }
        if let interval { record.member("interval_s", UInt64(interval)) }
        if let either = options == nil ? reading.idleOrInterval : nil {
            record.member("idle_or_interval_s", UInt64(either))
        }
        if let count { record.member("count", UInt64(count)) }
        if let timeout = options?.userTimeout, timeout > 0 {
            record.member("user_timeout_s", seconds: Int64(timeout) * 1_000_000)
        }
        if isOn == true { record.member("settings_from", word: { $0.append(options == nil ? "timer" : "socket") }) }
        if let silence = reading.silence {
            record.member("no_probe_before_ns", nanoseconds: Int64(silence) * 1_000_000)
        }
        if let idleNow = socket.idleNow { record.member("idle_ns", nanoseconds: Int64(idleNow) * 1_000_000) }
        if socket.timer == .keepAlive {
            record.member("timer_ns", nanoseconds: Int64(socket.expires) * 1_000_000)
            record.member("unanswered", UInt64(socket.unanswered))
        } else if socket.timer == .retransmission {
            record.member("retransmissions", UInt64(socket.unanswered))
        }
        if let details = socket.details, details.roundTrip > 0 {
            record.member("rtt_ns", nanoseconds: Int64(details.roundTrip) * 1000)
        }
        record.member("receive_queue", UInt64(socket.receiveQueue))
        record.member("send_queue", UInt64(socket.sendQueue))
        record.member("severity", word: { $0.append(assessment.severity.rawValue) })
        record.member("verdicts", assessment.findings.map(\.verdict.rawValue))
        record.endRecord()
    }

    /// The columns of a table, in the order of the members.
    static let columns = [
        "ts_ns", "ts", "netns", "pid", "process", "fd", "uid", "user", "inode", "cookie", "ip_version", "local_ip",
        "local_port", "interface", "remote_ip", "remote_port", "state", "keepalive", "suspended_by", "idle_s",
        "interval_s",
        "idle_or_interval_s", "count", "user_timeout_s", "settings_from", "no_probe_before_ns", "idle_ns", "timer_ns",
        "unanswered", "retransmissions", "rtt_ns", "receive_queue", "send_queue", "severity", "verdicts",
    ]
}

extension TextBuffer {
    /// Appends a `tcpalive.socket/1` of the moment `time` (ns since 1970).
    package mutating func appendRecord(_ row: AuditedSocket, at time: Int64) {
        row.write(to: &self, at: time)
    }

    /// Appends a `tcpalive.audit/1`: the totals at `time` (ns since 1970), with at most `most` processes and services.
    package mutating func appendRecord(_ totals: AuditTotals, at time: Int64, isComplete: Bool, hiddenProcesses: Int) {
        let most = 1000
        beginRecord("tcpalive.audit/1")
        member("ts_ns", nanoseconds: time)
        member("ts", timestamp: time)
        member("complete", isComplete)
        member("severity", totals.severity.rawValue)
        members(totals.all)
        member("hidden_processes", UInt64(hiddenProcesses))
        member("without_process", totals.ownerless)
        member(
            "verdicts",
            SocketAssessment.verdicts.compactMap { verdict in
                totals.verdicts[verdict].map { (name: verdict.rawValue, value: $0) }
            })
        member("processes")
        appendArray(totals.worstProcesses.prefix(most)) { text, entry in
            text.append("{\"sockets\":")
            text.append(entry.value.sockets)
            if let number = entry.key.number { text.member("pid", UInt64(number.magnitude)) }
            if let name = entry.key.name { text.member("process", name) }
            text.membersAfterSockets(entry.value)
            text.append("}")
        }
        member("services")
        appendArray(totals.worstServices.prefix(most)) { text, entry in
            text.append("{\"sockets\":")
            text.append(entry.value.sockets)
            switch entry.key {
            case .remote(let end): text.members("remote_", end)
            case .local(let port): text.member("local_port", UInt64(port))
            case .port(let port): text.member("remote_port", UInt64(port))
            }
            text.membersAfterSockets(entry.value)
            text.append("}")
        }
        endRecord()
    }

    private mutating func members(_ counts: AuditTotals.Counts) {
        member("sockets", counts.sockets)
        membersAfterSockets(counts)
    }

    private mutating func membersAfterSockets(_ counts: AuditTotals.Counts) {
        member("off", counts.off)
        member("notices", counts.notices)
        member("warnings", counts.warnings)
    }
}

/// The rows of the audit as a table with a header (CSV, TSV).
package struct SocketTable {
    private var row: TableRow

    /// A table in `syntax`.
    package init(_ syntax: TableSyntax) {
        row = TableRow(columns: AuditedSocket.columns, syntax)
    }

    /// Appends the names of the columns to `text`.
    package mutating func appendHeader(to text: inout TextBuffer) {
        row.writeHeader()
        text.append(row.text)
    }

    /// Appends the line of `socket` at `time` (ns since 1970) to `text`.
    package mutating func append(_ socket: AuditedSocket, at time: Int64, to text: inout TextBuffer) {
        socket.write(to: &row, at: time)
        text.append(row.text)
    }
}
