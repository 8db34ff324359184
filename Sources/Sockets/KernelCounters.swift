/// What the kernel counts for the network namespace of this process.
public struct KernelCounters: Sendable, Equatable {
    /// Keep-alive probes that it decided to send (TCPKeepAlive).
    public var keepAliveProbes: Int
    /// Zero-window probes that it decided to send (TCPWinProbe).
    public var windowProbes: Int
    /// Connections that it gave up after a timeout (TCPAbortOnTimeout).
    public var abortsOnTimeout: Int

    /// The counts given.
    public init(keepAliveProbes: Int, windowProbes: Int, abortsOnTimeout: Int) {
        self.keepAliveProbes = keepAliveProbes
        self.windowProbes = windowProbes
        self.abortsOnTimeout = abortsOnTimeout
    }

    /// What was counted from `earlier` to these.
    public func since(_ earlier: KernelCounters) -> KernelCounters {
        KernelCounters(
            keepAliveProbes: keepAliveProbes - earlier.keepAliveProbes,
            windowProbes: windowProbes - earlier.windowProbes,
            abortsOnTimeout: abortsOnTimeout - earlier.abortsOnTimeout)
    }

    /// What these counts, made while `marked` keep-alives were seen on the wire, tell a person.
    public func sentence(marked: UInt64) -> String {
        var text =
            "this host's kernel meanwhile: \(keepAliveProbes) keep-alive probes (TCPKeepAlive), \(windowProbes) "
            + "zero-window probes (TCPWinProbe), \(abortsOnTimeout) connections timed out (TCPAbortOnTimeout)"
        if keepAliveProbes > 0, marked == 0 {
            text += "; none of its probes was seen: they went by another interface, or never left the host"
        } else if keepAliveProbes + windowProbes > marked {
            text += "; fewer were seen (\(marked)): some went by another interface, or never left the host"
        } else if keepAliveProbes + windowProbes < marked {
            text += "; more were seen (\(marked)): others are the peers', or retransmissions that look alike"
        }
        return text
    }
}
