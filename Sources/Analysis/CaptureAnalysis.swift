package import Capture
package import KeepAlive
package import Report
package import Wire

/// The analysis of one capture, saved or live: its packets, what happens in them, and what is found at the end.
package struct CaptureAnalysis: ~Copyable {
    /// The packets read last, and the connections.
    package private(set) var pipeline: PacketPipeline
    /// Whether packets were dropped, which limits the confidence of findings.
    package var hasDrops = false
    /// The present time of a live capture (ns since 1970); nil: a saved capture, which ends with its last packet.
    package var now: Int64?

    private let settings: AnalysisSettings
    /// The files so far, and how reading them ended.
    private var reading: Summary
    /// What findings are based on, while no more packets come (`conclude`).
    private var conclusion: Conclusion?

    private struct Conclusion {
        var listing: ConnectionListing
        var context: CaptureContext
    }

    /// An analysis before its first packet.
    package init(_ settings: AnalysisSettings = AnalysisSettings()) {
        self.settings = settings
        pipeline = PacketPipeline(settings)
        reading = Summary(version: settings.version)
        reading.isLight = settings.isLight
    }

    // MARK: Reading

    /// The next packets are those of the file or interface `name`.
    package mutating func begin(_ name: String) {
        pipeline.begin(file: reading.files.count)
        reading.files.append(name)
    }

    /// Reads some packets of `file` and finds the `events` in them; false at its end. Throws if it cannot be read.
    package mutating func advance(_ file: inout CaptureFile) throws(CaptureError) -> Bool {
        conclusion = nil
        return try pipeline.advance(&file)
    }

    /// Takes the packets that have arrived by `live`, possibly none, and finds the `events` in them.
    package mutating func advance(_ live: inout LiveCapture) {
        conclusion = nil
        pipeline.advance(&live)
    }

    /// Exchanges the last batch for `packets`, and finds the `events` in them.
    package mutating func advance(_ packets: inout PacketBatch) {
        conclusion = nil
        pipeline.advance(&packets)
    }

    /// Takes `segments`, which were decoded or made elsewhere, and finds the `events` in them.
    package mutating func advance(_ segments: borrowing SegmentBatch) {
        conclusion = nil
        pipeline.advance(segments)
    }

    /// Records how reading `file` ended.
    package mutating func end(_ file: borrowing CaptureFile) {
        if let damage = file.damage {
            reading.damaged.append((file.path, FileDamage(offset: damage.offset, sentence: damage.sentence)))
        }
    }

    /// Whether `AnalysisSettings.packetLimit` is reached.
    package var isDone: Bool { pipeline.isDone }

    /// Whether reading ended because the system gave no more memory.
    package var isOutOfMemory: Bool { pipeline.isOutOfMemory }

    /// What concerns keep-alives in the packets read last.
    package var events: [SegmentEvent] { pipeline.events }

    /// The number of the file begun last, from 0.
    package var file: Int { reading.files.count - 1 }

    /// What was read so far.
    package var summary: Summary {
        var summary = reading
        summary.tally = pipeline.tally
        summary.counts = pipeline.tracker.tally
        return summary
    }
}

extension CaptureAnalysis: Findings {
    /// Keeps what findings are based on until the next packets, so that it is not gathered for each use of them.
    package mutating func conclude() {
        conclusion = concluded
    }

    /// When the capture ends (ns since 1970): with its last packet, or now; nil: there was none.
    private var end: Int64? {
        let last = max(pipeline.lastTime, now ?? .min)
        return last == .min ? nil : last
    }

    private func context(_ listing: ConnectionListing) -> CaptureContext {
        let pauses = pipeline.tally.pauses
        var context = CaptureContext()
        context.end = end
        context.isLight = reading.isLight
        context.isLive = now != nil
        context.lacksPackets = hasDrops || pipeline.tally.cutHeaders > 0
        context.isArtificial = pauses.isArtificial
        // A live capture continues while nothing passes: then a pause is an idle period of all connections.
        if now == nil { context.pauses = pauses.pauses }
        context.firstLoss = pipeline.tracker.firstLoss
        context.holes = pipeline.tracker.holes(among: context.pauses)
        context.activity = pipeline.tracker.activity(in: listing, memory: settings.memoryShares.report / 2)
        return context
    }

    private var concluded: Conclusion {
        let listing = pipeline.tracker.listing(all: settings.keepsAll, until: end)
        return Conclusion(listing: listing, context: context(listing))
    }

    /// Calls `body` with the diagnosis of each notable connection from number `first` on, until it returns false.
    ///
    /// Returns the number of the connection with which to continue later; nil: there are no more.
    package func diagnoseNotable<Failure: Error>(
        from first: UInt64, _ body: (Diagnosis) throws(Failure) -> Bool
    ) throws(Failure) -> UInt64? {
        var listing = pipeline.tracker.listing(all: false, until: end)
        let context = context(listing)
        while let connection = pipeline.tracker.next(in: &listing) {
            if connection.number < first { continue }
            let diagnosis = pipeline.tracker.diagnosis(at: connection, in: context)
            if diagnosis.isNotable, try !body(diagnosis) { return connection.number + 1 }
        }
        return nil
    }

    /// Calls `body` with the diagnosis of each connection in the shard, in order of appearance: of notable ones, or of all
    /// with `AnalysisSettings.keepsAll`.
    package func forEachDiagnosis<Failure: Error>(
        _ body: (Diagnosis) throws(Failure) -> Void
    ) throws(Failure) {
        try forEachDiagnosis(withIdlePeriodOnly: false) { diagnosis throws(Failure) in
            let connection = diagnosis.connection
            guard settings.shard?.holds(connection.originator, connection.responder) ?? true else { return }
            if settings.keepsAll || diagnosis.isNotable { try body(diagnosis) }
        }
    }

    /// The idle timeouts of paths in the shard, by connections of all shards.
    package var paths: [PathTimeout] {
        var timeouts = PathTimeouts(memory: settings.memoryShares.report / 2)
        forEachDiagnosis(withIdlePeriodOnly: true) { timeouts.add($0) }
        guard let shard = settings.shard else { return timeouts.paths }
        return timeouts.paths.filter { shard.holds($0.networks) }
    }

    private func forEachDiagnosis<Failure: Error>(
        withIdlePeriodOnly: Bool, _ body: (Diagnosis) throws(Failure) -> Void
    ) throws(Failure) {
        let conclusion = conclusion ?? concluded
        var listing = conclusion.listing
        while let connection = pipeline.tracker.next(in: &listing) {
            if withIdlePeriodOnly, !pipeline.tracker.hadIdlePeriod(at: connection) { continue }
            try body(pipeline.tracker.diagnosis(at: connection, in: conclusion.context))
        }
    }
}
