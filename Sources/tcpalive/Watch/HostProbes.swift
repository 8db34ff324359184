import Capture
import KeepAlive
import Wire

/// The captured probes by sender, to compare those of this host with the counters of its kernel.
struct HostProbes {
    /// The number of probes of each kind.
    struct Counts {
        var probes: UInt64 = 0
        var windowProbes: UInt64 = 0
    }

    /// The addresses of this host.
    var addresses = HostAddresses()
    /// By address, because an address may become one of this host's later.
    private var counts: [IPAddress: Counts] = [:]

    /// Sockets through which it asks for the addresses of this host.
    var sockets: [Int32] { [addresses.socket].compactMap(\.self) }

    /// Counts the probes in `events`, without duplicates.
    mutating func count(_ events: [SegmentEvent]) {
        for event in events where !event.isCopy {
            // No host has so many addresses: a flood with forged ones does not take more memory.
            if counts.count >= 65_536, counts[event.segment.source.address] == nil { continue }
            switch event.kind {
            case .probe: counts[event.segment.source.address, default: Counts()].probes += 1
            case .zeroWindowProbe: counts[event.segment.source.address, default: Counts()].windowProbes += 1
            default: break
            }
        }
    }

    /// The number of probes that this host sent.
    mutating func ofThisHost() -> Counts {
        addresses.update()
        return counts.reduce(into: Counts()) { sum, entry in
            guard addresses.contains(entry.key) else { return }
            sum.probes += entry.value.probes
            sum.windowProbes += entry.value.windowProbes
        }
    }
}
