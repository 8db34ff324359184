/// Counters of the kernel for the network namespace of this process (TcpExt in /proc/net/netstat).
public struct KernelCounters: Sendable, Equatable {
    /// Keep-alive probes that the kernel decided to send (TCPKeepAlive).
    public var keepAliveProbes: Int
    /// Zero-window probes that the kernel decided to send (TCPWinProbe).
    public var windowProbes: Int
    /// Connections given up after a timeout (TCPAbortOnTimeout).
    public var abortsOnTimeout: Int
    /// ICMP errors ignored because they quote a sequence number outside the window, as errors about keep-alive probes
    /// do (OutOfWindowIcmps).
    public var ignoredICMPErrors: Int

    /// An instance with these counts.
    public init(keepAliveProbes: Int, windowProbes: Int, abortsOnTimeout: Int, ignoredICMPErrors: Int = 0) {
        self.keepAliveProbes = keepAliveProbes
        self.windowProbes = windowProbes
        self.abortsOnTimeout = abortsOnTimeout
        self.ignoredICMPErrors = ignoredICMPErrors
    }

    /// The increase since `earlier`.
    public func since(_ earlier: KernelCounters) -> KernelCounters {
        KernelCounters(
            keepAliveProbes: keepAliveProbes - earlier.keepAliveProbes,
            windowProbes: windowProbes - earlier.windowProbes,
            abortsOnTimeout: abortsOnTimeout - earlier.abortsOnTimeout,
            ignoredICMPErrors: ignoredICMPErrors - earlier.ignoredICMPErrors)
    }
}
