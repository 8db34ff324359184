public import KeepAlive
public import Wire

/// The judgement of one end's probes, and whose they are.
public struct JudgedProbes: Sendable {
    /// The end whose probes they are; nil where no connection was found.
    public var prober: Endpoint?
    /// The other end; nil where no connection was found.
    public var peer: Endpoint?
    /// The judgement.
    public var verification: Verification

    /// The judgement `verification` of the probes of `prober` to `peer`.
    public init(prober: Endpoint?, peer: Endpoint?, verification: Verification) {
        self.prober = prober
        self.peer = peer
        self.verification = verification
    }
}

extension TextBuffer {
    /// Appends the judgement for people, a line a field.
    public mutating func append(linesOf verification: Verification) {
        let width = verification.checks.map(\.field.count).max() ?? 0
        for check in verification.checks {
            switch check.outcome {
            case .passes: append("pass  ")
            case .fails: append("FAIL  ")
            case .notJudged: append("----  ")
            }
            let start = count
            append(check.field)
            pad(to: width, from: start)
            append("  expected \(check.expected)")
            if !check.tolerance.isEmpty { append(" (\(check.tolerance))") }
            append(", actual \(check.actual)")
            if check.outcome == .notJudged { append("; not judged: \(check.reason ?? "the reason is not known")") }
            append("\n")
        }
        for check in verification.checks where check.outcome == .fails {
            guard let reason = check.reason else { continue }
            append(sentence: reason)
            append("\n")
        }
    }

    /// Appends `clause` as a sentence of its own.
    private mutating func append(sentence clause: String) {
        append(clause.prefix(1).uppercased())
        append(String(clause.dropFirst()))
        append(".")
    }

    /// Appends what the judgement amounts to, in a sentence.
    public mutating func append(conclusionOf verification: Verification) {
        let failed = verification.checks.count { $0.outcome == .fails }
        if let obstacle = verification.obstacle {
            append("Cannot be judged: \(obstacle).")
        } else if failed == 0 {
            append("Verified: probes on the wire match the socket options.")
        } else {
            append("Not verified: \(failed) of \(verification.checks.count) differ.")
        }
    }

    /// Appends a `tcpalive.verification/1`.
    public mutating func appendRecord(_ judged: JudgedProbes) {
        beginRecord("tcpalive.verification/1")
        if let prober = judged.prober { members("prober_", prober) }
        if let peer = judged.peer { members("peer_", peer) }
        let verification = judged.verification
        member("outcome", verification.obstacle != nil ? "not_judged" : verification.passes ? "pass" : "fail")
        if let obstacle = verification.obstacle { member("reason", obstacle) }
        member("checks")
        append("[")
        for (index, check) in verification.checks.enumerated() {
            append(index > 0 ? ",{\"field\":" : "{\"field\":")
            append(json: check.field)
            member("expected", check.expected)
            if !check.tolerance.isEmpty { member("tolerance", check.tolerance) }
            member("actual", check.actual)
            if check.outcome != .notJudged { member("passes", check.passes) }
            if let reason = check.reason { member("reason", reason) }
            append("}")
        }
        append("]}")
    }
}
