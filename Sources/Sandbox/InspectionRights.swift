package import Platform

#if os(Linux)
    internal import CSandbox
#endif

/// The rights of a process that only looks at others.
package enum InspectionRights {
    /// Gives up all capabilities but those to look at processes of other users: CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE
    /// (capabilities(7)). If it `entersNamespaces`, CAP_SYS_ADMIN stays as well. Programs that it would start get none.
    ///
    /// Without CAP_SYS_PTRACE, as in many containers, all stay: the kernel lets a process look at another one of its user only if
    /// it has each capability of that (ptrace(2), access mode checks).
    package static func keepOnly(entersNamespaces: Bool = false) throws(SystemError) {
        #if os(Linux)
            _ = tcpalive_drop_bounding_capabilities()
            guard canTrace else {
                guard tcpalive_set_no_new_privileges() == 0 else { throw .last }
                return
            }
            let kept: UInt64 = 1 << 2 | 1 << 19 | (entersNamespaces ? 1 << 21 : 0)
            guard tcpalive_limit_capabilities(kept) == 0, tcpalive_set_no_new_privileges() == 0 else {
                throw .last
            }
        #endif
    }

    #if os(Linux)
        /// Whether this process has CAP_SYS_PTRACE.
        static var canTrace: Bool { tcpalive_has_capability(19) != 0 }
    #endif
}
