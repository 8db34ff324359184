package import Wire

/// When hosts that stopped answering in one connection were heard in others: a host that is heard *while* it does not
/// answer here is alive.
package struct HostActivity: Sendable {
    private struct Activity: Sendable {
        /// Times at which the host was heard (ns since 1970).
        var times: [Int64] = []
        /// Connections in which the host was heard regularly.
        var spans: [Span] = []

        mutating func record(_ time: Int64, _ start: Int64, _ longestPause: Int64?) {
            if times.count < HostActivity.limit { times.append(time) }
            guard let longestPause, spans.count < HostActivity.spanLimit else { return }
            spans.append(Span(start: start, end: time, longestPause: longestPause))
        }
    }

    /// The start and end of a connection (ns since 1970), and its longest pause (ns).
    private struct Span: Sendable {
        var start: Int64
        var end: Int64
        var longestPause: Int64
    }

    /// At most this many times and spans are kept of one host.
    private static let limit = 4096
    private static let spanLimit = 64

    private var hosts: [IPAddress: Activity] = [:]
    /// Hosts that are not watched, by hash. Most records are of such hosts, and need no lookup in `hosts` then.
    private var unwatched = [IPAddress](repeating: IPAddress(v4: 0), count: 256)

    /// How many more hosts are watched, and times and spans kept.
    private var hostsLeft: Int
    private var timesLeft: Int

    /// No hosts, and room for those that fit into `memory` bytes.
    package init(memory: Int = 32 << 20) {
        hostsLeft = memory / 512
        timesLeft = memory / 64
    }

    /// Whether no host is watched.
    package var isEmpty: Bool { hosts.isEmpty }

    /// Keeps what is recorded about `host` from now on.
    package mutating func watch(_ host: IPAddress) {
        guard hostsLeft > 0, hosts[host] == nil else { return }
        hostsLeft -= 1
        hosts[host] = Activity()
        unwatched[Self.index(of: host)] = IPAddress(v4: 0)
    }

    /// Records that `host` was heard at `time`, in a connection that began at `start` (ns since 1970) and paused for at
    /// most `longestPause` nanoseconds; nil: its pauses are not known. Ignored if `host` is not watched.
    mutating func record(_ host: IPAddress, at time: Int64, since start: Int64, longestPause: Int64?) {
        let index = Self.index(of: host)
        if unwatched[index] == host { return }
        guard hosts[host] != nil else {
            unwatched[index] = host
            return
        }
        guard timesLeft > 0 else { return }
        timesLeft -= 1
        hosts[host]?.record(time, start, longestPause)
    }

    /// Sorts the times; `wasHeard` needs that.
    mutating func sort() {
        for index in hosts.values.indices { hosts.values[index].times.sort() }
    }

    /// Whether `host` was heard in any connection after `start` and until `end` (ns since 1970).
    func wasHeard(_ host: IPAddress, after start: Int64, until end: Int64) -> Bool {
        guard end > start, let activity = hosts[host] else { return false }
        // Binary search for the first time after `start`.
        var (low, high) = (0, activity.times.count)
        while low < high {
            let middle = (low + high) / 2
            if activity.times[middle] > start { high = middle } else { low = middle + 1 }
        }
        if low < activity.times.count, activity.times[low] <= end { return true }
        // A connection that lasted all this time, with pauses much shorter than it.
        return activity.spans.contains { $0.start < start && $0.end > end && $0.longestPause < (end &- start) / 2 }
    }

    private static func index(of host: IPAddress) -> Int {
        Int(truncatingIfNeeded: ((host.low ^ host.high) &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}
