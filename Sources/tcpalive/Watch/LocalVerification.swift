import KeepAlive
import Report
import Sockets

extension LocalSockets {
    /// Compares the probes of each connection in `findings` with the options of the socket that sent them, where those are
    /// known. What cannot be judged is left out, unless the reason is that the options were changed.
    func verify(_ findings: borrowing some Findings & ~Copyable) -> [ProbeVerification] {
        var verifications: [ProbeVerification] = []
        if isEmpty { return verifications }
        findings.forEachDiagnosis { verifications += verify($0) }
        return verifications
    }

    /// The same for the connection of `diagnosis`.
    func verify(_ diagnosis: Diagnosis) -> [ProbeVerification] {
        Connection.End.allCases.compactMap { end in
            guard let entry = self[diagnosis, end], let options = entry.socket.options,
                let schedule = ProbeSchedule(options)
            else { return nil }
            var verification = Verification(
                of: diagnosis.side(end), peer: diagnosis.side(end.other),
                expecting: Verification.Expectation(schedule), ending: nil, kernelProbes: nil,
                optionsDelay: max(0, (entry.known ?? 0) &- diagnosis.connection.firstTime), judgesAnswers: false)
            verification.excuseFailures(of: entry.changes.quantities, .optionsChanged)
            switch verification.obstacle {
            case nil, .undecided(.optionsChanged): break
            default: return nil
            }
            let ends = (diagnosis.connection.originator, diagnosis.connection.responder)
            return ProbeVerification(
                prober: end == .originator ? ends.0 : ends.1, peer: end == .originator ? ends.1 : ends.0,
                verification: verification, socket: entry.socket)
        }
    }
}

/// Decides which mismatches between probes and options are printed during a capture, each once.
///
/// The options may have been changed a moment ago, and the next look at the socket shows that. So a mismatch must last.
struct LiveMismatches {
    /// When each mismatch appeared (ns since 1970); `Int64.max`: it was printed.
    private var since: [LocalSockets.End: Int64] = [:]

    /// How long a mismatch must last (ns).
    private static let patience: Int64 = 2_000_000_000
    /// No more are remembered, so that memory is bounded.
    private static let limit = 10_000

    /// Takes a verification of the connection with this number at `time` (ns since 1970); returns whether to print it.
    mutating func take(_ verified: ProbeVerification, _ connection: UInt64, at time: Int64) -> Bool {
        guard let prober = verified.prober else { return false }
        let end = LocalSockets.End(connection, prober)
        let fails = verified.verification.obstacle == nil && !verified.verification.passes
        guard let start = since[end] else {
            if fails, since.count < Self.limit { since[end] = time }
            return false
        }
        if start == .max { return false }
        if !fails {
            since[end] = nil
            return false
        }
        if time &- start < Self.patience { return false }
        since[end] = .max
        return true
    }
}

extension LocalSockets.Changes {
    /// The quantities in which probes from before the change may differ.
    fileprivate var quantities: [Verification.Quantity] {
        var quantities: [Verification.Quantity] = []
        if contains(.start) { quantities += [.firstProbe, .period, .idlePeriod] }
        if contains(.interval) { quantities += [.interval, .period, .idlePeriod, .resetAfterLastProbe] }
        if contains(.count) { quantities += [.probesBeforeGivingUp] }
        return quantities
    }
}

extension Verification.Expectation {
    /// The probes of `schedule`.
    init(_ schedule: ProbeSchedule) {
        self.init(
            idle: schedule.firstProbe.components.seconds, interval: schedule.interval.components.seconds,
            count: schedule.probes,
            userTimeout: schedule.userTimeout.map {
                $0.components.seconds * 1_000_000_000 + $0.components.attoseconds / 1_000_000_000
            })
    }
}
