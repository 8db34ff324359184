#if os(Linux)
    internal import CSandbox
    internal import Platform

    /// The files that a process may open while it reads packets (landlock(7)): in most cases none.
    struct FileRules: ~Copyable {
        private let ruleset: Descriptor

        /// Where --resolve finds the servers to ask, names, and the modules of the C library.
        private static let resolving = [
            "/etc", "/run", "/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/var/lib",
            "/proc",
        ]

        /// The rules for a process with `needs`. Throws if the kernel has no Landlock.
        ///
        /// Paths that do not exist are left out: they are opened now, with the rights that the process has.
        init(for needs: Needs) throws(SystemError) {
            let number = tcpalive_landlock_create(needs.resolvesNames ? 0 : 1)
            guard number >= 0 else { throw .last }
            ruleset = Descriptor(number)
            var paths = needs.readablePaths
            if needs.resolvesNames { paths += Self.resolving }
            let rights = UInt64(TCPALIVE_READ_FILE.rawValue | TCPALIVE_READ_DIRECTORY.rawValue)
            for path in paths {
                unsafe _ = path.withFileName { unsafe tcpalive_landlock_allow_path(number, $0, rights) }
            }
        }

        /// Applies the rules to this thread and those that it starts.
        func apply() throws(SystemError) {
            guard tcpalive_landlock_enforce(ruleset.number) == 0 else { throw .last }
        }
    }
#endif
