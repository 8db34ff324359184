package import Capture
package import KeepAlive
import Platform
package import Wire

/// The path of the packets, one batch at a time: source, decoder, tracker.
///
/// One decoder and one tracker see all files, in order.
package struct PacketPipeline: ~Copyable {
    /// The connections so far.
    package private(set) var tracker: ConnectionTracker
    /// The packets that were read last.
    package private(set) var batch = PacketBatch()
    /// What concerns keep-alives in them.
    package private(set) var events: [SegmentEvent] = []
    /// Their segments, and which end of which connection sent each; only with `AnalysisSettings.tracksOrigins`.
    package private(set) var segments = SegmentBatch()
    package private(set) var origins: [SegmentOrigin?] = []
    /// Counts of the packets that were tracked.
    package private(set) var tally = DecodeTally()
    /// When the last of these was captured (ns since 1970); `Int64.min`: there was none.
    package private(set) var lastTime = Int64.min

    private var decoder: SegmentDecoder
    private let tracksOrigins: Bool
    private var packetsLeft: UInt64
    /// Tracks on another thread; nil: there is one thread.
    private let background: BackgroundTracker?
    /// The batch after the present one, which is read while that is tracked.
    private var next = ReadAhead()

    private struct ReadAhead: ~Copyable {
        var batch = PacketBatch()
        var segments = SegmentBatch()
        /// Whether it holds a batch.
        var isLoaded = false
        /// The error that ended reading it.
        var failure: CaptureError?
    }

    /// A pipeline before its first packet.
    package init(_ settings: AnalysisSettings) {
        tracker = Self.tracker(settings)
        decoder = SegmentDecoder(version: settings.version, fragmentLimit: settings.memoryShares.fragments)
        tracksOrigins = settings.tracksOrigins
        packetsLeft = settings.packetLimit ?? .max
        if settings.usesTwoThreads, !settings.tracksOrigins {
            background = BackgroundTracker(spare: Self.tracker(settings))
            batch = PacketBatch(capacity: Self.backgroundBatchCapacity)
            next.batch = PacketBatch(capacity: Self.backgroundBatchCapacity)
        } else {
            background = nil
        }
    }

    private static func tracker(_ settings: AnalysisSettings) -> ConnectionTracker {
        var random = SystemRandomNumberGenerator()
        return ConnectionTracker(
            version: settings.version, seed: random.next(), keepsAll: settings.keepsAll, shard: settings.shard,
            memoryLimit: settings.memoryShares.connections, isLight: settings.isLight)
    }

    /// Bytes of a batch for another thread: enough to be worth waking it.
    private static let backgroundBatchCapacity = 512 << 10
    /// Packets whose segments stay in the nearest cache between decoding and tracking.
    private static let packetsAtOnce = 128

    /// Whether `AnalysisSettings.packetLimit` is reached.
    package var isDone: Bool { packetsLeft == 0 }

    /// Whether the system gave no more memory, so that no more packets are read.
    package private(set) var isOutOfMemory = false
    /// The memory of the tracker when the system was last asked for more.
    private var checkedMemory = -reserve
    /// Bytes that a batch may need apart from the tracker, and then the report.
    private static let reserve = 16 << 20

    /// Asks the system whether there is memory for another batch.
    ///
    /// Afterwards nothing can be done about a lack of memory: an allocation that fails ends the process.
    private mutating func checkMemory() {
        let used = tracker.memoryUse
        checkedMemory = used
        // Arrays grow by up to a half.
        isOutOfMemory = !Memory.isAvailable(Self.reserve + used / 2)
    }

    private mutating func requireMemory() throws(CaptureError) {
        checkMemory()
        guard isOutOfMemory else { return }
        throw CaptureError(
            .outOfMemory,
            "out of memory after \(tally.packets) packets, with \(tracker.memoryUse >> 20) MiB for connections: "
                + "use a smaller --memory, or give the process more")
    }

    /// The next packets are those of the file with number `file`, from 0.
    package mutating func begin(file: Int) {
        batch.file = UInt32(clamping: file)
        next.batch.file = batch.file
    }

    /// Reads some packets of `file` and finds the `events` in them; false at its end.
    package mutating func advance(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        events.removeAll(keepingCapacity: true)
        try requireMemory()
        if let background { return try advance(&file, background) }
        guard packetsLeft > 0, try file.next(into: &batch) else { return false }
        limitBatch()
        trackBatch()
        return true
    }

    /// Takes the packets that have arrived by `live`, possibly none, and finds the `events` in them.
    package mutating func advance(_ live: inout LiveCapture) {
        events.removeAll(keepingCapacity: true)
        // A live capture may deliver single packets.
        if tracker.memoryUse >= checkedMemory + Self.reserve / 16 { checkMemory() }
        if isOutOfMemory { return batch.removeAll() }
        live.next(into: &batch)
        limitBatch()
        trackBatch()
    }

    /// Exchanges the last batch for `packets`, and finds the `events` in them.
    package mutating func advance(_ packets: inout PacketBatch) {
        events.removeAll(keepingCapacity: true)
        swap(&batch, &packets)
        limitBatch()
        trackBatch()
    }

    /// Takes `segments`, which were decoded or made elsewhere, and finds the `events` in them.
    package mutating func advance(_ segments: borrowing SegmentBatch) {
        events.removeAll(keepingCapacity: true)
        batch.removeAll()
        tracker.track(segments, events: &events)
        lastTime = max(lastTime, tracker.lastTime)
    }

    private mutating func limitBatch() {
        if UInt64(batch.records.count) > packetsLeft {
            batch.records.removeLast(batch.records.count - Int(packetsLeft))
        }
        packetsLeft -= UInt64(batch.records.count)
    }

    private mutating func trackBatch() {
        var start = 0
        if tracksOrigins {
            decodeBatch()
            tracker.track(segments, events: &events, origins: &origins)
            start = batch.records.count
        }
        while start < batch.records.count {
            let end = min(start + Self.packetsAtOnce, batch.records.count)
            segments.removeAll()
            decoder.decode(batch, start..<end, into: &segments)
            tracker.track(segments, events: &events)
            start = end
        }
        (tally, lastTime) = (decoder.tally, decoder.lastTime)
    }

    private mutating func decodeBatch() {
        segments.removeAll()
        decoder.decode(batch, into: &segments)
    }

    // MARK: Two threads

    /// Lets `background` track the batch that was read last, and reads the next one meanwhile.
    private mutating func advance(
        _ file: inout CaptureFile, _ background: BackgroundTracker
    ) throws(CaptureError) -> Bool {
        if let failure = next.failure {
            next.failure = nil
            throw failure
        }
        if next.isLoaded {
            exchangeBatches()
        } else {
            guard try load(&file) else { return false }
        }
        next.isLoaded = false
        // What is read ahead does not count until it is tracked.
        (tally, lastTime) = (decoder.tally, decoder.lastTime)
        background.start(&tracker, &segments)
        exchangeBatches()
        // The writer of a pipe may wait for the events of what it wrote.
        if file.isFinite {
            do {
                next.isLoaded = try load(&file)
            } catch {
                next.failure = error
            }
        }
        exchangeBatches()
        background.finish(&tracker, &segments, &events)
        return true
    }

    private mutating func exchangeBatches() {
        swap(&batch, &next.batch)
        swap(&segments, &next.segments)
    }

    /// Reads and decodes the next batch of `file`; false at its end.
    private mutating func load(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        guard packetsLeft > 0, try file.next(into: &batch) else { return false }
        limitBatch()
        decodeBatch()
        return true
    }
}
