public import Wire

/// When hosts that fell silent in one connection were heard in others: a host that is heard *while* it does not answer here
/// is alive.
public struct HostActivity: Sendable {
    /// What is known of one host.
    private struct Activity: Sendable {
        /// Times at which it was heard (ns since 1970).
        var times: [Int64] = []
        /// Connections in which it was heard all the time, but for pauses of a certain length.
        var spans: [Span] = []

        mutating func note(_ time: Int64, _ start: Int64, _ longestPause: Int64?) {
            if times.count < HostActivity.limit { times.append(time) }
            guard let longestPause, spans.count < HostActivity.spanLimit else { return }
            spans.append(Span(start: start, end: time, longestPause: longestPause))
        }
    }

    private struct Span: Sendable {
        var start: Int64
        var end: Int64
        var longestPause: Int64
    }

    /// Times and spans that are kept of one host, at most.
    private static let limit = 4096
    private static let spanLimit = 64

    private var hosts: [IPAddress: Activity] = [:]
    /// Of some hosts, whether they are awaited: most that is heard is not, and needs no look at `hosts` then.
    private var recent = [IPAddress](repeating: IPAddress(v4: 0), count: 256)

    /// No hosts.
    public init() {}

    /// Whether nobody is awaited.
    public var isEmpty: Bool { hosts.isEmpty }

    /// From now on `host` is awaited.
    public mutating func await(_ host: IPAddress) {
        guard hosts[host] == nil else { return }
        hosts[host] = Activity()
        recent[Self.index(of: host)] = IPAddress(v4: 0)
    }

    /// Awaits the hosts of `other` too.
    public mutating func awaitAll(of other: HostActivity) {
        for host in other.hosts.keys { self.await(host) }
    }

    /// Notes that `host`, if it is awaited, was heard at `time` (ns since 1970), in a connection that began at `start` and
    /// in which nothing passed for at most `longestPause` nanoseconds; nil: for how long is not known.
    mutating func note(_ host: IPAddress, at time: Int64, since start: Int64, longestPause: Int64?) {
        let index = Self.index(of: host)
        if recent[index] == host { return }
        guard hosts[host] != nil else {
            recent[index] = host
            return
        }
        hosts[host]?.note(time, start, longestPause)
    }

    /// Brings the times in order, once all are noted.
    mutating func sort() {
        for index in hosts.values.indices { hosts.values[index].times.sort() }
    }

    /// Whether `host` was heard in any connection after `start` and until `end` (ns since 1970).
    func wasHeard(_ host: IPAddress, after start: Int64, until end: Int64) -> Bool {
        guard end > start, let activity = hosts[host] else { return false }
        // The first time after `start`.
        var (low, high) = (0, activity.times.count)
        while low < high {
            let middle = (low + high) / 2
            if activity.times[middle] > start { high = middle } else { low = middle + 1 }
        }
        if low < activity.times.count, activity.times[low] <= end { return true }
        // A connection that went on throughout, with pauses much shorter than this time.
        return activity.spans.contains { $0.start < start && $0.end > end && $0.longestPause < (end &- start) / 2 }
    }

    private static func index(of host: IPAddress) -> Int {
        Int(truncatingIfNeeded: ((host.low ^ host.high) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
