public import Wire

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A capture of packets as they pass, on one interface or several. Closed when the value ends.
public struct LiveCapture: ~Copyable {
    /// How to capture.
    public struct Settings: Sendable {
        /// Octets of each packet that are kept, at least 1: headers are what matters.
        public var snaplen = 192
        /// Whether packets for other hosts are wanted too.
        public var isPromiscuous = false
        /// Octets of the ring in which the kernel collects packets.
        public var bufferSize = 16 << 20
        /// Milliseconds that the kernel collects packets before it hands them over; never 0.
        public var timeout = 100
        /// Whether each packet is handed over at once.
        public var isImmediate = false
        /// A BPF filter (pcap-filter(7)), run in the kernel.
        public var filter: String?

        /// The settings as they are without any wish.
        public init() {}
    }

    /// What the kernel counted.
    public struct Counters: Sendable, Equatable {
        /// Packets that matched the filter, those dropped included.
        public var received: UInt64 = 0
        /// Packets for which the ring had no room.
        public var droppedByKernel: UInt64 = 0
        /// Packets that the interface or its driver dropped, where it tells.
        public var droppedByInterface: UInt64 = 0

        /// Nothing.
        public init() {}
    }

    /// What happened to an interface meanwhile.
    public enum Notice: Sendable, Equatable {
        /// The interface went down; it may come up again.
        case down(String)
        /// Packets pass again.
        case up(String)
        /// The interface is gone, with the reason in libpcap's words.
        case gone(String)
    }

    /// The longest packet that is kept, whatever the snap length.
    static let longestPacket = 262_144
    /// Packets of a batch.
    static let batchPackets = 2048

    private var interfaces: [LiveInterface]
    private let timeout: Int
    private var nextFrame: UInt64 = 1
    /// The interface that is read first.
    private var turn = 0
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
        batch.records.removeAll(keepingCapacity: true)
        batch.firstFrame = nextFrame
        // Of an interface that is down nothing more is heard, not even that it was removed thereafter.
        for interface in interfaces where interface.isDown && interface.isGone {
            notices.append(.gone("\(interface.name) was removed"))
            isOver = true
            return
        }
        let room = Self.longestPacket * 2
        if batch.bytes.count < room { batch.bytes = [UInt8](repeating: 0, count: room) }
        var waits = interfaces.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        unsafe poll(&waits, nfds_t(waits.count), Int32(clamping: timeout))
        var filled = 0
        // A batch may be full before each has had its turn: so another one is the first each time.
        turn = (turn + 1) % max(1, interfaces.count)
        for place in interfaces.indices {
            let index = (place + turn) % interfaces.count
            let interface = interfaces[index]
            let before = batch.records.count
            do throws(CaptureError) {
                // The number of an interface stays, also when one before it is gone.
                if waits[index].revents != 0 {
                    try interface.read(into: &batch, number: UInt32(index), filled: &filled)
                }
                let hasPackets = batch.records.count > before
                if interface.isDown, hasPackets {
                    interface.isDown = false
                    notices.append(.up(interface.name))
                } else if !hasPackets, !interface.isDown,
                    waits[index].revents & Int16(POLLERR) != 0 || interface.isKnownDown
                {
                    interface.isDown = true
                    notices.append(.down(interface.name))
                }
            } catch {
                notices.append(.gone(error.description))
                isOver = true
            }
        }
        if interfaces.count > 1 { Self.order(&batch) }
        nextFrame &+= UInt64(batch.records.count)
    }

    /// Puts what came by several interfaces in the order of time, as far as one batch goes.
    private static func order(_ batch: inout PacketBatch) {
        guard !zip(batch.records, batch.records.dropFirst()).allSatisfy({ $0.time <= $1.time }) else { return }
        batch.records.sort { ($0.time, $0.frame) < ($1.time, $1.frame) }
        for place in batch.records.indices { batch.records[place].frame = UInt32(truncatingIfNeeded: place) }
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
