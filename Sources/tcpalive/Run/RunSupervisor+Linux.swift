#if os(Linux)
    import Platform
    import Sandbox
    import Sockets

    /// The process that sets the options of the sockets of a program that `tcpalive run` has started, and of all processes
    /// that this starts.
    ///
    /// A program can deceive it: it may change what a descriptor is while a call waits. But it decides nothing about
    /// security, and sets the options of sockets that the program has, or of none.
    struct RunSupervisor: ~Copyable {
        private let listener: HeldCallListener
        private let method: RunMethod
        private let settings: RunSettings
        /// The program, as long as it runs.
        private var program: Int32?
        /// The network namespace of this process.
        private let namespace = FileStatus(path: "/proc/self/ns/net")
        /// Whether the program may have a socket that this process should have made, and has not.
        private var hasOthers = false
        /// What was said already.
        private var notices: Set<Notice> = []

        /// What is said once.
        private enum Notice: Hashable {
            case notBorrowed, elsewhere, hidden, refused(String)
        }

        /// The permissions of sockets that this process has made: those of others are 0777, and mean nothing (fchmod(2)).
        private static let mark: mode_t = 0o700

        /// Answers the calls of `process`, which `socket` leads to, and of its descendants, until none is left.
        static func work(for process: Int32, _ socket: consuming HelperProcess, _ settings: RunSettings) {
            // Without these rights, `borrows` finds out what is possible.
            try? InspectionRights.keepOnly()
            do {
                let program = try openProcess(process)
                try socket.send(canBorrow(from: process) ? 0 : 1)
                if let answer = try socket.receive(), answer.descriptor >= 0,
                    let method = RunMethod(rawValue: answer.code)
                {
                    _ = consume socket
                    var supervisor = RunSupervisor(answer.descriptor, method, settings, program.number)
                    try supervisor.run()
                }
            } catch {
                inform("the process that sets the options of sockets has ended: \(error)")
            }
        }

        /// Whether this process has the rights to borrow descriptors of `process`: tries it with its standard error. The process
        /// is no descendant of this one, as none of its children will be, which kernel.yama.ptrace_scope makes a difference of.
        private static func canBorrow(from process: Int32) -> Bool {
            (try? BorrowedSocket(STDERR_FILENO, ofThread: process)) != nil
        }

        private init(_ listener: Int32, _ method: RunMethod, _ settings: RunSettings, _ program: Int32) {
            self.listener = HeldCallListener(listener)
            self.method = method
            self.settings = settings
            self.program = program
        }

        private mutating func run() throws {
            while true {
                var interests = [Interest(descriptor: listener.number)]
                if let program { interests.append(Interest(descriptor: program)) }
                try systemWait(&interests, until: nil)
                if interests.count > 1, interests[1].isReadable {
                    // Who reads the errors of the program must not wait for this process.
                    systemReplaceWithNothing(STDERR_FILENO)
                    program = nil
                }
                // No process has the filter any more.
                if interests[0].isBroken { return }
                if interests[0].isReadable, let call = try listener.next() { answer(call) }
            }
        }

        private mutating func answer(_ call: HeldCall) {
            switch call.kind {
            case .uses:
                _ = tune(call)
                listener.proceed(call)
            case .sets:
                let isDone = method == .borrows ? tune(call) : isMade(call)
                if isDone { listener.skip(call) } else { listener.proceed(call) }
            case .creates:
                if !create(call) { listener.proceed(call) }
            }
        }

        /// Sets the options of the socket that `call` uses. Returns whether it has all of them.
        private mutating func tune(_ call: HeldCall) -> Bool {
            do throws(SystemError) {
                let socket = try BorrowedSocket(call.arguments.0, ofThread: call.thread)
                // Otherwise the thread may be another one that has got its number.
                guard listener.isWaiting(call), isTCPSocket(socket.number) else { return false }
                return apply(to: socket.number)
            } catch {
                if error == .notPermitted || error == .permissionDenied {
                    let name = systemContents(of: "/proc/\(call.thread)/comm")?.prefix { $0 != "\n" } ?? ""
                    mention(
                        .notBorrowed,
                        "no permission to borrow sockets of \(name)[\(call.thread)]: those of TCP stay as they are")
                }
                return false
            }
        }

        /// Answers socket(2) with a socket that has the options; false if the kernel is to make one.
        private mutating func create(_ call: HeldCall) -> Bool {
            guard let isNear = self.isNear(call) else {
                guard listener.isWaiting(call) else { return false }
                hasOthers = true
                mention(
                    .hidden,
                    "sockets of process \(call.thread) stay as they are: its network namespace is unknown, and there is no "
                        + "permission to borrow them")
                return false
            }
            guard isNear else {
                hasOthers = true
                mention(
                    .elsewhere,
                    "sockets of process \(call.thread) stay as they are: it is in another network namespace, and there is no "
                        + "permission to borrow them")
                return false
            }
            let (family, type, protocolNumber) = call.arguments
            let number = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), protocolNumber)
            guard number >= 0 else {
                // Other reasons, such as a protocol that the kernel lacks, are those of the program as well.
                if SystemError.last.isOutOfDescriptors { hasOthers = true }
                return false
            }
            let socket = Descriptor(number)
            guard isTCPSocket(socket.number) else { return false }
            _ = apply(to: socket.number)
            // If that fails, the socket is taken for one of those that the program accepts.
            systemSetPermissions(socket.number, Self.mark)
            return listener.answer(
                call, with: socket.number, closesOnExec: type & Int32(SOCK_CLOEXEC.rawValue) != 0)
        }

        /// Whether the socket that `call` uses is one that this process has made.
        ///
        /// Sockets that the program accepts have the options of such a socket, and no mark. So those without a mark count too,
        /// until the program may have others.
        private func isMade(_ call: HeldCall) -> Bool {
            guard let file = FileStatus(path: "/proc/\(call.thread)/fd/\(call.arguments.0)"), file.isSocket else {
                return false
            }
            if file.permissions == Self.mark { return true }
            if hasOthers { return false }
            return isNear(call) == true
        }

        /// Whether the process of `call` is in the network namespace of this one; nil if that cannot be read.
        private func isNear(_ call: HeldCall) -> Bool? {
            guard let namespace, let other = FileStatus(path: "/proc/\(call.thread)/ns/net") else { return nil }
            return namespace.isSame(as: other)
        }

        /// Sets the options of the socket `number`; false if one could not be set.
        private mutating func apply(to number: Int32) -> Bool {
            do {
                let failures = try settings.apply(to: number)
                for failure in failures { mention(.refused(failure.name), failure.description) }
                return failures.isEmpty
            } catch {
                mention(.refused(""), error.description)
                return false
            }
        }

        /// Says `sentence` once, if that does not make the program wait.
        private mutating func mention(_ notice: Notice, _ sentence: String) {
            guard program != nil, notices.insert(notice).inserted else { return }
            var interests = [Interest(descriptor: STDERR_FILENO, reads: false, writes: true)]
            guard (try? systemWait(&interests, until: .now)) != nil, interests[0].isWritable else { return }
            inform(sentence)
        }
    }
#endif
