#if os(Linux)
    internal import CSandbox
    internal import Platform

    /// The user and the groups with which a process that was started by root reads packets.
    struct Identity: Sendable, Equatable {
        /// What sentences call the user.
        let name: String
        let user: uid_t
        let group: gid_t
        /// Supplementary groups.
        let groups: [gid_t]

        /// The user `name`, which may be a number, with all groups. Throws if there is none.
        init(named name: String) throws(SandboxError) {
            let number = uid_t(name)
            if let account = Account(named: name) ?? number.flatMap({ Account(number: $0) }) {
                self.init(account)
            } else if let number {
                // Containers have users without names.
                self.init(name: name, user: number, group: number, groups: [])
            } else {
                throw SandboxError(description: "-Z \(name): there is no such user; give a name, or a number")
            }
        }

        /// The user who started the process through sudo(8), by the variables that it sets; nil: it was not.
        init?(invoking variable: (String) -> String?) {
            guard let user = variable("SUDO_UID").flatMap({ uid_t($0) }), user != 0 else { return nil }
            if let account = Account(number: user) {
                self.init(account)
            } else {
                let group = variable("SUDO_GID").flatMap { gid_t($0) } ?? user
                self.init(name: String(user), user: user, group: group, groups: [])
            }
        }

        /// The user nobody.
        static var nobody: Identity {
            let account = Account(named: "nobody")
            // It is in no other group, and looking for one takes a while.
            return Identity(name: "nobody", user: account?.user ?? 65534, group: account?.group ?? 65534, groups: [])
        }

        /// What this process is now.
        static var present: Identity {
            var groups = [gid_t](repeating: 0, count: 65536)
            let count = unsafe getgroups(Int32(groups.count), &groups)
            return Identity(
                name: String(geteuid()), user: geteuid(), group: getegid(),
                groups: Array(groups.prefix(max(0, Int(count)))))
        }

        private init(name: String, user: uid_t, group: gid_t, groups: [gid_t]) {
            (self.name, self.user, self.group, self.groups) = (name, user, group, groups)
        }

        private init(_ account: Account) {
            self.init(name: account.name, user: account.user, group: account.group, groups: account.groups)
        }

        /// Calls `body` with the identity as C has it.
        func withC<Result>(_ body: (UnsafePointer<tcpalive_identity>) -> Result) -> Result {
            unsafe groups.withUnsafeBufferPointer { groups in
                var identity = unsafe tcpalive_identity(
                    user: user, group: group, groups: groups.baseAddress, group_count: groups.count)
                return unsafe body(&identity)
            }
        }
    }

    /// An entry of the system's list of users (passwd(5)).
    private struct Account {
        let name: String
        let user: uid_t
        let group: gid_t

        init?(named name: String) {
            unsafe self.init(getpwnam(name))
        }

        init?(number: uid_t) {
            unsafe self.init(getpwuid(number))
        }

        private init?(_ entry: UnsafeMutablePointer<passwd>?) {
            guard let entry = unsafe entry, let name = unsafe entry.pointee.pw_name else { return nil }
            self.name = unsafe String(cString: name)
            user = unsafe entry.pointee.pw_uid
            group = unsafe entry.pointee.pw_gid
        }

        /// All groups of the user (getgrouplist(3)).
        var groups: [gid_t] {
            var count: Int32 = 64
            var groups = [gid_t](repeating: 0, count: Int(count))
            while unsafe getgrouplist(name, group, &groups, &count) < 0 {
                if count <= groups.count { return [group] }
                groups = [gid_t](repeating: 0, count: Int(count))
            }
            return Array(groups.prefix(Int(count)))
        }
    }
#endif
