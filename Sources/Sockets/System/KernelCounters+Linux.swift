#if os(Linux)
    internal import Platform

    extension KernelCounters {
        /// The counters of this network namespace. The file stays open: in a sandbox it could not be opened again.
        private static let file = try? systemOpen("/proc/self/net/netstat", O_RDONLY | O_CLOEXEC)

        /// The counters now; nil if they cannot be read.
        public static func now() -> KernelCounters? {
            guard let file, let text = systemContents(of: file) else { return nil }
            return KernelCounters(text)
        }

        /// The counters in `text`, the contents of /proc/net/netstat; nil if one is missing.
        init?(_ text: String) {
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }.map { $0.split(separator: " ") }
            guard lines.count == 2 else { return nil }
            func count(_ name: Substring) -> Int? {
                guard let column = lines[0].firstIndex(of: name), column < lines[1].count else { return nil }
                return Int(lines[1][column])
            }
            guard let probes = count("TCPKeepAlive"), let windowProbes = count("TCPWinProbe"),
                let aborts = count("TCPAbortOnTimeout")
            else { return nil }
            self.init(
                keepAliveProbes: probes, windowProbes: windowProbes, abortsOnTimeout: aborts,
                ignoredICMPErrors: count("OutOfWindowIcmps") ?? 0)
        }
    }
#endif
