#if os(Linux)
    internal import CSandbox
    internal import Platform
    internal import Synchronization

    /// The process that names, removes and opens output files for this one (keeper.c).
    ///
    /// Outputs are opened before rights are given up: as the user that the process becomes, so that they belong to that user,
    /// and as root if that user may not.
    final class KeeperProcess: OutputKeeper {
        private struct State {
            /// The socket to the process; nil: it has not started.
            var socket: Int32?
            /// The number of the next file.
            var next: UInt32 = 0
            /// Whether the process must stay root to name the files.
            var needsRoot = false
            var isSealed = false
        }

        private let state = Lock(State())
        /// Whom this process becomes, and what it was before; nil: it stays what it is.
        private let identity: Identity?
        private let before: Identity?

        /// A keeper for a process that becomes `identity`; nil: it stays what it is.
        init(_ identity: Identity?) {
            self.identity = identity
            before = identity == nil ? nil : .present
        }

        /// Starts the process, if it has not started. Call it before there are threads.
        func start() throws(SystemError) {
            let socket: Result<Int32, SystemError> = state.withLock { state in
                if let socket = state.socket { return .success(socket) }
                let number =
                    if let identity {
                        unsafe identity.withC { unsafe tcpalive_keeper_start($0) }
                    } else {
                        tcpalive_keeper_start(nil)
                    }
                if number < 0 { return .failure(.last) }
                state.socket = number
                return .success(number)
            }
            _ = try socket.get()
        }

        /// The socket to the process; nil: it has not started.
        var socket: Int32? { state.withLock { $0.socket } }

        /// Makes the process give up all but what it needs for the files that were named so far.
        func seal() throws(SystemError) {
            let (isStarted, needsRoot) = state.withLock { state in
                state.isSealed = true
                return (state.socket != nil, state.needsRoot || identity == nil && geteuid() == 0)
            }
            if isStarted { try ask(TCPALIVE_SEAL, [needsRoot ? 1 : 0]) }
        }

        // MARK: OutputKeeper

        func opening<Result>(
            replacing existing: FileStatus?, _ open: () throws(SystemError) -> Result
        ) throws(SystemError) -> Result {
            guard let identity, let before, !state.withLock({ $0.isSealed }) else { return try open() }
            // Only root can give the new file the owner of the old one.
            if existing.map({ $0.owner == identity.user }) ?? true, act(as: identity, before) {
                defer { unsafe before.withC { unsafe tcpalive_act_as_before($0) } }
                do {
                    return try open()
                } catch .permissionDenied {
                    // Root may.
                } catch .notPermitted {
                    // Root may.
                }
            }
            state.withLock { $0.needsRoot = true }
            return try open()
        }

        private func act(as identity: Identity, _ before: Identity) -> Bool {
            unsafe identity.withC { identity in
                unsafe before.withC { unsafe tcpalive_act_as(identity, $0) }
            } == 0
        }

        func keep(_ temporaryPath: String, for target: String) throws(SystemError) -> UInt32 {
            try start()
            try ask(TCPALIVE_KEEP, FileName.bytes(of: temporaryPath) + [0] + FileName.bytes(of: target) + [0])
            return state.withLock { state in
                defer { state.next += 1 }
                return state.next
            }
        }

        func keep(prefix: String) throws(SystemError) {
            try start()
            try ask(TCPALIVE_KEEP_PREFIX, FileName.bytes(of: prefix) + [0])
            state.withLock { $0.next += 1 }
        }

        func finish(_ number: UInt32) throws(SystemError) {
            try ask(TCPALIVE_FINISH, Self.bytes(number))
        }

        func remove(_ number: UInt32) {
            _ = try? ask(TCPALIVE_REMOVE, Self.bytes(number))
        }

        func open(_ path: String) throws(SystemError) -> Int32 {
            if state.withLock({ $0.isSealed }) { return try ask(TCPALIVE_OPEN, FileName.bytes(of: path) + [0]) }
            return try opening(replacing: nil) { () throws(SystemError) in
                try systemOpen(path, O_WRONLY | O_CLOEXEC | O_CREAT | O_TRUNC, mode: 0o600)
            }
        }

        private static func bytes(_ number: UInt32) -> [UInt8] {
            unsafe withUnsafeBytes(of: number) { unsafe Array($0) }
        }

        /// Asks the process for `request` with the bytes `body`; returns the descriptor in the answer, -1 if it has none.
        @discardableResult
        private func ask(_ request: tcpalive_keeper_request, _ body: [UInt8]) throws(SystemError) -> Int32 {
            let message = [UInt8(request.rawValue)] + body
            guard message.count <= Int(TCPALIVE_KEEPER_MESSAGE) else { throw SystemError(code: ENAMETOOLONG) }
            guard let socket else { throw SystemError(code: EBADF) }
            var descriptor: Int32 = -1
            let code = unsafe tcpalive_keeper_ask(socket, message, message.count, &descriptor)
            if code != 0 { throw SystemError(code: code) }
            return descriptor
        }
    }
#endif
