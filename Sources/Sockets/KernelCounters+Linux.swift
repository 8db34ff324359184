#if os(Linux)
    /// What the kernel counts for the network namespace of this process.
    public enum KernelCounters {
        /// Keep-alive probes that it decided to send (TcpExt TCPKeepAlive, /proc/net/netstat); nil: not known.
        public static func keepAliveProbes() -> Int? {
            guard let text = systemContents(of: "/proc/self/net/netstat") else { return nil }
            let lines = text.split(separator: "\n").filter { $0.hasPrefix("TcpExt:") }.map { $0.split(separator: " ") }
            guard lines.count == 2, let column = lines[0].firstIndex(of: "TCPKeepAlive"), column < lines[1].count
            else { return nil }
            return Int(lines[1][column])
        }
    }
#endif
