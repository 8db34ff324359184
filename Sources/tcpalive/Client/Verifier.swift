import Analysis
import ArgumentParser
import Capture
import KeepAlive
import Platform
import Report
import Sockets
import Wire

/// Captures the connection of `tcpalive client --verify` and checks it against the options of its socket.
struct Verifier: ~Copyable {
    private var live: LiveCapture
    private var analysis: CaptureAnalysis
    /// The ends of the connection; nil before `begin`.
    private var ends: (local: Endpoint, remote: Endpoint)?
    /// The schedule by the options of the socket; nil before `begin`, and if a value is unknown.
    private var schedule: ProbeSchedule?
    private var kernelBefore: Int?
    private var others: OtherProbers?
    /// The time between the last answered probe and its answer; nil before the first.
    private(set) var lastReply: Duration?

    /// Captures the segments from and to `port`, and ICMP errors, on all interfaces.
    init(port: String) throws(CaptureError) {
        var analysisSettings = AnalysisSettings()
        analysisSettings.keepsAll = true
        analysis = CaptureAnalysis(analysisSettings)
        var settings = LiveCapture.Settings()
        settings.isImmediate = true
        settings.filter = "tcp port \(port) or \(LiveCapture.errorFilter)"
        live = try LiveCapture(on: ["any"], settings)
    }

    /// The descriptors that become readable when packets have arrived.
    var descriptors: [Int32] { live.descriptors }

    /// Starts checking the connection of `client`.
    mutating func begin(_ client: borrowing KeepAliveClient) throws(SocketError) {
        schedule = ProbeSchedule(try client.options())
        kernelBefore = KernelCounters.now()?.keepAliveProbes
        let ends = (client.localAddress.endpoint, client.remoteAddress.endpoint)
        self.ends = ends
        others = OtherProbers(besides: ends.0, ends.1)
        lookAtOthers()
    }

    /// Looks for other connections that may probe, because the kernel counts their probes too. Call it regularly.
    mutating func lookAtOthers() {
        others?.look()
    }

    /// Processes the packets that have arrived.
    mutating func takePackets() {
        analysis.advance(&live)
        guard let ends else { return }
        for event in analysis.events where event.kind == .answer && !event.isCopy {
            guard let reply = event.reply, event.segment.destination == ends.local,
                event.segment.source == ends.remote
            else { continue }
            lastReply = .nanoseconds(reply)
        }
    }

    /// Checks the captured segments against the options; `cause` is how the connection ended, nil if it was still open.
    mutating func verify(cause: EndCause?) -> ProbeVerification {
        let ending = cause.map {
            Verification.Ending(error: $0.errorName.map(Verification.ErrorName.init(rawValue:)), time: WallClock.now)
        }
        lookAtOthers()
        let probes = KernelCounters.now()?.keepAliveProbes
        let othersProbe = others?.mayHaveProbed() ?? false
        live.acceptNoMore()
        while !live.isDrained { takePackets() }
        let dropped = live.counters.droppedByKernel
        guard let found = connection(), let schedule else {
            return ProbeVerification(obstacle: .connectionNotCaptured)
        }
        if dropped > 0 { return ProbeVerification(obstacle: .packetsDropped(dropped)) }
        let expectation = Verification.Expectation(schedule)
        let counted: Int? = if let probes, let kernelBefore { probes - kernelBefore } else { nil }
        let (connection, isOriginator) = found
        let sides = (connection.fromOriginator, connection.fromResponder)
        let verification = Verification(
            of: isOriginator ? sides.0 : sides.1, peer: isOriginator ? sides.1 : sides.0, expecting: expectation,
            ending: ending, kernelProbes: counted, othersProbe: othersProbe)
        return ProbeVerification(
            prober: isOriginator ? connection.originator : connection.responder,
            peer: isOriginator ? connection.responder : connection.originator, verification: verification)
    }

    /// The connection on the wire, and whether this end is its originator.
    private func connection() -> (connection: Connection, isOriginator: Bool)? {
        guard let ends else { return nil }
        // The last connection with these ends: the port may have been used before.
        for connection in analysis.pipeline.tracker.connections(all: true).reversed() {
            if (connection.originator, connection.responder) == (ends.local, ends.remote) { return (connection, true) }
            if (connection.originator, connection.responder) == (ends.remote, ends.local) { return (connection, false) }
        }
        return nil
    }
}

extension ProbeVerification {
    /// No result, for the reason `obstacle`.
    init(obstacle: Verification.Obstacle) {
        self.init(prober: nil, peer: nil, verification: Verification(obstacle: obstacle))
    }

    /// The exit status for the result: 0, 1 or 4.
    var exitStatus: ExitCode {
        if verification.obstacle != nil { return ExitStatus.inconclusive }
        return verification.passes ? .success : ExitStatus.failedExpectation
    }
}
