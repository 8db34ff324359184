/// What the kernel counts for the network namespace of this process.
public struct KernelCounters: Sendable, Equatable {
    /// Keep-alive probes that it decided to send (TCPKeepAlive).
    public var keepAliveProbes: Int
    /// Zero-window probes that it decided to send (TCPWinProbe).
    public var windowProbes: Int
    /// Connections that it gave up after a timeout (TCPAbortOnTimeout).
    public var abortsOnTimeout: Int
    /// ICMP errors that it ignored because they quote a sequence number outside the window, as those about keep-alive
    /// probes do (OutOfWindowIcmps).
    public var ignoredICMPErrors: Int

    /// An instance with these counts.
    public init(keepAliveProbes: Int, windowProbes: Int, abortsOnTimeout: Int, ignoredICMPErrors: Int = 0) {
        self.keepAliveProbes = keepAliveProbes
        self.windowProbes = windowProbes
        self.abortsOnTimeout = abortsOnTimeout
        self.ignoredICMPErrors = ignoredICMPErrors
    }

    /// What was counted from `earlier` to these.
    public func since(_ earlier: KernelCounters) -> KernelCounters {
        KernelCounters(
            keepAliveProbes: keepAliveProbes - earlier.keepAliveProbes,
            windowProbes: windowProbes - earlier.windowProbes,
            abortsOnTimeout: abortsOnTimeout - earlier.abortsOnTimeout,
            ignoredICMPErrors: ignoredICMPErrors - earlier.ignoredICMPErrors)
    }

    /// What these counts tell a person, made while `probes` keep-alives and `windowProbes` zero-window probes of this host
    /// were seen on the wire; `isFiltered`: by a filter that may have left out others.
    public func sentence(probes: UInt64, windowProbes: UInt64, isFiltered: Bool = false) -> String {
        let counted = [
            (keepAliveProbes, probes, "keep-alive probe", "TCPKeepAlive"),
            (self.windowProbes, windowProbes, "zero-window probe", "TCPWinProbe"),
        ]
        let parts = counted.map { number, seen, noun, name in
            let difference = Self.difference(number, seen: seen, isFiltered)
            return "\(number) \(noun)\(number == 1 ? "" : "s") (\(name)\(difference))"
        }
        return "this host's kernel meanwhile: " + parts.joined(separator: ", ")
            + ", \(abortsOnTimeout) connection\(abortsOnTimeout == 1 ? "" : "s") timed out (TCPAbortOnTimeout)"
    }

    private static func difference(_ number: Int, seen: UInt64, _ isFiltered: Bool) -> String {
        let reasons =
            (isFiltered ? "did not match the filter, " : "") + "went by another interface, or never left the host"
        if number > 0, seen == 0 { return "; none was seen from this host: they \(reasons)" }
        if number > seen { return "; \(seen) seen from this host: the others \(reasons)" }
        return number < seen ? "; \(seen) seen from this host: the others are not its kernel's" : ""
    }
}
