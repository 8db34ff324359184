#if os(Linux)
    import Platform
    import Report
    import Sandbox
    import Sockets
    import Wire

    /// A run of `tcpalive tune`.
    struct TuneSession: ~Copyable {
        /// A socket that is selected.
        private struct Target {
            let socket: HostSocket
            let owner: SocketOwner
        }

        private let selection: Tune.SelectionOptions
        private let change: Tune.ChangeOptions
        private let filter: SocketFilter
        private let monitor: SocketMonitor
        private var handles: ProcessHandles
        /// Whether a socket could not be changed.
        private var hasFailed = false

        /// Opens what is necessary, and gives up rights that are not.
        init(_ selection: Tune.SelectionOptions, _ change: Tune.ChangeOptions) throws {
            let filter = try SocketFilter(selection.sockets.filter)
            if let pid = selection.sockets.pid {
                try SelectedProcess.requireProcess(pid)
                try SelectedProcess.requireOwnNamespace(
                    pid, remedy: "run tcpalive tune there, by nsenter -t \(pid) -n")
            }
            let monitor = try Self.monitor()
            do throws(SystemError) {
                try InspectionRights.keepOnly()
            } catch {
                inform("this system cannot restrict tcpalive, which goes on with its rights (\(error))")
            }
            self.selection = selection
            self.change = change
            self.filter = filter
            self.monitor = monitor
            handles = ProcessHandles()
        }

        private static func monitor() throws(SocketError) -> SocketMonitor {
            do throws(SystemError) {
                return try SocketMonitor()
            } catch {
                throw .system("cannot ask the kernel for its sockets", error)
            }
        }

        /// Changes the sockets and prints each. Throws the exit status.
        mutating func run() throws {
            let owners = SocketOwners(reading: selection.sockets.pid)
            if let pid = selection.sockets.pid, let error = owners.failure {
                throw SocketError.system(
                    "cannot look at the descriptors of process \(pid)" + error.missingRight(SystemError.inspection),
                    error)
            }
            let (targets, ownerless) = try targets(owners)
            if targets.isEmpty {
                complain(ownerless == 0 ? nothing : "the processes of the selected sockets are hidden" + hint)
                throw ExitStatus.couldNotRun
            }
            for target in targets { try tune(target, owners.name(of: target.owner.process)) }
            if ownerless > 0 {
                hasFailed = true
                complain("the processes of \(counted(ownerless, "more socket")) are hidden" + hint)
            }
            if hasFailed { throw ExitStatus.couldNotRun }
        }

        /// What shows hidden processes.
        private var hint: String {
            systemIsRoot
                ? ": seeing them needs \(SystemError.inspection), and a /proc that shows them" : ": run as root"
        }

        /// Why no socket is selected.
        private var nothing: String {
            guard let pid = selection.sockets.pid else { return "no TCP socket is selected" }
            guard let descriptor = selection.descriptor else {
                return "process \(pid) has no TCP socket that is selected, in this network namespace"
            }
            return
                "descriptor \(descriptor) of process \(pid) is no TCP socket that is selected, in this network namespace"
        }

        /// The selected sockets in the order of their processes, and the number of those whose process is hidden.
        private func targets(_ owners: SocketOwners) throws -> ([Target], Int) {
            var inode: UInt32?
            if let pid = selection.sockets.pid, let descriptor = selection.descriptor {
                // A file may have the number of a socket.
                guard let status = FileStatus(path: "/proc/\(pid)/fd/\(descriptor)"), status.isSocket else {
                    return ([], 0)
                }
                inode = UInt32(truncatingIfNeeded: status.inode)
            }
            var targets: [Target] = []
            var ownerless = 0
            // A listening socket passes its options on to those that it accepts.
            let states = filter.states(usual: SocketStates.probing.union(SocketStates(.listen, .synSent)))
            do {
                _ = try monitor.forEachSocket(in: states) { socket in
                    if let inode, socket.inode != inode { return }
                    guard selection.sockets.hasPort(socket), filter.matches(socket) else { return }
                    guard let owner = owners.owner(of: socket.inode) else {
                        if selection.sockets.pid == nil, socket.inode != 0 { ownerless += 1 }
                        return
                    }
                    targets.append(Target(socket: socket, owner: owner))
                }
            } catch let error as SystemError {
                throw SocketError.system("cannot ask the kernel for its sockets (sock_diag)", error)
            }
            targets.sort {
                ($0.owner.process, $0.owner.descriptor) < ($1.owner.process, $1.owner.descriptor)
            }
            return (targets, ownerless)
        }

        /// Changes one socket, and prints its options before and after.
        private mutating func tune(_ target: Target, _ program: String?) throws {
            let (owner, socket) = (target.owner, target.socket)
            // Copies of a descriptor have other numbers.
            let name = "\(program ?? "")[\(owner.process)] fd \(selection.descriptor ?? owner.descriptor)"
            do {
                let borrowed = try BorrowedSocket(of: owner, inode: socket.inode, &handles)
                let before = try borrowed.options()
                let wanted = change.wanted(after: before)
                var failures: [OptionFailure] = []
                if !change.dryRun { failures = try borrowed.apply(wanted) }
                let after = change.dryRun ? before.changed(by: wanted) : try borrowed.options()
                for failure in failures {
                    hasFailed = true
                    complain("\(name): \(failure)")
                }
                // Numbers that are set while keep-alive is off count once it is on.
                let isHidden = !after.isEnabled && (wanted.idle ?? wanted.interval ?? wanted.count) != nil
                let texts = [before, after].map { isHidden ? $0.allSettingsText : $0.settingsText }
                try write(
                    "\(name)  \(socket.local) > \(socket.remote)  \(texts[0]) -> \(texts[1])"
                        + (change.dryRun ? " (not changed)" : before == after ? " (as before)" : ""))
            } catch let error as SystemError {
                hasFailed = true
                complain("\(name): \(error.sentence)")
            } catch let error as SocketError {
                hasFailed = true
                complain("\(name): \(error.description)")
            }
        }

        private func write(_ line: String) throws {
            var text = TextBuffer()
            text.append(printable: line)
            text.append("\n")
            try OutputDescriptor.standardOutput.write(text.bytes)
        }
    }

    extension KeepAliveOptions {
        /// The options after those of `change` were set.
        fileprivate func changed(by change: KeepAliveOptions) -> KeepAliveOptions {
            KeepAliveOptions(
                isEnabled: change.isEnabled, idle: change.idle ?? idle, interval: change.interval ?? interval,
                count: change.count ?? count, userTimeout: change.userTimeout ?? userTimeout)
        }
    }

    extension SystemError {
        /// Why a socket could not be borrowed, and what to do.
        fileprivate var sentence: String {
            switch self {
            case .notPermitted, .permissionDenied:
                let scope = systemContents(of: "/proc/sys/kernel/yama/ptrace_scope").flatMap { $0.first }
                return "no permission to borrow its sockets" + missingRight("CAP_SYS_PTRACE")
                    + (scope == nil || scope == "0"
                        ? "" : " (kernel.yama.ptrace_scope is \(scope ?? "0"), which refuses the user of the process)")
            case .noSuchCall: return "this kernel cannot borrow sockets: it takes Linux 5.6 or later (pidfd_getfd)"
            default: return "it cannot be borrowed: \(self)"
            }
        }
    }
#endif
