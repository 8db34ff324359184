import Analysis
import ArgumentParser
import Capture
import KeepAlive
import Report
import Sockets
import Wire

/// Captures the connection of `tcpalive client --verify` and checks it against the options of its socket.
struct Verifier: ~Copyable {
    private var live: LiveCapture
    private var analysis: CaptureAnalysis
    /// The endpoints, once the connection is there.
    private var ends: (local: Wire.Endpoint, remote: Wire.Endpoint)?
    private var kernelBefore: Int?
    private var others: OtherProbers?
    /// How long the last answer to a probe took; nil before any.
    private(set) var lastReply: Duration?

    /// Captures on all interfaces the segments from and to `port`, and ICMP errors.
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

    /// The connection to check is that of `client`.
    mutating func begin(_ client: borrowing KeepAliveClient) {
        kernelBefore = KernelCounters.now()?.keepAliveProbes
        ends = (Wire.Endpoint(client.localEndpoint), Wire.Endpoint(client.remoteEndpoint))
        others = OtherProbers(beside: client.localEndpoint, client.remoteEndpoint)
        lookAtOthers()
    }

    /// Checks whether other connections may probe, which the kernel counts too. To be called now and then.
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

    /// Checks the captured segments against `schedule`; `cause` is how the connection ended, nil if it was still open.
    mutating func judge(_ schedule: ProbeSchedule?, cause: EndCause?) -> ProbeVerification {
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
        let expectation = Verification.Expectation(
            idle: schedule.firstProbe.components.seconds, interval: schedule.interval.components.seconds,
            count: schedule.probes)
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
        // The last one of these endpoints, should the port have been used before.
        for connection in analysis.pipeline.tracker.connections(all: true).reversed() {
            if (connection.originator, connection.responder) == (ends.local, ends.remote) { return (connection, true) }
            if (connection.originator, connection.responder) == (ends.remote, ends.local) { return (connection, false) }
        }
        return nil
    }
}

extension Wire.Endpoint {
    /// `endpoint` of a socket as packets show it.
    fileprivate init(_ endpoint: Sockets.Endpoint) {
        func number(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        let bytes = endpoint.headerAddress
        let address =
            bytes.count == 4
            ? IPAddress(v4: UInt32(truncatingIfNeeded: number(bytes)))
            : IPAddress(v6: number(bytes.prefix(8)), number(bytes.suffix(8)))
        self.init(address, endpoint.port)
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
