package import Sockets
package import Wire

extension ICMPError {
    private var words: ICMPText { ICMPText(isVersion6: router.version == .v6, type: type, code: code) }

    private var routerText: String {
        var text = TextBuffer()
        text.append(router)
        return text.string
    }

    /// Meaning, type and code, as in `host unreachable (ICMP type 3 code 1)`.
    private var reason: String {
        "\(words.words) (\(router.version == .v6 ? "ICMPv6" : "ICMP") type \(type) code \(code))"
    }

    /// A clause, as in `198.51.100.1 reports: host unreachable (ICMP type 3 code 1)`.
    package var clause: String { "\(routerText) reports: \(reason)" }

    /// A sentence and the advice, as in `198.51.100.1 reported 3 times: host unreachable (ICMP type 3 code 1). Check
    /// ...`.
    fileprivate func sentence(count: Int) -> String {
        let sentence = "\(routerText) reported\(count == 1 ? "" : " \(count) times"): \(reason)."
        return words.advice.isEmpty ? sentence : "\(sentence) \(words.advice)"
    }
}

extension ICMPReports {
    /// A sentence with advice for each error, each after a space.
    var text: String { counts.map { " " + $0.error.sentence(count: $0.count) }.joined() }
}

extension ConnectAttempt {
    /// The description, and the ICMP error if there is one.
    package var text: String {
        if case .reported(_, let report) = failure { "\(self); \(report.clause)" } else { description }
    }
}

extension SocketError {
    /// The description, and the ICMP errors if there are any.
    package var text: String {
        guard case .notConnected(let attempts) = self else { return description }
        return "could not connect: " + attempts.map(\.text).joined(separator: "; ")
    }
}
