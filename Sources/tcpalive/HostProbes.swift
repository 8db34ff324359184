import Capture
import KeepAlive
import Wire

/// The probes that were seen on the wire by their senders, to be held against what this host's kernel counts.
struct HostProbes {
    /// How many of each kind.
    struct Counts {
        var probes: UInt64 = 0
        var windowProbes: UInt64 = 0
    }

    private var addresses = HostAddresses()
    /// By address, as only later it may be known that one is this host's.
    private var counts: [IPAddress: Counts] = [:]

    /// Counts the probes in `events`, without copies.
    mutating func note(_ events: [SegmentEvent]) {
        for event in events where !event.isCopy {
            switch event.kind {
            case .probe: counts[event.segment.source.address, default: Counts()].probes += 1
            case .zeroWindowProbe: counts[event.segment.source.address, default: Counts()].windowProbes += 1
            default: break
            }
        }
    }

    /// How many of them this host sent.
    mutating func ofThisHost() -> Counts {
        addresses.update()
        return counts.reduce(into: Counts()) { sum, entry in
            guard addresses.contains(entry.key) else { return }
            sum.probes += entry.value.probes
            sum.windowProbes += entry.value.windowProbes
        }
    }
}
