package import Sockets

extension KernelCounters {
    /// A sentence about these counts, compared with the packets seen meanwhile.
    ///
    /// - Parameters:
    ///   - probes: the keep-alive probes of this host that were seen.
    ///   - windowProbes: the zero-window probes of this host that were seen.
    ///   - isFiltered: whether a filter may have excluded others.
    package func sentence(probes: UInt64, windowProbes: UInt64, isFiltered: Bool = false) -> String {
        let counts = [
            (keepAliveProbes, probes, "keep-alive probe", "TCPKeepAlive"),
            (self.windowProbes, windowProbes, "zero-window probe", "TCPWinProbe"),
        ]
        let parts = counts.map { number, seen, noun, name in
            let difference = Self.difference(number, seen: seen, isFiltered)
            return "\(counted(number, noun)) (\(name)\(difference))"
        }
        return "this host's kernel meanwhile: " + parts.joined(separator: ", ")
            + ", \(counted(abortsOnTimeout, "connection")) timed out (TCPAbortOnTimeout)"
    }

    private static func difference(_ number: Int, seen: UInt64, _ isFiltered: Bool) -> String {
        let reasons =
            (isFiltered ? "did not match the filter, " : "") + "went by another interface, or never left the host"
        if number > 0, seen == 0 { return "; none was seen from this host: they \(reasons)" }
        if number > seen { return "; \(seen) seen from this host: the others \(reasons)" }
        return number < seen ? "; \(seen) seen from this host: the others are not its kernel's" : ""
    }
}
