public import KeepAlive
import Wire

/// The report as one self-contained page of HTML: the template `page.html`, filled.
///
/// Every number that `--format json` has too stands in an element whose `data-json` is its name there, with the exact
/// value in `data-value` where people are shown less.
public struct Page {
    private let diagnoses: [Diagnosis]
    private let summary: Summary
    private let kept: RetainedEvents
    private let ticks: DataTicks

    /// Connections that are listed, the most severe ones; of these, the ones that are drawn.
    static let rowLimit = 5000
    static let drawingLimit = 200
    /// Paths that are listed.
    static let pathLimit = 1000

    /// The page of `diagnoses`, whose events are in `kept` and whose data is in `ticks`, and of `summary`.
    public init(_ diagnoses: [Diagnosis], _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks) {
        // By risk, and then as they appeared.
        self.diagnoses = diagnoses.sorted {
            ($1.severity, $0.connection.number) < ($0.severity, $1.connection.number)
        }
        self.summary = summary
        self.kept = kept
        self.ticks = ticks
    }

    /// Appends the page to `text`.
    public func append(to text: inout TextBuffer) {
        Self.template?.append(values, to: &text)
    }

    /// The template; nil where it is none, which the tests would tell.
    static let template = try? Template(String(decoding: PackageResources.page_html, as: UTF8.self))

    private var values: Template.Values {
        let listed = diagnoses.prefix(Self.rowLimit)
        let drawn = min(listed.count, Self.drawingLimit)
        let paths = diagnoses.paths.filter { $0.longestSurvived > 0 || $0.shortestFailed > 0 }
        var values: Template.Values = [
            "title": .text(summary.files.first.map(nameForPeople) ?? "nothing"),
            "moreFiles": summary.files.count > 1 ? .number(summary.files.count - 1) : .truth(false),
            "rows": .items(listed.count) { ConnectionPart(listed[$0], files: summary.sources).values },
            "sections": .items(listed.count) { index in
                ConnectionPart(listed[index], files: summary.sources).section(isDrawn: index < drawn, kept, ticks)
            },
            "hasRows": .truth(!listed.isEmpty), "listed": .number(listed.count),
            "unlisted": diagnoses.count > listed.count ? .number(diagnoses.count - listed.count) : .truth(false),
            "undrawn": listed.count > drawn ? .number(drawn) : .truth(false),
            "isFull": .truth(kept.isFull), "hasMissingTicks": .truth(ticks.isFull),
            "hasUnseenHandshake": .truth(listed.contains { !$0.connection.handshakeSeen }),
            "hasPaths": .truth(!paths.isEmpty), "paths": .items(Array(paths.prefix(Self.pathLimit)), Self.values(of:)),
            "unlistedPaths": paths.count > Self.pathLimit ? .number(paths.count - Self.pathLimit) : .truth(false),
            "legend": .items(Self.legend) { ["shape": .text($0.shape), "words": .text($0.words)] },
        ]
        values.merge(summaryValues) { old, _ in old }
        return values
    }

    /// What a legend says of each shape.
    private static let legend: [(shape: String, words: String)] = SegmentKind.allCases.compactMap { kind in
        switch kind {
        // These share the shapes of the others below.
        case .abortReset, .ownReset, .refusableReset, .data, .challenge: nil
        case .peerReset: (kind.shape, "RST of an end")
        case .retransmission: (kind.shape, "one byte of data, or its retransmission")
        case .acknowledgment: (kind.shape, "unrelated or challenge ACK")
        default: (kind.shape, kind.words)
        }
    }

    // MARK: Summary

    private var summaryValues: Template.Values {
        let tally = summary.tally
        let kinds = SegmentKind.allCases.indices.filter { summary.counts.kinds[$0] > 0 }
        return [
            "wireshark": .text(summary.version.name),
            "files": .items(summary.files) { ["name": .text(nameForPeople($0))] },
            "counts": .items(
                [
                    ("packets", "packets", tally.packets), ("bytes", "bytes", tally.bytes),
                    ("segments", "TCP segments", tally.segments),
                    ("connections", "connections", summary.counts.connections),
                ], Self.count),
            "marks": .items(
                zip(Marks.named, zip(["keep-alives", "keep-alive ACKs", "zero-window probes"], summary.counts.marks))
                    .map { ("marks." + $0.name, $1.0, $1.1) }, Self.count),
            "hasKinds": .truth(!kinds.isEmpty),
            "kinds": .items(kinds) { index in
                let kind = SegmentKind.allCases[index]
                return [
                    "json": .text("kinds." + kind.name), "words": .text(kind.words), "shape": .text(kind.shape),
                    "count": .number(summary.counts.kinds[index]), "unmarked": .number(summary.counts.unmarked[index]),
                    "misnamed": .number(summary.counts.misnamed[index]),
                ]
            },
            "failures": .items(failures, Self.count),
            "hasTrouble": .truth(!failures.isEmpty || !summary.damaged.isEmpty),
            "damages": .items(summary.damaged.map { ["sentence": .text($0.damage.sentence)] }),
        ]
    }

    /// What was not decoded.
    private var failures: [(String, String, UInt64)] {
        let tally = summary.tally
        var failures = Layer.allCases.map { layer in
            ("undecodable.\(layer.name)", "packets at the \(layer.name) layer", tally.failures(at: layer))
        }
        failures.append(("unknown_link_type", "packets of an unknown link type", tally.unknownLinkType))
        failures.append(("evicted", "fragmented datagrams, evicted to limit memory", tally.evictedDatagrams))
        let attempts = "connection attempts, evicted to limit memory"
        failures.append(("evicted_connections", attempts, summary.counts.evicted))
        return failures.filter { $0.2 > 0 }
    }

    private static func count(_ item: (json: String, words: String, count: UInt64)) -> Template.Values {
        ["json": .text(item.json), "words": .text(item.words), "count": .number(item.count)]
    }

    // MARK: Paths

    private static func values(of path: PathTimeout) -> Template.Values {
        [
            "first": .text(network(path.networks.first)), "second": .text(network(path.networks.second)),
            "connections": .number(path.connections),
            "survived": Template.duration(path.longestSurvived), "failed": Template.duration(path.shortestFailed),
            "safe": .text(path.safeIdle.map { "\($0)" }),
            "candidates": .items(PathText(path).candidates) { candidate in
                [
                    "seconds": .number(candidate.seconds), "name": .text(candidate.name),
                    "ending": .text(candidate.ending), "isRefreshed": .text(candidate.isRefreshed),
                    "source": .text(candidate.source),
                ]
            },
        ]
    }
}
