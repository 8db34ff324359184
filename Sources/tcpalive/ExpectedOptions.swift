import ArgumentParser
import KeepAlive
import Report
import Sockets

/// The options that probes should have, as the command line writes them: `idle=60`, `idle=2m,interval=15s,count=4`.
struct ExpectedOptions: Sendable, Equatable {
    /// What they promise.
    let expectation: Verification.Expectation

    /// The options in `argument`: one or more, in any order. Throws `ValidationError`, with the reason, where one is
    /// given twice, unknown, or of a value that the kernel would refuse.
    init(_ argument: String) throws {
        if argument.isEmpty { throw ValidationError("no option given. \(Self.usage)") }
        var values: [KeepAliveOption: Int] = [:]
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = Self.options.first(where: { $0.key == pair[0] })?.option else {
                throw ValidationError("there is no option \"\(pair[0])\". \(Self.usage)")
            }
            let number: Int? =
                if pair.count < 2 { nil } else { option == .count ? Int(pair[1]) : Self.seconds(pair[1]) }
            guard let number else {
                let need = option == .count ? "a whole number" : "a time, such as 60, 60s, 2m, 1h or 1m30s"
                throw ValidationError("\(part): \(pair[0]) needs \(need).")
            }
            if values[option] != nil { throw ValidationError("\(pair[0]) is given twice.") }
            do {
                try option.check(number)
            } catch {
                throw ValidationError("\(part): \(error).")
            }
            values[option] = number
        }
        expectation = Verification.Expectation(
            idle: values[.idle].map(Int64.init), interval: values[.interval].map(Int64.init), count: values[.count])
    }

    /// The seconds of a time such as `60`, `60s`, `2m`, `1h` or `1m30s`; nil where `text` is none.
    private static func seconds(_ text: Substring) -> Int? {
        if let seconds = Int(text) { return seconds }
        var rest = text
        var seconds = 0
        for (unit, length) in [("h", 3600), ("m", 60), ("s", 1)] as [(Character, Int)] {
            guard let end = rest.firstIndex(of: unit) else { continue }
            let digits = rest[..<end]
            // So few that no product overflows.
            guard (1...9).contains(digits.count), digits.allSatisfy({ ("0"..."9").contains($0) }),
                let number = Int(digits)
            else { return nil }
            seconds += number * length
            rest = rest[rest.index(after: end)...]
        }
        return rest.isEmpty && !text.isEmpty ? seconds : nil
    }

    private static let options: [(key: String, option: KeepAliveOption)] = [
        ("idle", .idle), ("interval", .interval), ("count", .count),
    ]
    private static let usage =
        "Give one or more of idle, interval and count, as in idle=60 or idle=60,interval=15,count=4."
}

/// The judgement of probes by the options that they should have.
struct JudgementOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Compare keep-alive probes with the socket options that you expect: one or more of idle, interval and count, "
                + "such as idle=60 or idle=2m,interval=15s,count=4. With idle, a connection that was idle for longer "
                + "without a probe fails, too.", valueName: "options"),
        transform: { try ExpectedOptions($0) })
    var expect: ExpectedOptions?

    @Option(
        name: .customLong("junit"),
        help: ArgumentHelp(
            "Also write the results of --expect and --fail-on to this file, as JUnit XML.", valueName: "file"))
    var junitFile: String?

    /// From which severity on a verdict is a failure.
    enum FailureLevel: String, CaseIterable, ExpressibleByArgument {
        case notice, warning, failure

        /// The severity.
        var severity: Severity {
            switch self {
            case .notice: .notice
            case .warning: .warning
            case .failure: .failure
            }
        }
    }

    @Option(help: ArgumentHelp("Exit with status 1 if any finding is at least this severe.", valueName: "severity"))
    var failOn: FailureLevel?

    func validate() throws {
        if junitFile != nil, !isWanted { throw ValidationError("--junit requires --expect or --fail-on.") }
    }

    /// Whether anything is judged.
    var isWanted: Bool { expect != nil || failOn != nil }

    /// Judges, of each connection in `findings`, the ends that probed, or that neither did although a probe was due.
    ///
    /// Where there is nothing to judge, the judgements say why.
    func judge(_ findings: borrowing some Findings & ~Copyable, dropped: UInt64 = 0) -> [JudgedProbes] {
        guard let expectation = expect?.expectation else { return [] }
        if dropped > 0 { return [JudgedProbes(obstacle: "\(dropped) packets were dropped by the kernel")] }
        var judgements: [JudgedProbes] = []
        var explanations: [JudgedProbes] = []
        findings.forEachDiagnosis { diagnosis in
            let connection = diagnosis.connection
            let originator = (connection.originator, connection.fromOriginator)
            let responder = (connection.responder, connection.fromResponder)
            let ends = [(own: originator, other: responder), (own: responder, other: originator)]
            for (own, other) in ends where own.1.probes > 0 {
                let verification = Verification(
                    of: own.1, peer: other.1, expecting: expectation, ending: nil, kernelProbes: nil)
                judgements.append(JudgedProbes(prober: own.0, peer: other.0, verification: verification))
            }
            if ends.contains(where: { $0.own.1.probes > 0 }) { return }
            // It is not known which end should have probed.
            if let verification = Verification(ofNeither: originator.1, nor: responder.1, expecting: expectation) {
                judgements.append(
                    JudgedProbes(prober: originator.0, peer: responder.0, verification: verification))
                return
            }
            for (own, other) in ends {
                guard let reason = Verification.whyNoneWasDue(own.1) else { continue }
                explanations.append(
                    JudgedProbes(prober: own.0, peer: other.0, verification: Verification(obstacle: reason)))
            }
        }
        if !judgements.isEmpty { return judgements }
        if !explanations.isEmpty { return explanations }
        let verification = Verification(withoutProbesExpecting: expectation)
        return [JudgedProbes(prober: nil, peer: nil, verification: verification)]
    }

    /// Writes `judgements`, and the findings that fail, to the JUnit file if one is wanted. Frames are in `files`.
    func writeJUnitFile(
        _ judgements: [JudgedProbes], _ findings: borrowing some Findings & ~Copyable, files: SourceFiles
    ) throws {
        guard let junitFile else { return }
        let failed: FailedFindings? =
            if let failOn { FailedFindings(findings, atLeast: failOn.severity, files: files) } else { nil }
        try writeJUnit(judgements, failed, to: junitFile)
    }

    /// Throws the exit status for `judgements` and `findings`.
    func end(_ judgements: [JudgedProbes], _ findings: borrowing some Findings & ~Copyable) throws {
        if let failOn {
            try findings.forEachDiagnosis { diagnosis throws in
                if diagnosis.severity >= failOn.severity { throw ExitStatus.failedExpectation }
            }
        }
        if expect != nil { throw judgements.exitStatus }
    }
}

extension [JudgedProbes] {
    /// The exit status that the judgements deserve: 1 where one failed, 4 where nothing could be judged, otherwise 0.
    var exitStatus: ExitCode {
        if contains(where: { $0.exitStatus == ExitStatus.failedExpectation }) { return ExitStatus.failedExpectation }
        return allSatisfy { $0.exitStatus == .success } ? .success : ExitStatus.inconclusive
    }
}
