import KeepAlive
import Wire

/// The records, as `tcpalive.schema.json` describes them. Unknown members are absent.
///
/// Tables have the same members as columns, in the same order (`TableRecords.columns`).
extension RecordWriter {
    /// Writes a `tcpalive.event/2`. `hasStreamNumbers`: the numbers of connections are Wireshark's.
    mutating func appendRecord(
        _ event: SegmentEvent, frame: UInt64, file: String, interface: String? = nil, hasStreamNumbers: Bool
    ) {
        let segment = event.segment
        beginRecord("tcpalive.event/2")
        member("file", file)
        member("frame", frame)
        if let interface { member("interface", interface) }
        member("ts_ns", nanoseconds: segment.time)
        member("ts", timestamp: segment.time)
        member("ip_version", segment.source.address.version == .v6 ? 6 : 4)
        members("src_", segment.source)
        members("dst_", segment.destination)
        member("seq", UInt64(segment.sequence.rawValue))
        if let sequence = event.relativeSequence { member("seq_rel", UInt64(sequence)) }
        if segment.flags.contains(.ack) { member("ack", UInt64(segment.acknowledgment.rawValue)) }
        if let acknowledgment = event.relativeAcknowledgment { member("ack_rel", UInt64(acknowledgment)) }
        // An ICMP error may quote only the ports and the sequence number.
        if segment.error == nil { member("len", UInt64(segment.payloadLength)) }
        if segment.role != .quotedShort {
            member("win", UInt64(segment.window))
            member("flags", word: { $0.append(letters: segment.flags) })
        }
        member("marks", event.marks)
        member("kind", event.kind.name)
        if event.isCopy { member("copy", true) }
        member("connection", event.connection)
        if hasStreamNumbers { member("tcp_stream", event.connection) }
        if event.trainNumber > 0 { member("train_n", UInt64(event.trainNumber)) }
        if let wait = event.wait {
            member("gap_ns", nanoseconds: wait.gap)
            member("gap_since", wait.since.name)
        }
        if event.wait != nil || [.peerReset, .pathReset, .icmpError].contains(event.kind) {
            member("unanswered", UInt64(event.unanswered))
        }
        if event.ordinal > 0 { member("probe_n", event.ordinal) }
        if let error = segment.error { members(icmpType: error.type, code: error.code, from: error.router) }
        if let reply = event.reply { member("reply_ns", nanoseconds: reply) }
        let evidence = event.evidence
        if !evidence.isEmpty { member("evidence", evidence) }
        endRecord()
    }

    /// Writes a `tcpalive.connection/2` with frames in `files`, and what is known about the `sockets` of its ends.
    mutating func appendRecord(_ diagnosis: Diagnosis, files: SourceFiles, sockets: LocalSockets = LocalSockets()) {
        let connection = diagnosis.connection
        beginRecord("tcpalive.connection/2")
        member("connection", connection.number)
        if files.hasStreamNumbers { member("tcp_stream", connection.number) }
        member("ip_version", connection.originator.address.version == .v6 ? 6 : 4)
        members("originator_", connection.originator)
        members("responder_", connection.responder)
        member("handshake_seen", connection.handshakeSeen)
        member("first_ts_ns", nanoseconds: connection.firstTime)
        member("first_ts", timestamp: connection.firstTime)
        member("last_ts_ns", nanoseconds: connection.lastTime)
        member("last_ts", timestamp: connection.lastTime)
        member("ended", connection.ending.name)
        members("originator_", connection.fromOriginator, diagnosis.originatorPolicy)
        if let entry = sockets[diagnosis, .originator] { members("originator_", entry.socket) }
        members("responder_", connection.fromResponder, diagnosis.responderPolicy)
        if let entry = sockets[diagnosis, .responder] { members("responder_", entry.socket) }
        let silence = connection.idleness
        if silence.longest > 0 { member("longest_idle_ns", nanoseconds: silence.longest) }
        if silence.longestSurvived > 0 { member("longest_survived_ns", nanoseconds: silence.longestSurvived) }
        if silence.shortestFailed > 0 { member("shortest_failed_ns", nanoseconds: silence.shortestFailed) }
        if let idle = connection.closedIdle { member("closed_idle_ns", nanoseconds: idle) }
        member("verdict", diagnosis.verdict.rawValue)
        member("severity", diagnosis.severity.rawValue)
        member("confidence", diagnosis.confidence.rawValue)
        if let end = diagnosis.end { member("verdict_end", end.name) }
        members(sentencesOf: diagnosis.primary, diagnosis)
        let findings = diagnosis.findings
        member("findings", count: findings.count) { text, index in
            text.append("{")
            text.append("\"name\":")
            text.append(json: findings[index].verdict.rawValue)
            text.members(findings[index], in: diagnosis, files: files)
            text.append("}")
        }
        endRecord()
    }

    /// Writes a `tcpalive.summary/2`.
    mutating func appendRecord(_ summary: Summary) {
        beginRecord("tcpalive.summary/2")
        member("wireshark", summary.version.name)
        member("files", summary.files)
        member("packets", summary.tally.packets)
        member("bytes", summary.tally.bytes)
        member("segments", summary.tally.segments)
        member("icmp_errors", summary.tally.icmpErrors)
        if summary.tally.cutHeaders > 0 {
            member("cut_headers", summary.tally.cutHeaders)
            member("cut_headers_need", UInt64(summary.tally.cutHeadersNeed))
        }
        member("connections", summary.counts.connections)
        member("marks", zip(Marks.named, summary.counts.marks).map { ($0.name, $1) })
        member("kinds", zip(SegmentKind.allCases, summary.counts.kinds).map { ($0.name, $1) })
        member("copies", summary.counts.copies)
        member("out_of_order", summary.tally.outOfOrder)
        member("undecodable", Layer.allCases.map { ($0.name, summary.tally.failures(at: $0)) })
        member("unknown_link_type", summary.tally.unknownLinkType)
        if let first = summary.tally.firstUnknownLinkType {
            member("first_unknown_link_type", UInt64(first.rawValue))
        }
        if summary.isLight { member("light", true) }
        if let dropped = summary.dropped { member("dropped", dropped) }
        member("evicted_datagrams", summary.tally.evictedDatagrams)
        member("evicted_connections", summary.counts.evicted)
        if summary.counts.evicted > 0 {
            member(
                "evicted_by_class",
                zip(EvictionClass.allCases, summary.counts.evictedByClass).map { ($0.name, $1) })
        }
        member("damaged", count: summary.damaged.count) { text, index in
            let (file, damage) = summary.damaged[index]
            text.append("{\"file\":")
            text.append(json: file)
            text.member("offset", damage.offset)
            text.member("sentence", damage.sentence)
            text.append("}")
        }
        endRecord()
    }

    private mutating func members(_ prefix: String, _ side: ConnectionSide, _ policy: InferredPolicy) {
        member(prefix + "probes", side.probes)
        member(prefix + "answered", side.answered)
        member(prefix + "unanswered", side.probes &- side.answered)
        member(prefix + "answers", side.answers)
        member(prefix + "zero_window_probes", side.zeroWindowProbes)
        member(prefix + "retransmissions", side.retransmissions)
        if side.middleboxProbes > 0 { member(prefix + "middlebox_probes", side.middleboxProbes) }
        if let first = side.firstProbe { member(prefix + "first_probe_ts_ns", nanoseconds: first) }
        if let last = side.lastProbe { member(prefix + "last_probe_ts_ns", nanoseconds: last) }
        if let time = side.gaveUp { member(prefix + "gave_up_ts_ns", nanoseconds: time) }
        for (name, range) in [("idle", policy.idle), ("interval", policy.interval), ("period", policy.period)] {
            guard let range else { continue }
            member("\(prefix)\(name)_min_s", UInt64(range.lowerBound))
            member("\(prefix)\(name)_max_s", UInt64(range.upperBound))
        }
        if let count = policy.count {
            member(prefix + "count_min", count)
            member(prefix + "count_max", count)
        }
        if let timeout = policy.userTimeout {
            member(prefix + "user_timeout_above_s", seconds: timeout.lowerBound)
            member(prefix + "user_timeout_max_s", seconds: timeout.upperBound)
        }
        if policy.isTicking { member(prefix + "tick_rates", policy.tickRates) }
        let stacks = Stack.consistent(with: side, policy)
        if !stacks.isEmpty { member(prefix + "consistent_with", stacks.map(\.rawValue)) }
    }

    /// Writes a `tcpalive.path/2`.
    mutating func appendRecord(_ path: PathTimeout) {
        beginRecord("tcpalive.path/2")
        member("first_network", network(path.networks.first))
        member("second_network", network(path.networks.second))
        member("connections", UInt64(path.connections))
        if path.longestSurvived > 0 { member("longest_survived_ns", nanoseconds: path.longestSurvived) }
        if path.shortestFailed > 0 { member("shortest_failed_ns", nanoseconds: path.shortestFailed) }
        if let idle = path.safeIdle { member("safe_idle_s", UInt64(idle)) }
        let text = PathText(path)
        if text.isConflicting { member("conflict", true) }
        if !text.isEmpty { member("sentence", text.sentences) }
        let candidates = text.candidates
        if !candidates.isEmpty { member("candidates", candidates.map { "\($0.seconds) s: \($0.name)" }) }
        endRecord()
    }

    /// Writes the members `sentence` and, unless it is empty, `advice`.
    mutating func members(sentencesOf finding: Finding, _ diagnosis: Diagnosis) {
        member("sentence", finding.sentence(in: diagnosis))
        let advice = finding.advice(in: diagnosis)
        if !advice.isEmpty { member("advice", advice) }
    }
}

extension TextBuffer {
    /// Appends a letter for each flag that is set, lowest bit first: F S R P A U E C, and N for accurate ECN.
    fileprivate mutating func append(letters flags: TCPFlags) {
        for (bit, letter) in "FSRPAUECN".utf8.enumerated() where flags.rawValue >> UInt16(bit) & 1 == 1 {
            append(byte: letter)
        }
    }
}

extension Connection.Ending {
    /// The name in records.
    var name: String {
        switch self {
        case .open: "open"
        case .closedByOriginator: "closed_by_originator"
        case .closedByResponder: "closed_by_responder"
        case .closed: "closed"
        case .resetByOriginator: "reset_by_originator"
        case .resetByResponder: "reset_by_responder"
        }
    }
}

extension Wait.Since {
    /// The name in records.
    fileprivate var name: String {
        switch self {
        case .segment: "segment"
        case .unansweredProbe: "unanswered_probe"
        case .answeredProbe: "answered_probe"
        }
    }
}

/// The network that begins with `address`, with its prefix length.
func network(_ address: IPAddress) -> String {
    "\(address)" + (address.version == .v4 ? "/24" : "/64")
}
