import KeepAlive
import Sockets
import Wire

/// Findings in JSON, as `tcpalive.schema.json` describes them.
extension TextBuffer {
    /// Appends a `tcpalive.finding/2`: `finding`, which became known at `time` (ns since 1970), with frames in `files`, and
    /// the processes of `sockets`.
    mutating func appendRecord(
        _ finding: Finding, in diagnosis: Diagnosis, at time: Int64, files: SourceFiles,
        sockets: LocalSockets = LocalSockets()
    ) {
        beginRecord("tcpalive.finding/2")
        member("ts_ns", nanoseconds: time)
        member("ts", timestamp: time)
        member("connection", diagnosis.connection.number)
        if files.hasStreamNumbers { member("tcp_stream", diagnosis.connection.number) }
        member("ip_version", diagnosis.connection.originator.address.version == .v6 ? 6 : 4)
        members("originator_", diagnosis.connection.originator)
        members("responder_", diagnosis.connection.responder)
        for (prefix, end) in [("originator_", Connection.End.originator), ("responder_", .responder)] {
            guard let socket = sockets[diagnosis, end]?.socket, let process = socket.process else { continue }
            member(prefix + "pid", UInt64(process.magnitude))
            if let program = socket.program { member(prefix + "process", program) }
        }
        member("name", finding.verdict.rawValue)
        members(finding, in: diagnosis, files: files)
        endRecord()
    }

    /// Appends the members of `finding` after its name.
    mutating func members(_ finding: Finding, in diagnosis: Diagnosis, files: SourceFiles) {
        member("severity", finding.severity.rawValue)
        member("confidence", finding.confidence.rawValue)
        if let end = finding.end { member("end", end.name) }
        members(sentencesOf: finding, diagnosis)
        member("frames")
        appendArray(finding.frames.all) { text, frame in
            text.append("{")
            if let file = files.name(of: frame) {
                text.append("\"file\":")
                text.append(json: file)
                text.append(",")
            }
            text.append("\"frame\":")
            text.append(frame.frame)
            text.append("}")
        }
        let details = finding.details
        if let alternative = details.alternative { member("alternative", alternative.name) }
        if let idle = details.idle { member("idle_ns", nanoseconds: idle) }
        if let duration = details.duration { member("duration_ns", nanoseconds: duration) }
        if let count = details.count { member("count", count) }
        if let distances = details.distances {
            member("ttl", UInt64(distances.foreign))
            member("ttl_own", UInt64(distances.own))
        }
        member("filter", diagnosis.connection.wiresharkFilter(in: files))
    }
}

extension Finding.Alternative {
    /// The name in records.
    var name: String {
        switch self {
        case .oneDirection: "one_direction"
        case .incompleteCapture: "incomplete_capture"
        case .peerDied: "peer_died"
        case .peerRestarted: "peer_restarted"
        case .pathForgot: "path_forgot"
        case .routeChange: "route_change"
        case .applicationAbort: "application_abort"
        case .countOfOne: "count_of_one"
        case .slowProtocol: "slow_protocol"
        case .timeWait: "time_wait"
        case .sharedAddress: "shared_address"
        case .beganMidway: "began_midway"
        case .evicted: "evicted"
        case .missingPackets: "missing_packets"
        case .otherFailure: "other_failure"
        case .pathDevice: "path_device"
        }
    }
}
