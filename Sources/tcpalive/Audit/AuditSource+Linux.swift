#if os(Linux)
    import Platform
    import Report
    import Sockets
    import Wire

    /// The sockets of one network namespace or more, each with its process, its options and its assessment.
    struct AuditSource: ~Copyable {
        /// A list of sockets, and what to call its namespace; nil: that of this process.
        private final class Space {
            let name: String?
            /// The file that identifies it; nil: unknown.
            let status: FileStatus?
            let monitor: SocketMonitor

            init(_ name: String?, _ status: FileStatus?, _ monitor: consuming SocketMonitor) {
                self.name = name
                self.status = status
                self.monitor = monitor
            }

            func isSame(as namespace: borrowing NetworkNamespace) -> Bool {
                status?.isSame(as: namespace.status) ?? false
            }
        }

        /// Namespaces that could not be entered.
        private struct Closed {
            /// How many may not be entered.
            var hidden = 0
            /// Files in /run/netns that are not namespaces.
            var broken: [String] = []
        }

        /// The options of a socket, and the look that listed it last.
        private struct KnownOptions {
            var options: KeepAliveOptions?
            var look: UInt64
        }

        /// No more than about so many options are read again in one look, beside those of new sockets.
        private static let rereadAtOnce = 300
        /// Looking for owners takes at most this part of the time.
        private static let ownerShare = 50

        private let looksForProcesses: Bool
        private let pid: Int32?
        private let pathTimeout: Int?
        private var spaces: [Space] = []
        /// Whether all namespaces are listed, also those that come later.
        private var hasAllSpaces = false
        private var closed = Closed()
        private var reader = TimerReader()
        /// Whether there are several looks, which `reader` compares.
        private let repeats: Bool
        private var handles = ProcessHandles()
        /// Processes whose sockets may not be borrowed.
        private var refused: Set<Int32> = []
        private var users: [UInt32: String?] = [:]
        /// The names of the interfaces of this look.
        private var interfaces: [UInt32: String] = [:]
        private var owners = SocketOwners()
        /// Sockets without an owner in the last look that looked for owners. One that is newer may have one.
        private var ownerless: Set<UInt64> = []
        /// Whether this look has looked for owners.
        private var hasOwners = false
        /// Whether the process `pid` has ended.
        private var hasEnded = false
        /// When the owners may be looked for again.
        private var nextOwners = ContinuousClock.now
        /// The options of sockets that were listed before, by cookie.
        private var known: [UInt64: KnownOptions] = [:]
        /// The number of this look, and the sockets of the one before.
        private var look: UInt64 = 0
        private var lastCount = 0
        /// Sockets whose options are read in each look, whatever their number.
        var watched: Set<UInt64> = []
        /// Whether no list changed while it was read.
        private(set) var isComplete = true

        /// A source without namespaces. `pid`: only sockets of this process. `repeats`: it is read several times.
        init(looksForProcesses: Bool, pid: Int32?, pathTimeout: Int?, repeats: Bool) {
            self.looksForProcesses = looksForProcesses
            self.pid = pid
            self.pathTimeout = pathTimeout
            self.repeats = repeats
        }

        // MARK: Namespaces

        /// Adds the network namespace of this process.
        mutating func openOwn() throws(SocketError) {
            do throws(SystemError) {
                let monitor = try SocketMonitor()
                spaces.append(Space(nil, FileStatus(path: "/proc/self/ns/net"), monitor))
            } catch {
                throw .system("cannot ask the kernel for its sockets", error)
            }
        }

        /// Adds the namespace `name`, which may be a process id, unless it is there already.
        mutating func open(_ name: String) throws(SocketError) {
            do throws(SystemError) {
                let namespace = try NetworkNamespace(named: name)
                if spaces.contains(where: { $0.isSame(as: namespace) }) { return }
                let monitor = try SocketMonitor(of: namespace)
                spaces.append(Space(namespace.name, namespace.status, monitor))
            } catch {
                // Opening /proc/PID/ns/net is EACCES without the rights of ptrace(2), and entering EPERM.
                let right = error == .permissionDenied ? "CAP_SYS_PTRACE" : "CAP_SYS_ADMIN"
                throw .system("cannot enter the network namespace \(name)" + error.missingRight(right), error)
            }
        }

        /// Adds all namespaces of this host that can be entered.
        mutating func openAll() throws {
            try openOwn()
            // A host may have thousands of containers, and each takes a descriptor.
            _ = systemAllowDescriptors(1 << 16)
            hasAllSpaces = true
            try findSpaces()
        }

        /// Adds namespaces that are new, and gives up those that have no name and no process any more: an open socket would keep
        /// them.
        private mutating func findSpaces() throws {
            let known = spaces.dropFirst()
            var found = Array(spaces.prefix(1))
            var closed = Closed()
            let hidden = try NetworkNamespace.forEachOther { namespace in
                if let space = known.first(where: { $0.isSame(as: namespace) }) {
                    found.append(space)
                } else if let space = try Self.space(namespace, &closed) {
                    found.append(space)
                }
            }
            closed.hidden += hidden
            (spaces, self.closed) = (found, closed)
        }

        /// The sockets of `namespace`; nil if it cannot be entered, which is added to `closed`.
        private static func space(
            _ namespace: borrowing NetworkNamespace, _ closed: inout Closed
        ) throws(SocketError) -> Space? {
            let monitor: SocketMonitor
            do throws(SystemError) {
                monitor = try SocketMonitor(of: namespace)
            } catch {
                switch error {
                case .notPermitted, .permissionDenied: closed.hidden += 1
                // A file that ip-netns(8) has left.
                case .invalidArgument: closed.broken.append(namespace.name)
                default: throw .system("cannot enter the network namespace \(namespace.name)", error)
                }
                return nil
            }
            return Space(namespace.name, namespace.status, monitor)
        }

        // MARK: Sockets

        /// Reads all sockets in `states` that `isWanted`, adds them to `totals`, and calls `body` with each.
        mutating func forEachRow(
            in states: SocketStates, where isWanted: (HostSocket) -> Bool, _ totals: inout AuditTotals,
            _ body: (AuditedSocket) throws -> Void
        ) throws {
            isComplete = true
            refused.removeAll(keepingCapacity: true)
            if hasAllSpaces, look > 0 { try findSpaces() }
            if looksForProcesses { try findOwners() }
            if repeats { reader.beginLook() }
            interfaces.removeAll(keepingCapacity: true)
            look += 1
            var count = 0
            for space in spaces {
                totals.listeningPorts.removeAll(keepingCapacity: true)
                _ = try Self.list(space, SocketStates(.listen)) { totals.listeningPorts.insert($0.local.port) }
                let completeness = try Self.list(space, states) { socket in
                    guard isWanted(socket) else { return }
                    count += 1
                    let owner = owners.owner(of: socket.inode)
                    if let pid, owner?.process != pid { return }
                    let row = row(for: socket, of: owner, in: space.name)
                    totals.add(row, looksForProcesses: looksForProcesses && isOwnerKnown(of: socket, owner))
                    try body(row)
                }
                if completeness == .changed { isComplete = false }
            }
            lastCount = count
            if known.count > count * 2 { known = known.filter { $0.value.look == look } }
        }

        /// Whether the last search for owners says that `socket` has `owner`, or none.
        private mutating func isOwnerKnown(of socket: HostSocket, _ owner: SocketOwner?) -> Bool {
            if owner != nil || !repeats { return true }
            if hasOwners { ownerless.insert(socket.cookie) }
            return ownerless.contains(socket.cookie)
        }

        /// Looks for the processes of all sockets. In repeated looks it does so less often if it takes long.
        private mutating func findOwners() throws(SocketError) {
            let start = ContinuousClock.now
            hasOwners = start >= nextOwners
            guard hasOwners else { return }
            ownerless.removeAll(keepingCapacity: true)
            owners = SocketOwners(reading: pid)
            handles.removeAll()
            // A process that was there may end.
            hasEnded = look > 0 && owners.failure != nil
            if let pid, let error = owners.failure, !hasEnded {
                throw .system(
                    "cannot look at the descriptors of process \(pid)" + error.missingRight(SystemError.inspection),
                    error)
            }
            if repeats { nextOwners = start + start.duration(to: .now) * Self.ownerShare }
        }

        private static func list(
            _ space: Space, _ states: SocketStates, _ body: (HostSocket) throws -> Void
        ) throws -> SocketMonitor.Completeness {
            do {
                return try space.monitor.forEachSocket(in: states, body)
            } catch let error as SystemError {
                throw SocketError.system("cannot ask the kernel for its sockets (sock_diag)", error)
            }
        }

        private mutating func row(
            for socket: HostSocket, of owner: SocketOwner?, in namespace: String?
        ) -> AuditedSocket {
            let reading = repeats ? reader.read(socket) : TimerReading(socket)
            let options: KeepAliveOptions? = if let owner { options(of: socket, owner) } else { nil }
            return AuditedSocket(
                socket, owner: owner, program: owner.flatMap { owners.name(of: $0.process) },
                user: user(socket.user), namespace: namespace,
                interface: socket.interface == 0 ? nil : interface(socket.interface, in: namespace),
                reading: reading, options: options,
                assessment: SocketAssessment(socket, reading, options, pathTimeout: pathTimeout))
        }

        /// The options of `socket`. If there are many sockets, those that are known are read again in one look of several.
        private mutating func options(of socket: HostSocket, _ owner: SocketOwner) -> KeepAliveOptions? {
            if !repeats { return options(of: socket.inode, owner) }
            let turns = UInt64(lastCount / Self.rereadAtOnce + 1)
            let isDue = turns == 1 || (socket.cookie &+ look) % turns == 0 || watched.contains(socket.cookie)
            if !isDue, let found = known[socket.cookie] {
                known[socket.cookie]?.look = look
                return found.options
            }
            let options = options(of: socket.inode, owner)
            known[socket.cookie] = KnownOptions(options: options, look: look)
            return options
        }

        /// The options of the socket with `inode`, from a copy of the descriptor of `owner`; nil without the rights.
        private mutating func options(of inode: UInt32, _ owner: SocketOwner) -> KeepAliveOptions? {
            if refused.contains(owner.process) { return nil }
            do {
                return try BorrowedSocket(of: owner, inode: inode, &handles).options()
            } catch {
                // Another error concerns this socket only: it may be gone.
                if let error = error as? SystemError,
                    error == .notPermitted || error == .permissionDenied || error == .noSuchCall
                {
                    refused.insert(owner.process)
                }
                return nil
            }
        }

        /// The name of an interface; its number in another namespace, which has its own.
        private mutating func interface(_ number: UInt32, in namespace: String?) -> String {
            if namespace != nil { return String(number) }
            if let known = interfaces[number] { return known }
            let name = systemInterfaceName(number) ?? String(number)
            interfaces[number] = name
            return name
        }

        private mutating func user(_ number: UInt32) -> String? {
            if let known = users[number] { return known }
            let name = systemUserName(number)
            users.updateValue(name, forKey: number)
            return name
        }

        // MARK: What is hidden

        /// The number of processes whose descriptors may not be read.
        var hiddenProcesses: Int { owners.hiddenProcesses }

        /// Sentences on what is hidden or incomplete in `totals`.
        func notes(_ totals: AuditTotals) -> [String] {
            var notes: [String] = []
            if let pid, hasEnded { notes.append("Process \(pid) has ended.") }
            if totals.ownerless > 0 {
                let number = totals.ownerless == 1 ? "1 socket" : "\(totals.ownerless) sockets"
                notes.append(
                    !systemIsRoot
                        ? "The process of \(number) is hidden: only root sees the descriptors of other users' processes."
                        : hiddenProcesses > 0
                            ? "The process of \(number) is hidden: seeing it needs \(SystemError.inspection)."
                            : "The process of \(number) is hidden: it is none of those in this /proc.")
            }
            if totals.hasInferred, totals.unread > 0 {
                notes.append(
                    looksForProcesses
                        ? "Some settings are inferred from timers: reading them needs the rights of ptrace(2) (CAP_SYS_PTRACE)."
                        : "Settings are inferred from timers: without --no-processes they are read from the sockets.")
            }
            if closed.hidden > 0 {
                let right =
                    systemIsRoot ? "entering them needs CAP_SYS_ADMIN and CAP_SYS_PTRACE" : "only root may enter them"
                let number = closed.hidden == 1 ? "1 process or name is" : "\(closed.hidden) processes or names are"
                notes.append("The network namespace of \(number) hidden: \(right).")
            }
            for name in closed.broken.prefix(3) {
                notes.append("/run/netns/\(name) is no network namespace: `ip netns delete` removes it.")
            }
            if !isComplete {
                notes.append("Sockets were opened or closed while the list was read: it may lack some.")
            }
            return notes
        }
    }
#endif
