#if !os(Linux)
    extension KernelCounters {
        /// Always nil: the kernel does not report such counts to programs without privileges.
        public static func now() -> KernelCounters? { nil }
    }
#endif
