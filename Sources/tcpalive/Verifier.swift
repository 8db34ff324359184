import Capture
import KeepAlive
import Report
import Sockets
import Wire

/// Watches the connection of `tcpalive client --verify` on the wire, and judges it by the options of its socket.
struct Verifier: ~Copyable {
    private var live: LiveCapture
    private var batch = PacketBatch()
    private var decoder = SegmentDecoder()
    private var segments = SegmentBatch()
    /// What passed before the connection was told from others: the handshake, and at most `earlyLimit` segments.
    private var early: [Segment] = []
    private static let earlyLimit = 65_536
    /// The endpoints as `Sockets` writes them, once the connection is there.
    private var ends: (local: String, remote: String)?
    private var observation: ProbeObservation?
    private var kernelBefore: Int?

    /// Captures on all interfaces what goes to and comes from `port`. Throws why that cannot be done.
    init(port: String) throws(CaptureError) {
        var settings = LiveCapture.Settings()
        settings.isImmediate = true
        settings.filter = "tcp port \(port)"
        live = try LiveCapture(on: ["any"], settings)
    }

    /// What becomes readable when packets have come.
    var descriptors: [Int32] { live.descriptors }

    /// The connection that is to be judged is that of `client`.
    mutating func begin(_ client: borrowing KeepAliveClient) {
        kernelBefore = KernelCounters.now()?.keepAliveProbes
        ends = (client.localEndpoint.description, client.remoteEndpoint.description)
        takePackets()
    }

    /// Takes the packets that have come.
    mutating func takePackets() {
        live.next(into: &batch)
        segments.removeAll()
        decoder.decode(batch, into: &segments)
        if observation == nil {
            early += segments.segments.prefix(Self.earlyLimit - early.count)
            tellApart()
        } else {
            for segment in segments.segments { observation?.observe(segment) }
        }
    }

    /// Begins the observation with what has passed, once a segment of the connection is among it.
    ///
    /// The handshake may come out of the ring only after connect(2) has returned.
    private mutating func tellApart() {
        guard let ends else { return }
        let first = early.first { Self.text($0.source) == ends.local && Self.text($0.destination) == ends.remote }
        guard let first else { return }
        var observation = ProbeObservation(prober: first.source, peer: first.destination)
        for segment in early { observation.observe(segment) }
        self.observation = observation
        early = []
    }

    /// Judges what has passed by the options `schedule` was made of; `cause` is how the connection ended, if it did.
    mutating func judge(_ schedule: ProbeSchedule?, cause: EndCause?) -> Verification? {
        let ending = cause.map { Verification.Ending(error: $0.errorName, time: WallClock.now) }
        let probes = KernelCounters.now()?.keepAliveProbes
        live.acceptNoMore()
        while !live.isDrained { takePackets() }
        guard let observation, let schedule else { return nil }
        let expectation = Verification.Expectation(
            idle: schedule.firstProbe.components.seconds, interval: schedule.interval.components.seconds,
            count: schedule.probes)
        let counted: Int? = if let probes, let kernelBefore { probes - kernelBefore } else { nil }
        return Verification(of: observation, expecting: expectation, ending: ending, kernelProbes: counted)
    }

    /// Packets that the kernel dropped: with any, nothing can be judged.
    var dropped: UInt64 { live.counters.droppedByKernel }

    /// `endpoint` as `Sockets` writes it.
    private static func text(_ endpoint: Wire.Endpoint) -> String {
        var text = TextBuffer()
        text.append(endpoint.address)
        return endpoint.address.version == .v4
            ? "\(text.string):\(endpoint.port)" : "[\(text.string)]:\(endpoint.port)"
    }
}

extension EndCause {
    /// The C name of the error that recv(2) gave; nil for FIN.
    fileprivate var errorName: String? {
        switch self {
        case .closedByPeer: nil
        case .timedOut: "ETIMEDOUT"
        case .reset: "ECONNRESET"
        case .unreachable: "EHOSTUNREACH"
        case .failed(let error): "\(error)"
        }
    }
}

extension Verification {
    /// The judgement for people, a line a field.
    var lines: [String] {
        let width = checks.map(\.field.count).max() ?? 0
        return checks.map { check in
            let field = check.field + String(repeating: " ", count: width - check.field.count)
            let tolerance = check.tolerance.isEmpty ? "" : " (\(check.tolerance))"
            return "\(check.passes ? "pass" : "FAIL")  \(field)  expected \(check.expected)\(tolerance), "
                + "actual \(check.actual)"
        }
    }
}
