/// What is known about a connection when it ends, or when its owner closes it. Nil and 0 stand for unknown or none.
public struct EndContext: Sendable, Equatable {
    /// The options read back from the socket.
    public var options: KeepAliveOptions
    /// Since the peer was last heard.
    public var silence: Duration?
    /// Since data was last sent or received, or else since the connection began.
    public var idle: Duration?
    /// How long the connection was idle before the data that was last sent or received.
    public var idleBeforeData: Duration?
    /// Bytes that were sent and not acknowledged.
    public var unacknowledgedBytes: UInt64?
    /// Probes, keep-alive or window, that were sent since the peer last answered.
    public var unansweredProbes: Int?
    /// Keep-alive probes that the peer answered.
    public var answeredProbes = 0
    /// Of those, the ones since data was last sent or received.
    public var answeredSinceData = 0
    /// Whether more may have been answered.
    public var mayMissAnswers = false
    /// How long the peer's window has been closed; nil: it is open.
    public var windowClosed: Duration?
    /// Window probes since it closed.
    public var windowProbes = 0
    /// Whether there may have been more.
    public var mayMissWindowProbes = false
    /// ICMP errors about the connection.
    public var reports = ICMPReports()
    /// ICMP errors that the kernel ignored meanwhile, about any connection of the network namespace; 0 if this process
    /// receives ICMP errors itself and so knows which are about this connection.
    public var ignoredICMPErrors = 0

    /// What is known of a connection with `options` of which nothing else is known.
    public init(options: KeepAliveOptions) {
        self.options = options
    }

    /// From this idle time on an end is called an idle timeout, as `tcpalive analyze` does.
    static let idleThreshold = Duration.seconds(30)

    /// How long the connection was idle in the end, if that is long enough for an idle timeout.
    var longIdle: Duration? { idle.flatMap { $0 >= Self.idleThreshold ? $0 : nil } }

    /// As in `no data for 75.0 s, only 3 answered probes`.
    func idleClause(_ idle: Duration) -> String {
        let probes = answeredSinceData == 0 ? "" : ", only \(probesText(answeredSinceData))"
        return "no data for \(idle.preciseSecondsText)\(probes)"
    }

    private func probesText(_ count: Int) -> String {
        "\(mayMissAnswers ? "at least " : "")\(count) answered probe\(count == 1 ? "" : "s")"
    }

    /// As in ` The peer was last heard 5.0 s ago.`, or empty.
    var heardText: String { silence.map { " The peer was last heard \($0.preciseSecondsText) ago." } ?? "" }

    /// The sentences about ICMP errors, each after a space.
    var reportText: String { reports.sentences.map { " \($0)" }.joined() }

    /// A sentence about ICMP errors that may concern unanswered probes, after a space; or empty.
    var ignoredText: String {
        guard reports.isEmpty, ignoredICMPErrors > 0 else { return "" }
        return " The kernel ignored \(ignoredICMPErrors) ICMP error\(ignoredICMPErrors == 1 ? "" : "s") meanwhile "
            + "(OutOfWindowIcmps, all connections of this network namespace). They may explain it; with the capability "
            + "cap_net_raw their text is shown here."
    }

    /// A sentence about a closed window; nil if it is open.
    var windowText: String? {
        guard let windowClosed else { return nil }
        let probes =
            "\(mayMissWindowProbes ? "at least " : "")\(windowProbes) window probe\(windowProbes == 1 ? "" : "s")"
        let duration = "window closed for \(windowClosed.secondsText), \(probes)"
        // One may be on its way.
        guard let unansweredProbes, unansweredProbes < 2 else {
            return "The peer's \(duration)\(unansweredProbes.map { ", the last \($0) unanswered" } ?? "")."
        }
        return "The peer is alive but does not read: \(duration)."
    }

    /// A sentence on the state of a connection that its owner closes, after a space; empty if there is nothing to say.
    public var stateText: String {
        if let windowText { return " \(windowText)" + reportText }
        if let unacknowledgedBytes, unacknowledgedBytes > 0 {
            return " \(Self.bytesText(unacknowledgedBytes)) sent and not acknowledged." + heardText + reportText
        }
        if let unansweredProbes, unansweredProbes > 0 {
            let probes = "\(unansweredProbes) probe\(unansweredProbes == 1 ? "" : "s")"
            return " \(probes) unanswered." + heardText + reportText + ignoredText
        }
        guard answeredProbes > 0 else { return reportText }
        let count = "\(mayMissAnswers ? "at least " : "")\(answeredProbes) probe\(answeredProbes == 1 ? "" : "s")"
        return " The peer answered \(count)." + reportText
    }

    /// As in `6 bytes`.
    static func bytesText(_ count: UInt64) -> String { "\(count) byte\(count == 1 ? "" : "s")" }
}
