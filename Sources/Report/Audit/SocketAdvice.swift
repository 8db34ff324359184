import KeepAlive
import Sockets
import Wire

/// What the verdicts of an assessment say about a socket that still exists, and what to do. The guide of a verdict speaks of a
/// capture, and of a connection that failed.
enum SocketAdvice {
    /// What `verdict` means; a clause. `pathTimeout`: as for the assessment.
    static func meaning(of verdict: Verdict, pathTimeout: Int?) -> String {
        switch verdict {
        case .unresponsive: "keep-alive probes are unanswered"
        case .dataInFlight: "data is retransmitted and not acknowledged; no probes are sent meanwhile"
        case .receiverStalled: "the peer's window is closed; no keep-alives are sent meanwhile"
        case .closeWait: "the peer closed a minute ago or more, and the program has not closed its socket"
        case .tooLateForPath: tooLate(pathTimeout)
        case .noKeepalive: "keep-alive is off: a dead peer is not noticed, and paths forget idle connections"
        case .userTimeout: "TCP_USER_TIMEOUT, not TCP_KEEPCNT, decides how many probes may be lost"
        case .intervalExceedsIdle: "TCP_KEEPINTVL is longer than TCP_KEEPIDLE and becomes the period of probes"
        default: verdict.guide.meaning
        }
    }

    private static func tooLate(_ pathTimeout: Int?) -> String {
        if let pathTimeout { return "the first probe comes after \(pathTimeout) s of silence or more" }
        let paths = SocketAssessment.commonPaths.map { path in
            "\(path.name.prefix { $0 != "," }) after \(path.seconds) s"
        }
        return "the first probe comes late: common paths forget, \(paths.joined(separator: ", "))"
    }

    /// What to do about `verdict` on the socket of `row`; a sentence.
    static func remedy(of verdict: Verdict, on row: AuditedSocket) -> String {
        switch verdict {
        case .unresponsive: "Look at the peer and the path: after the last probe the kernel ends the connection."
        case .dataInFlight: "TCP_USER_TIMEOUT limits how long data may stay unacknowledged."
        case .receiverStalled: "The program at the other end does not read: look there."
        case .closeWait: "The program has to close the socket."
        case .tooLateForPath, .noKeepalive, .intervalExceedsIdle: "Now: \(tune(row)), and in the program for good."
        case .userTimeout: "Set TCP_USER_TIMEOUT to TCP_KEEPIDLE plus TCP_KEEPINTVL times TCP_KEEPCNT, or to 0."
        default: verdict.guide.remedy
        }
    }

    /// The command that changes the socket of `row`.
    private static func tune(_ row: AuditedSocket) -> String {
        let socket = row.owner.map { "--pid \($0.process) --fd \($0.descriptor)" } ?? "--port \(row.socket.local.port)"
        return "tcpalive tune \(socket) --idle 60 --interval 15 --count 4"
    }
}
