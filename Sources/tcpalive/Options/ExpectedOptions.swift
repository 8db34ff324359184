import ArgumentParser
import KeepAlive
import Platform
import Report
import Sockets

/// The argument of --expect: socket options such as `idle=60` or `idle=2m,interval=15s,count=4`.
struct ExpectedOptions: Sendable, Equatable {
    /// The expected values.
    let expectation: Verification.Expectation

    /// The options in `argument`: one or more, in any order. Throws `ValidationError` with the reason if one is
    /// unknown, given twice, or has a value that the kernel would refuse.
    init(_ argument: String) throws {
        if argument.isEmpty { throw ValidationError("no option given. \(Self.usage)") }
        var values: [KeepAliveOption: Int] = [:]
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let option = Self.options.first(where: { $0.key == pair[0] })?.option else {
                throw ValidationError("there is no option \"\(pair[0])\". \(Self.usage)")
            }
            let number: Int? =
                if pair.count < 2 { nil } else { option == .count ? Int(pair[1]) : seconds(in: pair[1]) }
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

    private static let options: [(key: String, option: KeepAliveOption)] = [
        ("idle", .idle), ("interval", .interval), ("count", .count),
    ]
    private static let usage =
        "Give one or more of idle, interval and count, as in idle=60 or idle=60,interval=15,count=4."
}

/// The options for checks that decide the exit status: --expect and --fail-on.
struct CheckOptions: ParsableArguments {
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
            "Also write the results of --expect and --fail-on to this file, as JUnit XML.", valueName: "file"),
        completion: .file())
    var junitFile: String?

    /// The lowest severity that fails.
    enum FailureLevel: String, CaseIterable, ExpressibleByArgument {
        case notice, warning, failure

        /// The severity of this level.
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
        if junitFile != nil, !isRequested { throw ValidationError("--junit requires --expect or --fail-on.") }
    }

    /// Whether there is anything to check.
    var isRequested: Bool { expect != nil || failOn != nil }

    /// Compares the probes of each connection in `findings` with the expected options. If neither end sent a probe
    /// although one was due, that fails.
    ///
    /// If nothing can be compared, the result has the reasons.
    func verify(_ findings: borrowing some Findings & ~Copyable, dropped: UInt64 = 0) -> [ProbeVerification] {
        guard let expectation = expect?.expectation else { return [] }
        if dropped > 0 { return [ProbeVerification(obstacle: .packetsDropped(dropped))] }
        var verifications: [ProbeVerification] = []
        var explanations: [ProbeVerification] = []
        findings.forEachDiagnosis { diagnosis in
            let connection = diagnosis.connection
            let originator = (connection.originator, connection.fromOriginator)
            let responder = (connection.responder, connection.fromResponder)
            let ends = [(own: originator, other: responder), (own: responder, other: originator)]
            for (own, other) in ends where own.1.probes > 0 {
                let verification = Verification(
                    of: own.1, peer: other.1, expecting: expectation, ending: nil, kernelProbes: nil)
                verifications.append(ProbeVerification(prober: own.0, peer: other.0, verification: verification))
            }
            if ends.contains(where: { $0.own.1.probes > 0 }) { return }
            // Either end may have had keep-alive enabled.
            if let verification = Verification(ofNeither: originator.1, nor: responder.1, expecting: expectation) {
                verifications.append(
                    ProbeVerification(prober: originator.0, peer: responder.0, verification: verification))
                return
            }
            for (own, other) in ends {
                guard let reason = Verification.whyNoneWasDue(own.1) else { continue }
                explanations.append(
                    ProbeVerification(prober: own.0, peer: other.0, verification: Verification(obstacle: reason)))
            }
        }
        if !verifications.isEmpty { return verifications }
        if !explanations.isEmpty { return explanations }
        let verification = Verification(withoutProbesExpecting: expectation)
        return [ProbeVerification(prober: nil, peer: nil, verification: verification)]
    }

    /// Writes `verifications` and the findings that fail to the JUnit file, if the option is given. `sources` have the
    /// frames.
    func write(
        _ verifications: [ProbeVerification], _ findings: borrowing some Findings & ~Copyable, sources: SourceFiles,
        to file: inout JUnitFile?
    ) throws(OutputError) {
        let failed: FailedFindings? =
            if let failOn { FailedFindings(findings, atLeast: failOn.severity, files: sources) } else { nil }
        try file?.finish(verifications, failed)
    }

    /// Throws the exit status for `verifications` and `findings`. What was evicted, by the counts in `tally`, cannot be checked:
    /// then nothing passes.
    func end(
        _ verifications: [ProbeVerification], _ findings: borrowing some Findings & ~Copyable, _ tally: ConnectionTally
    ) throws {
        if let failOn {
            try findings.forEachDiagnosis { diagnosis throws in
                if diagnosis.severity >= failOn.severity { throw ExitStatus.failedExpectation }
            }
        }
        if verifications.exitStatus == ExitStatus.failedExpectation { throw ExitStatus.failedExpectation }
        let unchecked = tally.evictedWithFindings
        if isRequested, unchecked > 0 {
            inform(
                "\(counted(Int(clamping: unchecked), "connection")) could not be checked, because memory was short: use a "
                    + "larger --memory")
            throw ExitStatus.inconclusive
        }
        if expect != nil { throw verifications.exitStatus }
    }
}

extension [ProbeVerification] {
    /// The exit status: 1 if one fails, otherwise 4 if one could not be checked, otherwise 0.
    var exitStatus: ExitCode {
        if contains(where: { $0.exitStatus == ExitStatus.failedExpectation }) { return ExitStatus.failedExpectation }
        return allSatisfy { $0.exitStatus == .success } ? .success : ExitStatus.inconclusive
    }
}
