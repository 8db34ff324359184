import KeepAlive
import Wire

extension TableRecords {
    /// The names of the columns: those of the members of the JSON record, in the order in which it is written.
    ///
    /// A list of objects is a column with their number. An object with counts is a column for each of them.
    var columns: [String] {
        switch self {
        case .events: Self.eventColumns
        case .connections: Self.connectionColumns
        case .paths: Self.pathColumns
        case .summary: Self.summaryColumns
        }
    }

    private static let eventColumns = [
        "file", "frame", "interface", "ts_ns", "ts", "ip_version", "src_ip", "src_port", "dst_ip", "dst_port", "seq",
        "seq_rel", "ack", "ack_rel", "len", "win", "flags", "marks", "kind", "copy", "connection", "tcp_stream",
        "train_n", "gap_ns", "gap_since", "unanswered", "probe_n", "icmp_type", "icmp_code", "icmp_text", "router_ip",
        "reply_ns", "evidence",
    ]

    private static let connectionColumns =
        [
            "connection", "tcp_stream", "ip_version", "originator_ip", "originator_port", "responder_ip",
            "responder_port", "handshake_seen", "first_ts_ns", "first_ts", "last_ts_ns", "last_ts", "ended",
        ]
        + ["originator_", "responder_"].flatMap { prefix in endColumns.map { prefix + $0 } }
        + [
            "longest_idle_ns", "longest_survived_ns", "shortest_failed_ns", "closed_idle_ns", "verdict", "severity",
            "confidence", "verdict_end", "sentence", "advice", "findings",
        ]

    /// The columns of each end of a connection, without prefix.
    private static let endColumns = [
        "probes", "answered", "unanswered", "answers", "zero_window_probes", "retransmissions", "middlebox_probes",
        "first_probe_ts_ns", "last_probe_ts_ns", "gave_up_ts_ns", "idle_min_s", "idle_max_s", "interval_min_s",
        "interval_max_s", "period_min_s", "period_max_s", "count_min", "count_max", "user_timeout_above_s",
        "user_timeout_max_s", "tick_rates", "consistent_with", "pid", "process", "keepalive", "idle_s", "interval_s",
        "idle_or_interval_s", "count", "user_timeout_s", "settings_from",
    ]

    private static let pathColumns = [
        "first_network", "second_network", "connections", "longest_survived_ns", "shortest_failed_ns", "safe_idle_s",
        "conflict", "sentence", "candidates",
    ]

    private static let summaryColumns =
        [
            "wireshark", "files", "packets", "bytes", "segments", "icmp_errors", "cut_headers", "cut_headers_need",
            "connections",
        ]
        + Marks.named.map { "marks_" + $0.name } + SegmentKind.allCases.map { "kinds_" + $0.name }
        + ["copies", "out_of_order"] + Layer.allCases.map { "undecodable_" + $0.name }
        + [
            "unknown_link_type", "first_unknown_link_type", "light", "dropped", "evicted_datagrams",
            "evicted_connections", "damaged",
        ]
}
