package import Platform

#if os(Linux)
    internal import CSandbox
#endif

/// The rights of a process that only looks at others.
package enum InspectionRights {
    /// Gives up all capabilities but those to look at processes of other users: CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE
    /// (capabilities(7)). If it `entersNamespaces`, CAP_SYS_ADMIN stays as well. Programs that it would start get none.
    package static func keepOnly(entersNamespaces: Bool = false) throws(SystemError) {
        #if os(Linux)
            _ = tcpalive_drop_bounding_capabilities()
            let kept: UInt64 = 1 << 2 | 1 << 19 | (entersNamespaces ? 1 << 21 : 0)
            guard tcpalive_limit_capabilities(kept) == 0, tcpalive_set_no_new_privileges() == 0 else {
                throw .last
            }
        #endif
    }
}
