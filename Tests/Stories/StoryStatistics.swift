import KeepAlive

/// The findings in many stories, and how many of them are false.
struct StoryStatistics {
    struct Row {
        var counts: [Confidence: Int] = [:]
        var falseHigh = 0
        var falseOther = 0
        var seeds: [UInt64] = []
    }

    private(set) var stories = 0
    private(set) var packets = 0
    private(set) var rows: [String: Row] = [:]
    private(set) var reasons: [String: (count: Int, seeds: [UInt64])] = [:]
    private(set) var paths: [String: (count: Int, seeds: [UInt64])] = [:]
    private(set) var policies: [String: (count: Int, seeds: [UInt64])] = [:]
    private(set) var recalls: [String: (count: Int, found: Int, high: Int, missed: [String: Int], seeds: [UInt64])] =
        [:]
    private(set) var contradictions = 0

    /// Adds a story. Returns its false findings of high confidence and false inferred settings.
    mutating func add(_ story: Story, _ diagnoses: [Diagnosis]) -> [StoryContradiction] {
        stories += 1
        packets += story.captured.count
        var found: [StoryContradiction] = []
        for diagnosis in diagnoses {
            guard let view = StoryView(story, diagnosis) else { continue }
            for finding in diagnosis.findings {
                let name = finding.verdict.rawValue
                rows[name, default: Row()].counts[finding.confidence, default: 0] += 1
                guard let reason = StoryRules(view: view, finding: finding).falsehood() else { continue }
                guard finding.confidence == .high else {
                    rows[name]?.falseOther += 1
                    continue
                }
                rows[name]?.falseHigh += 1
                if rows[name]?.seeds.count ?? 0 < 5 { rows[name]?.seeds.append(story.plan.seed) }
                Self.note(name + ": " + Self.generic(reason), story.plan.seed, &reasons)
                found.append(
                    StoryContradiction(verdict: name, connection: diagnosis.connection.number, reason: reason))
            }
            for reason in StoryPolicies(view: view).falsehoods() {
                Self.note(Self.generic(reason), story.plan.seed, &policies)
                found.append(
                    StoryContradiction(verdict: "settings", connection: diagnosis.connection.number, reason: reason))
            }
            if let expected = StoryRecall(view: view).expectation() { note(expected, diagnosis, story.plan.seed) }
        }
        for reason in paths(story, diagnoses) { Self.note(reason, story.plan.seed, &paths) }
        contradictions += found.count
        return found
    }

    /// The false idle times of the path, which have no confidence of their own.
    private func paths(_ story: Story, _ diagnoses: [Diagnosis]) -> [String] {
        let forgotten = story.world.flows.compactMap { $0.forgotten?.timeout }.min()
        return story.pathNumbers(diagnoses).flatMap { numbers -> [String] in
            var reasons: [String] = []
            if numbers.failed > 0 {
                if let forgotten {
                    if numbers.failed < forgotten - Nanoseconds.second / 10 {
                        reasons.append("an idle time is reported as failed, and the path survives it")
                    }
                } else {
                    reasons.append("an idle time is reported as failed, and the path has no timeout")
                }
            }
            if let least = story.plan.path.device?.idleTimeout, numbers.safe > least {
                reasons.append("an idle time is reported as safe, and the path does not survive it")
            }
            return reasons
        }
    }

    private mutating func note(_ expected: (name: String, verdicts: [Verdict]), _ diagnosis: Diagnosis, _ seed: UInt64)
    {
        var row = recalls[expected.name] ?? (0, 0, 0, [:], [])
        row.count += 1
        let matching = diagnosis.findings.filter { expected.verdicts.contains($0.verdict) }
        if matching.isEmpty {
            row.missed[diagnosis.verdict.rawValue, default: 0] += 1
            if row.seeds.count < 4 { row.seeds.append(seed) }
        } else {
            row.found += 1
            if matching.contains(where: { $0.confidence == .high }) { row.high += 1 }
        }
        recalls[expected.name] = row
    }

    private static func note(_ reason: String, _ seed: UInt64, _ table: inout [String: (count: Int, seeds: [UInt64])]) {
        var row = table[reason] ?? (0, [])
        row.count += 1
        if row.seeds.count < 5 { row.seeds.append(seed) }
        table[reason] = row
    }

    /// A reason without its numbers and the ends that it names.
    private static func generic(_ reason: String) -> String {
        var text = ""
        for character in reason.drop(while: { $0 == "C" || $0 == "S" || $0 == ":" || $0 == " " }) {
            if character.isNumber || (character == "." && text.last == "#") {
                if text.last != "#" { text.append("#") }
            } else {
                text.append(character)
            }
        }
        return text
    }

    var text: String {
        var lines = ["\(stories) stories, \(packets) captured packets, \(contradictions) contradictions"]
        func pad(_ text: String, _ width: Int) -> String {
            text.count >= width ? text : text + String(repeating: " ", count: width - text.count)
        }
        lines.append("\n" + pad("verdict", 24) + "   high medium    low   false(high) false(other)  seeds")
        for (name, row) in rows.sorted(by: { $0.key < $1.key }) {
            func number(_ value: Int, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - String(value).count)) + String(value)
            }
            lines.append(
                pad(name, 24) + number(row.counts[.high] ?? 0, 7) + number(row.counts[.medium] ?? 0, 7)
                    + number(row.counts[.low] ?? 0, 7) + number(row.falseHigh, 12) + number(row.falseOther, 13)
                    + "  " + row.seeds.map(String.init).joined(separator: " "))
        }
        lines.append("\nWhy findings of high confidence are false:")
        for (reason, row) in reasons.sorted(by: { $0.value.count > $1.value.count }) {
            lines.append("\(row.count)  \(reason)  \(row.seeds)")
        }
        lines.append("\nInferred settings that are false (complete captures):")
        for (reason, row) in policies.sorted(by: { $0.value.count > $1.value.count }) {
            lines.append("\(row.count)  \(reason)  \(row.seeds)")
        }
        lines.append("\nNumbers of paths that are false (not counted as contradictions):")
        for (reason, row) in paths.sorted(by: { $0.value.count > $1.value.count }) {
            lines.append("\(row.count)  \(reason)  \(row.seeds)")
        }
        lines.append(
            "\nFound where the capture shows all (found, with high confidence, of how many; else the verdict was):")
        for (name, row) in recalls.sorted(by: { $0.key < $1.key }) {
            let missed = row.missed.sorted { $0.value > $1.value }.prefix(5).map { "\($0.key) \($0.value)" }
            lines.append(
                pad(name, 28) + " \(row.found), \(row.high), \(row.count); " + missed.joined(separator: ", ")
                    + "  \(row.seeds)")
        }
        return lines.joined(separator: "\n")
    }
}
