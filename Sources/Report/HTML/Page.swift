package import KeepAlive
import Wire

/// The report as one self-contained HTML page: the template `page.html` and its values.
///
/// An element with a value of `--format json` has the attribute `data-json`, the name of the member. If the page shows it in
/// another form, the attribute `data-value` has the value of the member.
package struct Page {
    /// The listed connections: the most severe first, then in order of appearance.
    private let listed: [Diagnosis]
    private let headline: Headline
    private let paths: [PathTimeout]
    private let count: Int
    private let summary: Summary
    private let kept: RetainedEvents
    private let ticks: DataTicks

    /// The maximum number of listed connections, the most severe first.
    static let rowLimit = 5000
    /// The maximum number of connections with drawings.
    static let drawingLimit = 200
    /// The maximum number of listed paths.
    static let pathLimit = 1000

    /// The page of `findings` and `summary`; events are in `kept`, data in `ticks`.
    package init(
        _ findings: borrowing some Findings & ~Copyable, _ summary: Summary, _ kept: RetainedEvents, _ ticks: DataTicks
    ) {
        // A diagnosis has kilobytes, so only those that are listed are kept.
        var worst = WorstDiagnoses(limit: Self.rowLimit)
        var cases: [Headline.Case] = []
        findings.forEachDiagnosis {
            worst.add($0)
            cases.append(
                Headline.Case(number: $0.connection.number, severity: $0.severity, verdict: $0.verdict))
        }
        cases.sort { ($1.severity, $0.number) < ($0.severity, $1.number) }
        listed = worst.all
        count = cases.count
        headline = Headline(cases, of: summary.counts.connections, linked: listed.count)
        paths = findings.paths.filter { $0.longestSurvived > 0 || $0.shortestFailed > 0 }
        self.summary = summary
        self.kept = kept
        self.ticks = ticks
    }

    /// Appends the page to `text`.
    package func append(to text: inout TextBuffer) {
        Self.template?.append(values, to: &text)
    }

    /// The template; nil if it is malformed, which a test excludes.
    static let template = try? Template(String(decoding: PackageResources.page_html, as: UTF8.self))

    private var values: Template.Values {
        let drawn = min(listed.count, Self.drawingLimit)
        var values: Template.Values = [
            "title": .text(summary.files.first.map(displayName) ?? "nothing"),
            "moreFiles": summary.files.count > 1 ? .count(summary.files.count - 1) : .truth(false),
            "headline": .items(headline.values),
            "parts": .items(parts),
            "hasRows": .truth(!listed.isEmpty), "listed": .count(listed.count),
            "unlisted": count > listed.count ? .count(count - listed.count) : .truth(false),
            "undrawn": listed.count > drawn ? .count(drawn) : .truth(false),
            "isFull": .truth(kept.isFull), "hasMissingTicks": .truth(ticks.isFull),
            "hasUnseenHandshake": .truth(listed.contains { !$0.connection.handshakeSeen }),
            "hasPaths": .truth(!paths.isEmpty), "paths": .items(Array(paths.prefix(Self.pathLimit)), Self.values(of:)),
            "unlistedPaths": paths.count > Self.pathLimit ? .count(paths.count - Self.pathLimit) : .truth(false),
        ]
        values.merge(summaryValues) { old, _ in old }
        return values
    }

    /// The parts of the page between headline and paths: findings, the table of connections, connections without findings.
    private var parts: [Template.Values] {
        let split = listed.firstIndex { $0.severity == .ok } ?? listed.endIndex
        let table: Template.Values = [
            "id": .text("connections"), "heading": .text("Connections"), "count": .count(listed.count),
            "isTable": .truth(true), "hasCards": .truth(false), "legend": .truth(false),
            "rows": .items(listed.count) { ConnectionPart(listed[$0], files: summary.sources).values },
        ]
        let findings = cards("findings", "Findings", listed[..<split], hasLegend: true)
        let others = cards(
            "others", "Connections without problems", listed[split...], hasLegend: split == listed.startIndex)
        return (findings.map { [$0] } ?? []) + [table] + (others.map { [$0] } ?? [])
    }

    /// A section with the cards of `diagnoses`, of which those with an index below the limit have drawings; nil: no cards.
    private func cards(
        _ id: String, _ heading: String, _ diagnoses: ArraySlice<Diagnosis>, hasLegend: Bool
    ) -> Template.Values? {
        if diagnoses.isEmpty { return nil }
        let start = diagnoses.startIndex
        return [
            "id": .text(id), "heading": .text(heading), "count": .count(diagnoses.count), "isTable": .truth(false),
            "hasCards": .truth(true),
            "legend": hasLegend
                ? .items([["shapes": .items(Self.legend) { ["shape": .text($0.shape), "words": .text($0.text)] }]])
                : .truth(false),
            "cards": .items(diagnoses.count) { index in
                ConnectionPart(diagnoses[start + index], files: summary.sources).section(
                    isDrawn: start + index < Self.drawingLimit, kept, ticks)
            },
        ]
    }

    /// Each shape and its meaning.
    private static let legend: [(shape: String, text: String)] = SegmentKind.allCases.compactMap { kind in
        switch kind {
        // These share the shapes of the kinds below.
        case .abortReset, .ownReset, .refusableReset, .data, .challenge: nil
        case .peerReset: (kind.shape, "RST of an end")
        case .retransmission: (kind.shape, "one byte of data, or its retransmission")
        case .acknowledgment: (kind.shape, "unrelated or challenge ACK")
        default: (kind.shape, kind.drawingText)
        }
    }

    // MARK: Summary

    private var summaryValues: Template.Values {
        let tally = summary.tally
        let kinds = SegmentKind.allCases.indices.filter { summary.counts.kinds[$0] > 0 }
        return [
            "wireshark": .text(summary.version.name),
            "files": .items(summary.files) { ["name": .text(displayName($0))] },
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
                    "json": .text("kinds." + kind.name), "words": .text(kind.drawingText), "shape": .text(kind.shape),
                    "count": .count(summary.counts.kinds[index]), "exact": .number(summary.counts.kinds[index]),
                    "unmarked": .count(summary.counts.unmarked[index]),
                    "misnamed": .count(summary.counts.misnamed[index]),
                ]
            },
            "failures": .items(failures, Self.count),
            "hasFailures": .truth(!failures.isEmpty), "hasDamage": .truth(!summary.damaged.isEmpty),
            "damages": .items(summary.damaged.map { ["sentence": .text($0.damage.sentence)] }),
        ]
    }

    /// Packets that were not decoded, and what was evicted.
    private var failures: [(String, String, UInt64)] {
        let tally = summary.tally
        let counts = Layer.allCases.map { layer in
            ("undecodable.\(layer.name)", "packet", "not decoded at the \(layer.name) layer", tally.failures(at: layer))
        }
        let others = [
            ("unknown_link_type", "packet", "of an unknown link type", tally.unknownLinkType),
            ("evicted_datagrams", "fragmented datagram", "evicted to limit memory", tally.evictedDatagrams),
            ("evicted_connections", "connection", "evicted to limit memory", summary.counts.evicted),
        ]
        return (counts + others).filter { $0.3 > 0 }.map { json, noun, rest, count in
            (json, "\(noun)\(count == 1 ? "" : "s") \(rest)", count)
        }
    }

    private static func count(_ item: (json: String, words: String, count: UInt64)) -> Template.Values {
        [
            "json": .text(item.json), "words": .text(item.words), "count": .count(item.count),
            "exact": .number(item.count),
        ]
    }

    // MARK: Paths

    private static func values(of path: PathTimeout) -> Template.Values {
        [
            "first": .text(network(path.networks.first)), "second": .text(network(path.networks.second)),
            "connections": .count(path.connections), "exact": .number(path.connections),
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
