import KeepAlive
import Wire

/// A story as text: the truth, the captured packets, and the findings.
struct StoryDump {
    let story: Story

    /// Seconds with six decimals.
    static func seconds(_ time: Int64) -> String {
        let micro = time / 1000
        let (whole, part) = (micro / 1_000_000, (micro % 1_000_000).magnitude)
        let digits = String(part)
        return "\(whole)." + String(repeating: "0", count: 6 - digits.count) + digits
    }

    func text(_ diagnoses: [Diagnosis], contradictions: [StoryContradiction]) -> String {
        var lines = ["=== story \(story.plan.seed): \(story.plan.name)"]
        lines += truth()
        lines.append("--- captured (\(story.captured.count) packets)")
        lines += packets()
        lines.append("--- found")
        for diagnosis in diagnoses { lines += Self.lines(of: diagnosis) }
        for contradiction in contradictions { lines.append("!!! \(contradiction)") }
        return lines.joined(separator: "\n")
    }

    private func truth() -> [String] {
        let plan = story.plan
        var lines: [String] = []
        for side in [Side.client, .server] {
            let host = plan.hosts[side.rawValue]
            lines.append(
                "\(side.letter): \(host.stack), TTL \(host.timeToLive)/\(host.socketTimeToLive), id \(host.identification), retries \(host.retries)\(host.answersEmptyProbes ? "" : ", answers no empty probe")"
            )
        }
        let delay = plan.path.delay.map(Self.seconds)
        lines.append("path: delay \(delay), hops \(plan.path.hops), loss \(plan.path.loss)")
        if let device = plan.path.device { lines.append("device: \(device)") }
        for incident in plan.incidents { lines.append("incident: \(incident)") }
        for (index, connection) in plan.connections.enumerated() {
            for side in [Side.client, .server] {
                let keepAlive = connection.keepAlive[side.rawValue].map {
                    "idle \(Self.seconds($0.idle)) interval \(Self.seconds($0.interval)) count \($0.count) user timeout \($0.userTimeout.map(Self.seconds) ?? "-")"
                }
                for end in story.world.ends[index][side.rawValue] {
                    lines.append(
                        "connection \(index) \(side.letter): keep-alive \(keepAlive ?? "-"); \(end.state), \(end.cause) at \(end.endedAt.map(Self.seconds) ?? "-"), closed by application \(end.closedByApplicationAt.map(Self.seconds) ?? "-")"
                    )
                }
            }
            if let forgotten = story.world.flows[index].forgotten {
                lines.append(
                    "connection \(index): forgotten at \(Self.seconds(forgotten.time)) after \(Self.seconds(forgotten.timeout))"
                )
            }
        }
        lines.append("end \(Self.seconds(story.world.endedAt)); \(story.observation)")
        return lines
    }

    private func packets() -> [String] {
        var lines: [String] = []
        var previous: Int64?
        for (index, item) in story.captured.enumerated() where item.packet >= 0 {
            let packet = story.world.packets[item.packet]
            let flags = Self.letters(packet.flags)
            var line = "\(index + 1) \(Self.seconds(item.time)) (+\(Self.seconds(item.time - (previous ?? item.time))))"
            line += " \(packet.connection)\(packet.side.letter) [\(flags)] seq \(packet.sequence)"
            if packet.flags.contains(.ack) { line += " ack \(packet.acknowledgment)" }
            line += " win \(packet.window) len \(packet.length)"
            if packet.hasTimestamps { line += " TS \(packet.timestampValue)/\(packet.timestampEcho)" }
            line += " id \(packet.identification) ttl \(item.timeToLive)"
            line += "  # \(packet.purpose.rawValue)"
            if packet.isForged { line += " FORGED" }
            if packet.deliveredAt == nil { line += " LOST" }
            if item.isCopy { line += " copy" }
            lines.append(line)
            previous = item.time
        }
        return lines
    }

    private static func letters(_ flags: TCPFlags) -> String {
        let names: [(TCPFlags, String)] = [
            (.syn, "S"), (.fin, "F"), (.rst, "R"), (.psh, "P"), (.ack, "."), (.ece, "E"),
        ]
        return names.filter { flags.contains($0.0) }.map(\.1).joined()
    }

    private static func lines(of diagnosis: Diagnosis) -> [String] {
        let connection = diagnosis.connection
        var lines = [
            "connection \(connection.number): originator port \(connection.originator.port), \(seconds(connection.firstTime - Story.epoch)) to \(seconds(connection.lastTime - Story.epoch)), \(connection.ending)"
        ]
        for (name, side) in [("originator", connection.fromOriginator), ("responder", connection.fromResponder)] {
            let policy = name == "originator" ? diagnosis.originatorPolicy : diagnosis.responderPolicy
            guard side.probes > 0 else { continue }
            lines.append(
                "   \(name): \(side.probes) probes, \(side.answered) answered, \(side.unanswered) unanswered; idle \(range(policy.idle)), interval \(range(policy.interval)), count \(policy.count.map(String.init) ?? "-")"
            )
        }
        for finding in diagnosis.findings {
            let end = finding.end.map { "\($0)" } ?? "-"
            lines.append(
                "   \(finding.verdict.rawValue) (\(finding.severity.rawValue), \(finding.confidence.rawValue), \(end)) idle \(finding.details.idle.map(seconds) ?? "-") count \(finding.details.count.map(String.init) ?? "-")"
            )
        }
        return lines
    }

    private static func range(_ range: ClosedRange<Int64>?) -> String {
        range.map { "\($0.lowerBound)...\($0.upperBound)" } ?? "-"
    }
}
