package import Sockets

extension TextBuffer {
    /// Appends a `tcpalive.path_timeout/1`: what `search` shows about the path to `address`, with the largest idle setting (s)
    /// that is safe, if one is known.
    package mutating func appendRecord(_ search: PathSearch, safeIdle: Int64?, for address: SocketAddress) {
        beginRecord("tcpalive.path_timeout/1")
        member("address", address.address)
        member("port", UInt64(address.port))
        member("complete", search.isComplete)
        if search.longestSurvived > .zero {
            member("survived_ns", nanoseconds: search.longestSurvived.wholeNanoseconds)
        }
        if let ended = search.shortestEnded { member("ended_ns", nanoseconds: ended.wholeNanoseconds) }
        if let ending = search.ending { member("ending", ending.rawValue) }
        member("inconsistent", search.isInconsistent)
        if let activity = search.activity {
            member("peer_sends", activity.kind.rawValue)
            member("peer_sends_every_ns", nanoseconds: activity.interval.wholeNanoseconds)
        }
        if let limit = search.connectionLimit { member("connection_limit", UInt64(limit)) }
        if let safeIdle { member("safe_idle_s", UInt64(safeIdle)) }
        append("}")
    }
}
