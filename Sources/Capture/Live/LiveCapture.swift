internal import Platform
public import Wire

/// A live capture on one or more interfaces. Closed when the value ends.
public struct LiveCapture: ~Copyable {
    /// How to capture.
    public typealias Settings = LiveSettings
    /// The kernel's counters.
    public typealias Counters = LiveCounters

    /// A change of an interface.
    public enum Notice: Sendable, Equatable {
        /// The interface went down; it may come up again.
        case down(String)
        /// Packets arrive again.
        case up(String)
        /// The interface has another name. The capture continues.
        case renamed(String, to: String)
        /// The interface is gone, with libpcap's reason.
        case gone(String)
    }

    /// A filter that passes the ICMP and ICMPv6 errors that quote a packet.
    public static let errorFilter = LightFilter.errors

    private var interfaces: [LiveInterface]
    private let timeout: Int
    private var nextFrame: UInt64 = 1
    private var order: PacketOrder
    /// Set by `acceptNoMore`.
    private var end: End?

    /// Changes of interfaces since the caller last emptied this array.
    public var notices: [Notice] = []
    /// Whether an interface is gone, so that the capture is incomplete from now on. What the rings hold can still be read.
    public private(set) var isOver = false

    /// The state after `acceptNoMore`.
    private struct End {
        /// How many packets to wait for.
        var limit: UInt64
        /// The time since which no packet was found.
        var emptySince: ContinuousClock.Instant?
        /// Whether no packet was found for longer than the kernel delays packets.
        var isEmpty = false
    }

    /// Captures on the interfaces `names` (`any`: on all). Throws if that fails.
    public init(on names: [String], _ settings: Settings = Settings()) throws(CaptureError) {
        var interfaces: [LiveInterface] = []
        for name in names { interfaces.append(try LiveInterface(name, settings)) }
        self.interfaces = interfaces
        timeout = max(1, settings.timeout)
        // The kernel's timer may be a little late.
        let delay = settings.isImmediate ? 0 : Int64(timeout + 10) * 1_000_000
        order = PacketOrder(of: interfaces.count, delay: delay)
    }

    /// The interfaces as a capture file describes them; `PacketRecord.interface` is an index into them.
    public func described(snaplen: Int) -> [CaptureInterface] {
        interfaces.map {
            CaptureInterface(
                linkType: $0.linkType, snaplen: UInt32(clamping: snaplen), checkSequenceLength: 0, name: $0.name)
        }
    }

    /// For poll(2): readable when packets have arrived.
    public var descriptors: [Int32] { interfaces.map(\.descriptor) }

    /// Packets delivered so far.
    public var captured: UInt64 { interfaces.reduce(0) { $0 &+ $1.captured } }

    /// The kernel's counters so far, summed over all interfaces.
    public var counters: Counters {
        interfaces.reduce(into: Counters()) { sum, interface in
            let counters = interface.counters
            sum.received &+= counters.received
            sum.droppedByKernel &+= counters.droppedByKernel
            sum.droppedByInterface &+= counters.droppedByInterface
        }
    }

    /// Replaces the contents of `batch` by the packets that have arrived; waits up to the timeout for the first.
    ///
    /// The batch may be empty; a signal ends the wait. Adds changes of interfaces to `notices`.
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
        // If an interface is down, libpcap does not report that it was removed.
        for interface in interfaces where interface.isDown && !isOver && interface.isGone {
            reportGone("\(interface.name) was removed")
        }
        let room = PacketBatch.longestLivePacket * 2
        if batch.bytes.count < room { batch.bytes = [UInt8](repeating: 0, count: room) }
        // If a packet has to wait for earlier ones of other interfaces, poll only those.
        var waits = interfaces.enumerated().map { index, interface in
            pollfd(fd: order.hasPacket(index) ? -1 : interface.descriptor, events: Int16(POLLIN), revents: 0)
        }
        let patience = order.wait(at: WallClock.now).map { min(Int64(timeout), ($0 + 999_999) / 1_000_000) }
        unsafe poll(&waits, nfds_t(waits.count), Int32(clamping: patience ?? Int64(timeout)))
        let before = interfaces.map(\.captured)
        if interfaces.count > 1 {
            readInOrder(into: &batch)
        } else {
            var filled = 0
            do throws(CaptureError) {
                if waits[0].revents != 0 { try interfaces[0].read(into: &batch, number: 0, filled: &filled) }
            } catch {
                reportGone(error.description)
            }
        }
        for (index, interface) in interfaces.enumerated() {
            updateState(of: interface, waits[index].revents, hasPackets: interface.captured > before[index])
        }
        nextFrame &+= UInt64(batch.records.count)
    }

    /// Adds the packets of several interfaces to `batch`, in the order of time.
    private mutating func readInOrder(into batch: inout PacketBatch) {
        var filled = 0
        order.begin()
        do throws(PacketOrder.Failure) {
            while batch.hasRoomForLivePacket(behind: filled),
                let index = try order.next(of: interfaces, now: { WallClock.now })
            {
                interfaces[index].take(into: &batch, number: UInt32(truncatingIfNeeded: index), filled: &filled)
            }
        } catch {
            reportGone(error.error.description)
        }
    }

    private mutating func reportGone(_ reason: String) {
        if !isOver { notices.append(.gone(reason)) }
        isOver = true
    }

    private mutating func updateState(of interface: LiveInterface, _ events: Int16, hasPackets: Bool) {
        // The ring of an interface that is gone may still have packets.
        if isOver { return }
        // Newer kernels rename interfaces that are up, too.
        if !hasPackets, let before = interface.takeNewName() {
            notices.append(.renamed(before, to: interface.name))
        }
        // Packets from before may still be in the ring when it is down, or was removed a moment ago.
        if interface.isDown, hasPackets, !interface.isKnownDown, !interface.isGone {
            interface.isDown = false
            notices.append(.up(interface.name))
        } else if !hasPackets, !interface.isDown, events & Int16(POLLERR) != 0 || interface.isKnownDown {
            interface.isDown = true
            notices.append(.down(interface.name))
        }
    }

    /// Stops the capture. The packets in the ring can still be read; `isDrained` becomes true when all have been.
    public mutating func acceptNoMore() {
        let isClosed = interfaces.reduce(true) { $1.acceptNoMore() && $0 }
        // The kernel may still put a packet into the ring that it has not counted yet. A ring that cannot be closed
        // never runs empty, so only the packets counted now are awaited.
        end = End(limit: isClosed ? .max : counters.received)
    }

    /// Whether, after `acceptNoMore`, all packets were delivered that the kernel received and did not drop.
    ///
    /// Also true if none arrived for longer than the kernel delays packets, because then no more will.
    public var isDrained: Bool {
        guard let end else { return false }
        let counters = counters
        return end.isEmpty || captured &+ counters.droppedByKernel >= min(counters.received, end.limit)
    }
}
