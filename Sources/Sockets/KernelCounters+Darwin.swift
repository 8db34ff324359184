#if !os(Linux)
    /// What the kernel counts: here nothing that a program could read without privileges.
    public enum KernelCounters {
        /// Keep-alive probes that it decided to send; not known here.
        public static func keepAliveProbes() -> Int? { nil }
    }
#endif
