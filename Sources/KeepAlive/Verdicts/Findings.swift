/// The findings that end a report: those about connections, and those about the paths between networks.
///
/// An archive has millions of connections: each call diagnoses them anew, one at a time.
package protocol Findings: ~Copyable {
    /// Calls `body` with the diagnosis of each connection, in order of appearance. Rethrows its error.
    func forEachDiagnosis<Failure: Error>(_ body: (Diagnosis) throws(Failure) -> Void) throws(Failure)

    /// The idle timeouts of paths that the diagnoses show.
    var paths: [PathTimeout] { get }
}

extension Findings where Self: ~Copyable {
    /// All diagnoses in one array.
    package var diagnoses: [Diagnosis] {
        var diagnoses: [Diagnosis] = []
        forEachDiagnosis { diagnoses.append($0) }
        return diagnoses
    }
}

extension [Diagnosis]: Findings {
    /// Calls `body` with each diagnosis, in order. Rethrows its error.
    package func forEachDiagnosis<Failure: Error>(_ body: (Diagnosis) throws(Failure) -> Void) throws(Failure) {
        for diagnosis in self { try body(diagnosis) }
    }

    /// The idle timeouts of paths that the diagnoses show.
    package var paths: [PathTimeout] {
        var timeouts = PathTimeouts()
        for diagnosis in self { timeouts.add(diagnosis) }
        return timeouts.paths
    }
}

extension ConnectionTracker {
    /// The diagnosis of the connection of `entry`, part of the capture that `context` describes.
    package func diagnosis(at entry: ConnectionListing.Entry, in context: CaptureContext) -> Diagnosis {
        Diagnosis(of: connection(at: entry), in: context)
    }

    /// Whether the connection of `entry` may have had an idle period long enough to show something about its path.
    package func hadIdlePeriod(at entry: ConnectionListing.Entry) -> Bool {
        let index = index(of: entry)
        return switch entry.storage {
        case .version4: version4[record: index].evidence != nil
        case .version6: version6[record: index].evidence != nil
        case .replaced: pipeline.store.replaced[index].idleness.longest > 0
        }
    }

    /// The diagnoses of all connections, or of the notable ones only, in order of appearance.
    ///
    /// `context` adds what the connections do not show about the capture. The capture ends at `context.end` or with the
    /// last segment, whichever is later.
    package func diagnoses(all: Bool, in context: CaptureContext = CaptureContext()) -> [Diagnosis] {
        var context = context
        let end = max(context.end ?? .min, lastTime)
        var listing = listing(all: all, until: end == .min ? nil : end)
        context.end = end == .min ? nil : end
        context.isLight = pipeline.isLight
        context.firstLoss = firstLoss
        context.holes = holes(among: context.pauses)
        context.activity = activity(in: listing)
        var diagnoses: [Diagnosis] = []
        while let entry = next(in: &listing) {
            let diagnosis = diagnosis(at: entry, in: context)
            if all || diagnosis.isNotable { diagnoses.append(diagnosis) }
        }
        return diagnoses
    }
}
