import KeepAlive
import Wire

extension Diagnosis {
    /// Address and port of `end`: `192.0.2.1:443`.
    func name(of end: End) -> String {
        endpoint(end).description
    }

    /// The address and port of `end`.
    func endpoint(_ end: End) -> Endpoint {
        end == .originator ? connection.originator : connection.responder
    }
}

extension Diagnosis.End {
    /// The name in text and records.
    var name: String { self == .originator ? "originator" : "responder" }
}

extension Finding {
    /// Whether the text report has the finding: its severity is above `ok`, or there is advice.
    func isReported(in diagnosis: Diagnosis) -> Bool {
        // Most connections have only findings of severity `ok`, so their advice is built only for these two verdicts.
        if severity > .ok { return true }
        return switch verdict {
        case .healthy: diagnosis.connection.closedIdle != nil && !advice(in: diagnosis).isEmpty
        case .idleClose: !advice(in: diagnosis).isEmpty
        default: false
        }
    }
}

extension Connection {
    /// A Wireshark display filter for this connection: by stream, or by addresses and ports if `files` have no stream
    /// numbers.
    func wiresharkFilter(in files: SourceFiles) -> String {
        if files.hasStreamNumbers { return "tcp.stream eq \(number)" }
        var text = TextBuffer()
        for (index, endpoint) in [originator, responder].enumerated() {
            if index > 0 { text.append(" and ") }
            text.append(endpoint.address.version == .v4 ? "ip.addr eq " : "ipv6.addr eq ")
            text.append(endpoint.address)
            text.append(" and tcp.port eq \(endpoint.port)")
        }
        return text.string
    }
}
