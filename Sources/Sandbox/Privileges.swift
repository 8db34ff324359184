internal import Platform

#if os(Linux)
    internal import CSandbox
#endif

/// The rights of this process, most of which it gives up before it reads the first packet.
///
/// 1. `init`: the process decides which user it becomes. From now on outputs are opened with the rights of that user, if possible.
/// 2. The command opens inputs, interfaces and outputs.
/// 3. `drop`, before there are threads: user, capabilities, files and system calls.
package struct Privileges: ~Copyable {
    #if os(Linux)
        private let identity: Identity?
        private let keeper: KeeperProcess
        /// Whether the user asked for the identity, so that the command must not go on without it.
        private let isDemanded: Bool
    #endif

    /// Prepares to become `user` (nil: the user who called sudo(8), otherwise nobody) if this process is root's. With
    /// `namesFiles`, files get their names, or are opened, after `drop`.
    ///
    /// Throws if there is no such user, or another user than root wants to become one.
    package init(user: String?, namesFiles: Bool) throws(SandboxError) {
        #if os(Linux)
            let identity = try Self.identity(user)
            let keeper = KeeperProcess(identity)
            if namesFiles {
                do {
                    try keeper.start()
                } catch {
                    throw SandboxError(description: "cannot start the process that names the output files: \(error)")
                }
            }
            (self.identity, self.keeper, isDemanded) = (identity, keeper, user != nil)
            OutputRights.keeper = keeper
        #else
            if let user {
                throw SandboxError(description: "-Z \(user): tcpalive can become another user only on Linux")
            }
        #endif
    }

    #if os(Linux)
        /// Whom the process becomes, by the option -Z `user`; nil: it stays what it is.
        static func identity(_ user: String?) throws(SandboxError) -> Identity? {
            guard geteuid() == 0 else {
                if let user, try Identity(named: user).user != geteuid() {
                    throw SandboxError(description: "-Z \(user): only root can become another user; omit it")
                }
                return nil
            }
            if let user { return try Identity(named: user) }
            // Another user started it with the rights of root (S_ISUID, inode(7)).
            if getuid() != 0 { return try Identity(named: String(getuid())) }
            return Identity(invoking: ColorRule.variable) ?? .nobody
        }
    #endif

    /// Gives up all rights but those for `needs`. Call it before there are threads.
    ///
    /// Returns a sentence on what this system cannot take away; nil: nothing. Throws if the process cannot become the user
    /// that it was asked to become.
    package consuming func drop(for needs: Needs) throws(SandboxError) -> String? {
        #if os(Linux)
            // The C library would look for it later.
            LocalZone.load()
            var missing: [String] = []
            func attempt(_ name: String, _ body: () throws(SystemError) -> Void) {
                do {
                    try body()
                } catch {
                    missing.append("\(name) (\(error))")
                }
            }
            // Sanitizers look at files, start programs and trace themselves.
            let isSanitized = tcpalive_is_sanitized() != 0
            // The rules name paths, which are opened with the rights of before.
            var files: FileRules?
            if !isSanitized { attempt("Landlock") { () throws(SystemError) in files = try FileRules(for: needs) } }
            attempt("limits for the process that names files") { () throws(SystemError) in try keeper.seal() }
            try becomeUser(&missing)
            attempt("dropping capabilities") { () throws(SystemError) in
                guard tcpalive_limit_capabilities(0) == 0 else { throw .last }
            }
            attempt("no_new_privs") { () throws(SystemError) in
                guard tcpalive_set_no_new_privileges() == 0 else { throw .last }
            }
            if let files { attempt("Landlock") { () throws(SystemError) in try files.apply() } }
            if !isSanitized {
                let rules = SystemCallRules(for: needs, keeper: keeper.socket)
                attempt("a filter of system calls") { () throws(SystemError) in try rules.apply() }
            }
            if missing.isEmpty { return nil }
            return "this system cannot restrict tcpalive completely, which goes on without "
                + missing.joined(separator: ", ")
        #else
            return "tcpalive keeps its rights while it reads packets: it can give them up only on Linux"
        #endif
    }

    #if os(Linux)
        /// Becomes the user of `identity`, if there is one; appends to `missing` if that is not possible.
        private func becomeUser(_ missing: inout [String]) throws(SandboxError) {
            // Of no use without the capability for it; then no program that could gain others can be started either.
            _ = tcpalive_drop_bounding_capabilities()
            guard let identity, unsafe identity.withC({ unsafe tcpalive_become($0) }) != 0 else { return }
            let error = SystemError.last
            if isDemanded { throw SandboxError(description: "-Z \(identity.name): cannot become that user: \(error)") }
            missing.append("becoming \(identity.name) (\(error))")
        }
    #endif
}
