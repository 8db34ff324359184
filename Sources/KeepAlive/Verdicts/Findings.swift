/// What a report says at its end of connections, and of the paths between them.
///
/// Verdicts are made one at a time, as often as they are asked for: an archive has millions of connections.
public protocol Findings: ~Copyable {
    /// Calls `body` with the verdict on each connection, in order of appearance. Throws what it throws.
    func forEachDiagnosis<Failure: Error>(_ body: (Diagnosis) throws(Failure) -> Void) throws(Failure)

    /// What the verdicts tell of the idle timeouts of paths.
    var paths: [PathTimeout] { get }
}

extension Findings where Self: ~Copyable {
    /// All verdicts at once.
    public var diagnoses: [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        forEachDiagnosis { diagnoses.append($0) }
        return diagnoses
    }
}

extension [Diagnosis]: Findings {
    /// Calls `body` with each of them, in order.
    public func forEachDiagnosis<Failure: Error>(_ body: (Diagnosis) throws(Failure) -> Void) throws(Failure) {
        for diagnosis in self { try body(diagnosis) }
    }

    /// What they tell of the idle timeouts of paths.
    public var paths: [PathTimeout] {
        var timeouts = PathTimeouts()
        for diagnosis in self { timeouts.add(diagnosis) }
        return timeouts.paths
    }
}

extension ConnectionTracker {
    /// What is found about the connection at `place`, of a capture of which `context` is known.
    public func diagnosis(at place: ConnectionListing.Place, in context: CaptureContext) -> Diagnosis {
        Diagnosis(of: connection(at: place), in: context)
    }

    /// Whether a long silence of the connection at `place` may tell something of its path.
    public func hadSilence(at place: ConnectionListing.Place) -> Bool {
        let index = index(of: place)
        return switch place.home {
        case .version4: version4[record: index].evidence != 0
        case .version6: version6[record: index].evidence != 0
        case .replaced: pipeline.store.replaced[index].silence.longest > 0
        }
    }

    /// What is found about the connections: about those of which there is something to say, or about all.
    ///
    /// `context` is what is known of the capture beside its connections; it ends with the last segment unless that says
    /// otherwise.
    public func diagnoses(all: Bool, in context: CaptureContext = CaptureContext()) -> [Diagnosis] {
        var context = context
        let end = max(context.end ?? .min, lastTime)
        var listing = listing(all: all, until: end == .min ? nil : end)
        context.end = end == .min ? nil : end
        context.isLight = pipeline.isLight
        context.holes = holes(among: context.pauses)
        context.activity = activity(in: listing)
        var diagnoses: [Diagnosis] = []
        while let place = next(in: &listing) {
            let diagnosis = diagnosis(at: place, in: context)
            if all || diagnosis.isNotable { diagnoses.append(diagnosis) }
        }
        return diagnoses
    }
}
