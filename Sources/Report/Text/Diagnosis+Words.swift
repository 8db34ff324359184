import KeepAlive
import Wire

extension Diagnosis {
    /// `end` as people write it: `192.0.2.1:443`.
    func name(of end: End) -> String {
        endpoint(end).words
    }

    /// The address and port of `end`.
    func endpoint(_ end: End) -> Endpoint {
        end == .originator ? connection.originator : connection.responder
    }
}

extension Diagnosis.End {
    /// Its name in records.
    var name: String { self == .originator ? "originator" : "responder" }
}

extension Endpoint {
    /// Address and port: `192.0.2.1:443`, `[2001:db8::1]:443`.
    var words: String {
        var text = TextBuffer()
        text.append(self)
        return text.string
    }
}

extension Finding {
    /// Whether reports for people mention it: something is wrong, or could be better.
    func isReported(in diagnosis: Diagnosis) -> Bool {
        // Most connections have nothing but such findings: no sentence is built to see that it is empty.
        if severity > .ok { return true }
        return switch verdict {
        case .healthy: diagnosis.connection.closedIdle != nil && !advice(in: diagnosis).isEmpty
        case .idleClose: !advice(in: diagnosis).isEmpty
        default: false
        }
    }
}

extension Connection {
    /// A display filter that shows this connection in Wireshark.
    ///
    /// If `files` have no stream numbers, it uses addresses and ports.
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
