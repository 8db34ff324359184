import KeepAlive
package import Sockets
import Wire

extension InspectedSocket {
    /// The process: `nginx[812]`; nil: it is not known.
    package var processText: String? {
        process.map { number in
            TextBuffer.string {
                $0.append(printable: program ?? "")
                $0.append("[\(number)]")
            }
        }
    }

    /// The settings, as the audit writes them.
    package var settingsText: String {
        options?.settingsText ?? reading.settingsText(isOn: isOn)
    }

    /// Process and settings: `nginx[812], keep-alive 60/15/4`.
    package var text: String {
        [processText, settingsText == "?" ? nil : "keep-alive \(settingsText)"].compactMap(\.self)
            .joined(separator: ", ")
    }
}

extension TextBuffer {
    /// Appends the line on `entry`, the socket at `end`, which has become known or has other options.
    mutating func append(
        lineOf entry: LocalSockets.Entry, at end: LocalSockets.End, isNew: Bool, _ style: TextStyle
    ) {
        let start = count
        // Below the addresses of events.
        pad(to: 9, from: start)
        append("socket at ")
        style.append(end.endpoint, to: &self)
        append(": \(entry.socket.text)")
        if !isNew, let before = entry.before, before != entry.socket.options {
            append(", before \(before.settingsText)")
        }
        wrap(from: start, to: style.width, indent: 9)
        append("\n")
    }

    /// Appends a line of a block of findings for each end of the connection of `diagnosis` whose socket is known.
    mutating func append(socketsOf diagnosis: Diagnosis, _ sockets: LocalSockets, _ style: TextStyle) {
        for end in Connection.End.allCases {
            guard let entry = sockets[diagnosis, end], !entry.socket.text.isEmpty else { continue }
            append("   Socket at ")
            style.append(
                end == .originator ? diagnosis.connection.originator : diagnosis.connection.responder, to: &self)
            append(": \(entry.socket.text)\n")
        }
    }
}

extension RecordWriter {
    /// Writes the members of a socket of this host, each with `prefix`.
    mutating func members(_ prefix: String, _ socket: InspectedSocket) {
        if let process = socket.process { member(prefix + "pid", UInt64(process.magnitude)) }
        if let program = socket.program { member(prefix + "process", program) }
        if let isOn = socket.isOn { member(prefix + "keepalive", isOn) }
        let (options, reading) = (socket.options, socket.reading)
        if let timeout = options?.userTimeout, timeout > 0 {
            member(prefix + "user_timeout_s", seconds: Int64(timeout) * 1_000_000)
        }
        guard socket.isOn != false else { return }
        if let idle = options?.idle ?? reading.idle { member(prefix + "idle_s", UInt64(idle)) }
        if let interval = options?.interval ?? reading.interval { member(prefix + "interval_s", UInt64(interval)) }
        if let either = reading.idleOrInterval { member(prefix + "idle_or_interval_s", UInt64(either)) }
        if let count = options?.count { member(prefix + "count", UInt64(count)) }
        if socket.isOn == true {
            member(prefix + "settings_from", word: { $0.append(options == nil ? "timer" : "socket") })
        }
    }
}
