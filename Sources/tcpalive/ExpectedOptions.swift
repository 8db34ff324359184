import ArgumentParser
import KeepAlive
import Report
import Sockets

/// The options that probes are held against, as the command line writes them: `idle=60,interval=15,count=4`.
struct ExpectedOptions: Sendable, Equatable {
    /// What they promise.
    let expectation: Verification.Expectation

    /// The options in `argument`, in any order. Throws `ValidationError`, with the reason, where one is missing, named
    /// twice, unknown, or of a value that the kernel would refuse.
    init(_ argument: String) throws {
        var values: [KeepAliveOption: Int] = [:]
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = Self.options.first(where: { $0.key == pair[0] })?.option else {
                throw ValidationError("there is no option \"\(pair[0])\", only idle, interval and count.")
            }
            guard pair.count == 2, let value = Int(pair[1]) else {
                throw ValidationError("\(part): \(pair[0]) wants a whole number, as in \(Self.example).")
            }
            if values[option] != nil { throw ValidationError("\(pair[0]) is named twice.") }
            do {
                try option.check(value)
            } catch {
                throw ValidationError("\(part): \(error).")
            }
            values[option] = value
        }
        let missing = Self.options.filter { values[$0.option] == nil }.map(\.key)
        guard let idle = values[.idle], let interval = values[.interval], let count = values[.count] else {
            throw ValidationError("\(missing.joined(separator: " and ")) missing; it is given as in \(Self.example).")
        }
        expectation = Verification.Expectation(idle: Int64(idle), interval: Int64(interval), count: count)
    }

    private static let options: [(key: String, option: KeepAliveOption)] = [
        ("idle", .idle), ("interval", .interval), ("count", .count),
    ]
    private static let example = "idle=60,interval=15,count=4"
}

/// The judgement of probes by the options that they should have.
struct JudgementOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Judge the probes by these options, as in idle=60,interval=15,count=4.", valueName: "options"),
        transform: { try ExpectedOptions($0) })
    var expect: ExpectedOptions?

    @Option(
        name: .customLong("junit"),
        help: ArgumentHelp(
            "Write the results of --expect and --fail-on to this file too, as JUnit XML.", valueName: "file"))
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

    /// Judges every end in `findings` that has probed; one judgement that says why, where none has.
    func judge(_ findings: borrowing some Findings & ~Copyable, dropped: UInt64 = 0) -> [JudgedProbes] {
        guard let expect else { return [] }
        if dropped > 0 { return [JudgedProbes(obstacle: "\(dropped) packets were dropped by the kernel")] }
        var judgements: [JudgedProbes] = []
        findings.forEachDiagnosis { diagnosis in
            let connection = diagnosis.connection
            let ends = [
                (connection.originator, connection.fromOriginator), (connection.responder, connection.fromResponder),
            ]
            for (own, other) in [(ends[0], ends[1]), (ends[1], ends[0])] where own.1.probes > 0 {
                let verification = Verification(
                    of: own.1, peer: other.1, expecting: expect.expectation, ending: nil, kernelProbes: nil)
                judgements.append(JudgedProbes(prober: own.0, peer: other.0, verification: verification))
            }
        }
        return judgements.isEmpty ? [JudgedProbes(obstacle: "no keep-alive probe was seen")] : judgements
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
