public import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A capture of packets as they pass, on one interface or several. Closed when the value ends.
public struct LiveCapture: ~Copyable {
    /// How to capture.
    public typealias Settings = LiveSettings
    /// What the kernel counted.
    public typealias Counters = LiveCounters

    /// What happened to an interface meanwhile.
    public enum Notice: Sendable, Equatable {
        /// The interface went down; it may come up again.
        case down(String)
        /// Packets pass again.
        case up(String)
        /// The interface is gone, with the reason in libpcap's words.
        case gone(String)
    }

    /// A filter that passes the ICMP and ICMPv6 errors that quote a packet.
    public static let errorFilter = LightFilter.errors

    private var interfaces: [LiveInterface]
    private let timeout: Int
    private var nextFrame: UInt64 = 1
    /// How the packets of several interfaces become one row.
    private var order: PacketOrder
    /// There since nothing more is let in.
    private var end: End?

    /// What happened since this was last emptied.
    public var notices: [Notice] = []
    /// Whether an interface is gone: what the others would show is no longer the whole.
    public private(set) var isOver = false

    /// What is still to be read when nothing more shall be let in.
    private struct End {
        /// More packets than these are not waited for.
        var limit: UInt64
        /// Since when each look found no packet.
        var emptySince: ContinuousClock.Instant?
        /// Whether looks found none for longer than the kernel keeps packets back.
        var isEmpty = false
    }

    /// Captures on the interfaces `names` (`any`: on all). Throws why that cannot be done, and what would help.
    public init(on names: [String], _ settings: Settings = Settings()) throws(CaptureError) {
        var interfaces: [LiveInterface] = []
        for name in names { interfaces.append(try LiveInterface(name, settings)) }
        self.interfaces = interfaces
        timeout = max(1, settings.timeout)
        // The kernel's timer may be a little late.
        let delay = settings.isImmediate ? 0 : Int64(timeout + 10) * 1_000_000
        order = PacketOrder(of: interfaces.count, delay: delay)
    }

    /// The interfaces in order, as a file would describe them; packets carry their index.
    public func described(snaplen: Int) -> [CaptureInterface] {
        interfaces.map {
            CaptureInterface(
                linkType: $0.linkType, snaplen: UInt32(clamping: snaplen), checkSequenceLength: 0, name: $0.name)
        }
    }

    /// What poll(2) can wait for, beside other things: readable when packets have come.
    public var descriptors: [Int32] { interfaces.map(\.descriptor) }

    /// Packets handed over so far.
    public var captured: UInt64 { interfaces.reduce(0) { $0 &+ $1.captured } }

    /// What the kernel has counted so far, over all interfaces.
    public var counters: Counters {
        interfaces.reduce(into: Counters()) { sum, interface in
            let counters = interface.counters
            sum.received &+= counters.received
            sum.droppedByKernel &+= counters.droppedByKernel
            sum.droppedByInterface &+= counters.droppedByInterface
        }
    }

    /// Replaces the contents of `batch` by the packets that have come; waits up to the timeout for the first.
    ///
    /// None may have come, and a signal ends the wait. What happens to interfaces is added to `notices`.
    public mutating func next(into batch: inout PacketBatch) {
        collect(into: &batch)
        guard var end else { return }
        if batch.records.isEmpty {
            let since = end.emptySince ?? .now
            end.emptySince = since
            end.isEmpty = since.duration(to: .now) > .milliseconds(timeout + 250)
        } else {
            end.emptySince = nil
        }
        self.end = end
    }

    private mutating func collect(into batch: inout PacketBatch) {
        batch.removeAll()
        batch.firstFrame = nextFrame
        // Of an interface that is down nothing more is heard, not even that it was removed thereafter.
        for interface in interfaces where interface.isDown && interface.isGone {
            notices.append(.gone("\(interface.name) was removed"))
            isOver = true
            return
        }
        let room = PacketBatch.longestLivePacket * 2
        if batch.bytes.count < room { batch.bytes = [UInt8](repeating: 0, count: room) }
        // Where packets wait for earlier ones of other interfaces, only those others are waited for.
        var waits = interfaces.enumerated().map { place, interface in
            pollfd(fd: order.hasPacket(place) ? -1 : interface.descriptor, events: Int16(POLLIN), revents: 0)
        }
        let patience = order.wait(at: Self.now()).map { min(Int64(timeout), ($0 + 999_999) / 1_000_000) }
        unsafe poll(&waits, nfds_t(waits.count), Int32(clamping: patience ?? Int64(timeout)))
        let before = interfaces.map(\.captured)
        if interfaces.count > 1 {
            readInOrder(into: &batch)
        } else {
            var filled = 0
            do throws(CaptureError) {
                if waits[0].revents != 0 { try interfaces[0].read(into: &batch, number: 0, filled: &filled) }
            } catch {
                noteGone(error)
            }
        }
        for (place, interface) in interfaces.enumerated() {
            noteState(interface, waits[place].revents, hasPackets: interface.captured > before[place])
        }
        nextFrame &+= UInt64(batch.records.count)
    }

    /// Adds what has come by several interfaces to `batch`, in the order of time.
    private mutating func readInOrder(into batch: inout PacketBatch) {
        var filled = 0
        order.begin()
        do throws(PacketOrder.Failure) {
            while batch.hasRoomForLivePacket(behind: filled), let place = try order.next(of: interfaces, now: Self.now)
            {
                // The number of an interface stays, also when one before it is gone.
                interfaces[place].take(into: &batch, number: UInt32(truncatingIfNeeded: place), filled: &filled)
            }
        } catch {
            noteGone(error.error)
        }
    }

    private mutating func noteGone(_ error: CaptureError) {
        notices.append(.gone(error.description))
        isOver = true
    }

    private mutating func noteState(_ interface: LiveInterface, _ events: Int16, hasPackets: Bool) {
        if interface.isDown, hasPackets {
            interface.isDown = false
            notices.append(.up(interface.name))
        } else if !hasPackets, !interface.isDown, !isOver, events & Int16(POLLERR) != 0 || interface.isKnownDown {
            interface.isDown = true
            notices.append(.down(interface.name))
        }
    }

    /// The clock by which the kernel stamps packets (ns since 1970).
    private static func now() -> Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }

    /// Lets nothing more in: what the ring holds can still be read, and `isDrained` tells when it has been.
    public mutating func acceptNoMore() {
        let isClosed = interfaces.reduce(true) { $1.acceptNoMore() && $0 }
        // A packet may be on its way into the ring, not yet counted; where the ring stays open there is no end of them.
        end = End(limit: isClosed ? .max : counters.received)
    }

    /// Whether, after `acceptNoMore`, as many packets were handed over as the kernel had received and did not drop.
    ///
    /// Or none came for longer than the kernel keeps them back: then it will never be as many.
    public var isDrained: Bool {
        guard let end else { return false }
        let counters = counters
        return end.isEmpty || captured &+ counters.droppedByKernel >= min(counters.received, end.limit)
    }
}
