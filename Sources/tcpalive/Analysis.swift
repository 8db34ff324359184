import Capture
import KeepAlive
import Report
import Wire

/// The way of the packets, one batch at a time: capture, decoder, tracker.
///
/// One decoder and one tracker see all files, in order; frame numbers are each file's own.
struct Analysis: ~Copyable {
    /// Follows the connections.
    private(set) var tracker: ConnectionTracker
    /// What happened in the batch last read.
    private(set) var events: [SegmentEvent] = []

    private var decoder: SegmentDecoder
    private var batch = PacketBatch()
    private var segments = SegmentBatch()
    private var glances = GlanceBatch()
    private var places: [SegmentOrigin?] = []
    private let tracksOrigins: Bool
    private let shard: Shard?
    /// Whether there is a verdict on each connection, and not only where there is something to be said.
    private let listsAll: Bool
    /// Whether packets were dropped, so that no verdict is sure.
    var hasDrops = false
    /// The present time where packets are captured live (ns since 1970); nil: a saved capture ends with its last packet.
    var now: Int64?
    /// What verdicts go by; nil until somebody is about to ask for them.
    private var conclusion: Conclusion?
    /// Takes the place of `tracker` where several threads follow the connections.
    private var parallel: ParallelTracker?
    /// Hold the batch after the present one, which is read while that is followed.
    private var spare = PacketBatch()
    private var spareGlances = GlanceBatch()
    /// Whether there is one.
    private var isLoaded = false
    /// What went wrong while that was read.
    private var nextFailure: CaptureError?
    private var comments = PacketComments()
    private var chosen: [Int] = []
    private var packetsLeft: UInt64
    private var reading: Summary

    /// An analysis that marks as Wireshark `version` does and ends after `packetLimit` packets, if any.
    ///
    /// With `keepsAll`, connections without events are remembered and judged too. `survey`, `note` and the writing of an
    /// selection need `tracksOrigins`. With `shard`, connections in it alone are told of. With more than one of `jobs`, and
    /// without `tracksOrigins`, one thread reads and the others follow the connections, with the same results. With
    /// `isLight`, segments with more than one byte are kept out of what it is given.
    init(
        version: WiresharkVersion, packetLimit: UInt64? = nil, keepsAll: Bool = false, tracksOrigins: Bool = false,
        shard: Shard? = nil, jobs: Int = 1, isLight: Bool = false
    ) {
        var random = SystemRandomNumberGenerator()
        tracker = ConnectionTracker(
            version: version, seed: random.next(), keepsAll: keepsAll, shard: shard, isLight: isLight)
        if jobs > 1, !tracksOrigins {
            parallel = ParallelTracker(
                jobs: jobs, version: version, keepsAll: keepsAll, shard: shard, isLight: isLight)
            // A round must be worth waking the others.
            batch = PacketBatch(capacity: Self.roundCapacity)
            spare = PacketBatch(capacity: Self.roundCapacity)
        }
        self.shard = shard
        listsAll = keepsAll
        decoder = SegmentDecoder(version: version)
        packetsLeft = packetLimit ?? .max
        self.tracksOrigins = tracksOrigins
        reading = Summary(version: version)
        reading.isLight = isLight
    }

    /// Whether as many packets were read as were wanted.
    var isDone: Bool { packetsLeft == 0 }

    /// The next packets are those of the file at `path`.
    mutating func begin(_ path: String) {
        batch.file = UInt32(clamping: reading.files.count)
        spare.file = batch.file
        reading.files.append(path)
    }

    /// Bytes that are read of a file at once where several threads follow its connections.
    private static let roundCapacity = 512 << 10

    /// Reads some packets of `file` and finds the `events` in them; false at its end.
    mutating func advance(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        events.removeAll(keepingCapacity: true)
        conclusion = nil
        if parallel != nil { return try advanceInParallel(&file) }
        guard packetsLeft > 0, try file.next(into: &batch) else { return false }
        limitBatch()
        followBatch()
        return true
    }

    /// Has other threads follow the batch that was read last, and meanwhile reads the next one.
    private mutating func advanceInParallel(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        if let failure = nextFailure {
            nextFailure = nil
            throw failure
        }
        if isLoaded {
            exchangeBatches()
        } else {
            guard try load(&file) else { return false }
        }
        isLoaded = false
        parallel?.start(&glances, of: &batch)
        exchangeBatches()
        // Whoever writes a pipe may wait for the events of what it wrote.
        if file.isFinite {
            do {
                isLoaded = try load(&file)
            } catch {
                nextFailure = error
            }
        }
        exchangeBatches()
        parallel?.finish(&glances, of: &batch, &events)
        return true
    }

    private mutating func exchangeBatches() {
        swap(&batch, &spare)
        swap(&glances, &spareGlances)
    }

    /// Reads the next batch of `file`, and makes of it what the other threads take; false at the end of the file.
    private mutating func load(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        guard packetsLeft > 0, try file.next(into: &batch) else { return false }
        limitBatch()
        if parallel?.isAlone ?? false {
            glances.removeAll()
            decoder.glance(at: batch, 0..<batch.records.count, into: &glances)
        } else {
            segments.removeAll()
            decoder.decode(batch, into: &segments)
            parallel?.give(segments)
        }
        return true
    }

    /// Takes the packets that have come by `live`, of which there may be none, and finds the `events` in them.
    mutating func advance(_ live: inout LiveCapture) {
        events.removeAll(keepingCapacity: true)
        conclusion = nil
        live.next(into: &batch)
        limitBatch()
        followBatch()
    }

    private mutating func limitBatch() {
        if UInt64(batch.records.count) > packetsLeft {
            batch.records.removeLast(batch.records.count - Int(packetsLeft))
        }
        packetsLeft -= UInt64(batch.records.count)
    }

    private mutating func followBatch() {
        if tracksOrigins {
            segments.removeAll()
            decoder.decode(batch, into: &segments)
            tracker.track(segments, events: &events, places: &places)
            return
        }
        var place = 0
        while place < batch.records.count {
            // So few that what is known of them stays in a near cache.
            let end = min(place + Self.packetsAtOnce, batch.records.count)
            glances.removeAll()
            decoder.glance(at: batch, place..<end, into: &glances)
            tracker.track(glances, at: batch, events: &events)
            place = end
        }
    }

    private static let packetsAtOnce = 512

    /// Writes the packets of the batch last read to `writer`, if there is one, those of events with comments.
    ///
    /// The comments include the `conclusions` about connections, if these are known already.
    mutating func write(
        _ conclusions: CommentedConclusions = CommentedConclusions(), to writer: inout PcapngWriter?
    ) throws(OutputError) {
        if writer == nil { return }
        comment(conclusions, noteEvidence(conclusions))
        try writer?.write(batch, comments: comments)
    }

    /// Notes for `selection` what is in the batch last read.
    func survey(for selection: inout ExtractSelection) {
        selection.survey(segments, places, events, packets: batch.records.count)
    }

    /// Notes in `ticks`, if they are wanted, the data that is in the batch last read.
    func note(in ticks: inout DataTicks?) {
        ticks?.take(segments, places, events)
    }

    /// Writes those packets of the batch last read that belong to `selection`, or that show a finding, to `writer`, those of
    /// events with comments.
    ///
    /// Returns how many. The comments include the `conclusions` about connections.
    mutating func write(
        _ selection: inout ExtractSelection, _ conclusions: CommentedConclusions, to writer: inout PcapngWriter?
    ) throws(OutputError) -> Int {
        chosen.removeAll(keepingCapacity: true)
        selection.choose(segments, places, events, packets: batch.records.count, into: &chosen)
        let evidence = noteEvidence(conclusions)
        if !evidence.isEmpty { chosen = Set(chosen).union(evidence.map(\.record)).sorted() }
        comment(conclusions, evidence)
        try writer?.write(batch, chosen: chosen, comments: comments)
        return chosen.count
    }

    /// The packets of the batch last read that show findings, by their indices, and the sentences of these findings.
    private func noteEvidence(_ conclusions: CommentedConclusions) -> [(record: Int, sentence: String)] {
        let records = batch.records
        guard !conclusions.comments.isEmpty, let first = records.first, let last = records.last else { return [] }
        var evidence: [(record: Int, sentence: String)] = []
        var index = 0
        let frames = batch.frame(of: first)...batch.frame(of: last)
        for (frame, sentence) in conclusions.comments.comments(file: reading.files.count - 1, frames: frames) {
            while index < records.count, batch.frame(of: records[index]) < frame.frame { index += 1 }
            // A filter may leave it out.
            guard index < records.count, batch.frame(of: records[index]) == frame.frame else { continue }
            evidence.append((index, sentence))
        }
        return evidence
    }

    /// Prepares the comments of the batch last read, in the order of its packets.
    private mutating func comment(
        _ conclusions: CommentedConclusions, _ evidence: [(record: Int, sentence: String)]
    ) {
        comments.removeAll()
        var evidence = evidence[...]
        for event in events {
            while let next = evidence.first, next.record < Int(event.segment.record) {
                comments.append(sentence: next.sentence, on: next.record)
                evidence.removeFirst()
            }
            comments.append(event, verdict: conclusions.verdicts[event.connection])
        }
        for next in evidence { comments.append(sentence: next.sentence, on: next.record) }
    }

    /// Describes the interfaces of `file`, the one begun last, to `writer`, if there is one.
    func describe(_ file: borrowing CaptureFile, to writer: inout PcapngWriter?) {
        writer?.describe(file.interfaces, of: reading.files.count)
    }

    /// Notes how the reading of `file` ended.
    mutating func end(_ file: borrowing CaptureFile) {
        if let damage = file.damage { reading.damaged.append((file.path, damage)) }
    }

    /// The frame, within its file, of `event`, one of the batch last read.
    func frame(of event: SegmentEvent) -> UInt64 {
        batch.frame(of: batch.records[Int(event.segment.record)])
    }

    /// What was read so far.
    var summary: Summary {
        var summary = reading
        summary.tally = decoder.tally
        summary.counts = parallel?.tally ?? tracker.tally
        return summary
    }
}

extension Analysis: Findings {
    /// Notes what verdicts go by, so that, until the next packets come, it is not looked for each time that they are made.
    mutating func conclude() {
        conclusion = concluded
    }

    /// When the capture ends (ns since 1970): with its last packet, live now; nil: there was none.
    private var end: Int64? {
        let last = max(decoder.lastTime, now ?? .min)
        return last == .min ? nil : last
    }

    /// When the last packet of the batch last read was captured (ns since 1970); nil: the batch is empty.
    var lastTimeOfBatch: Int64? { batch.records.last?.time }

    private func context(
        _ activity: HostActivity, holes: ([CapturePauses.Pause]) -> [CapturePauses.Pause]
    ) -> CaptureContext {
        var context = CaptureContext()
        context.end = end
        context.isLight = reading.isLight
        context.isLive = now != nil
        context.lacksPackets = hasDrops || decoder.tally.cutHeaders > 0
        context.isArtificial = decoder.tally.pauses.isArtificial
        // A live capture goes on while nothing passes: then a pause is an idle period of all connections.
        if now == nil { context.pauses = decoder.tally.pauses.pauses }
        context.holes = context.pauses.isEmpty ? [] : holes(context.pauses)
        context.activity = activity
        return context
    }

    private var concluded: Conclusion {
        if let parallel {
            let (listings, activity) = parallel.conclude(all: listsAll, until: end)
            return Conclusion(listings: listings, context: context(activity, holes: { parallel.holes(among: $0) }))
        }
        let listing = tracker.listing(all: listsAll, until: end)
        return Conclusion(
            listings: [listing], context: context(tracker.activity(in: listing), holes: { tracker.holes(among: $0) }))
    }

    /// Calls `body` with what is found so far about the notable connections from number `first` on, until it returns false.
    ///
    /// Returns the number of the next connection, at which to go on later; nil: these were all. Only for one thread.
    func diagnoseNotable<Failure: Error>(
        from first: UInt64, _ body: (Diagnosis) throws(Failure) -> Bool
    ) throws(Failure) -> UInt64? {
        var listing = tracker.listing(all: false, until: end)
        let context = context(tracker.activity(in: listing), holes: { tracker.holes(among: $0) })
        while let place = tracker.next(in: &listing) {
            if place.number < first { continue }
            let diagnosis = tracker.diagnosis(at: place, in: context)
            if diagnosis.isNotable, try !body(diagnosis) { return place.number + 1 }
        }
        return nil
    }

    func forEachDiagnosis<Failure: Error>(_ body: (Diagnosis) throws(Failure) -> Void) throws(Failure) {
        try forEachDiagnosis(silentOnly: false) { diagnosis throws(Failure) in
            guard shard?.holds(diagnosis.connection.originator, diagnosis.connection.responder) ?? true else { return }
            if listsAll || diagnosis.isNotable { try body(diagnosis) }
        }
    }

    /// What connections tell of paths, whatever their shard: of those of paths in it.
    var paths: [PathTimeout] {
        var timeouts = PathTimeouts()
        forEachDiagnosis(silentOnly: true) { timeouts.add($0) }
        guard let shard else { return timeouts.paths }
        return timeouts.paths.filter { shard.holds($0.networks) }
    }

    /// Calls `body` with the verdict on each connection, or on each that had a long silence.
    private func forEachDiagnosis<Failure: Error>(
        silentOnly: Bool, _ body: (Diagnosis) throws(Failure) -> Void
    ) throws(Failure) {
        let conclusion = conclusion ?? concluded
        if let parallel {
            return try parallel.forEachDiagnosis(conclusion, silentOnly: silentOnly, body)
        }
        for var listing in conclusion.listings {
            while let place = tracker.next(in: &listing) {
                if silentOnly, !tracker.wasIdle(at: place) { continue }
                try body(tracker.diagnosis(at: place, in: conclusion.context))
            }
        }
    }
}
