import KeepAlive
import Report
import Sockets

extension LocalSockets {
    /// Compares the probes of each connection in `findings` with the options of the socket that sent them, where those are
    /// known. What cannot be judged is left out, unless the reason is that the options were changed.
    func verify(_ findings: borrowing some Findings & ~Copyable) -> [ProbeVerification] {
        var verifications: [ProbeVerification] = []
        if isEmpty { return verifications }
        findings.forEachDiagnosis { diagnosis in
            for end in Connection.End.allCases {
                guard let entry = self[diagnosis, end], let options = entry.socket.options,
                    let schedule = ProbeSchedule(options)
                else { continue }
                var verification = Verification(
                    of: diagnosis.side(end), peer: diagnosis.side(end.other),
                    expecting: Verification.Expectation(schedule), ending: nil, kernelProbes: nil)
                verification.excuseFailures(of: entry.changes.quantities, .optionsChanged)
                switch verification.obstacle {
                case nil, .undecided(.optionsChanged): break
                default: continue
                }
                let ends = (diagnosis.connection.originator, diagnosis.connection.responder)
                verifications.append(
                    ProbeVerification(
                        prober: end == .originator ? ends.0 : ends.1, peer: end == .originator ? ends.1 : ends.0,
                        verification: verification, socket: entry.socket))
            }
        }
        return verifications
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
            count: schedule.probes)
    }
}
