#if os(Linux)
    /// A program that this process has started, and its output.
    package struct ChildProcess: ~Copyable {
        /// The number of the process.
        package let number: Int32
        /// Its standard output and standard error.
        package let output: Descriptor

        /// Starts the program at `path` with `arguments` (posix_spawn(3)). It reads nothing. It has the variables of this process
        /// but for those in `changes`: another value, or nil, none.
        package init(
            _ path: String, _ arguments: [String], changing changes: [String: String?] = [:]
        ) throws(SystemError) {
            var pipe = try Pipe()
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            unsafe posix_spawn_file_actions_init(&actions)
            unsafe posix_spawnattr_init(&attributes)
            defer {
                unsafe posix_spawn_file_actions_destroy(&actions)
                unsafe posix_spawnattr_destroy(&attributes)
            }
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            for target in [1, 2] as [Int32] {
                unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writing, target)
            }
            // Ctrl-C in the terminal is for this process, which ends the others.
            unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
            var words: [UnsafeMutablePointer<CChar>?] = unsafe ([path] + arguments).map { unsafe strdup($0) }
            defer { unsafe words.forEach { unsafe free($0) } }
            unsafe words.append(nil)
            var variables: [UnsafeMutablePointer<CChar>?] = unsafe Self.environment(changes).map { unsafe strdup($0) }
            defer { unsafe variables.forEach { unsafe free($0) } }
            unsafe variables.append(nil)
            var number: pid_t = 0
            let code = unsafe posix_spawn(&number, path, &actions, &attributes, words, variables)
            guard code == 0 else { throw SystemError(code: code) }
            self.number = number
            output = Descriptor(pipe.takeReading())
        }

        /// The variables of this process with `changes`, each with its value.
        private static func environment(_ changes: [String: String?]) -> [String] {
            var variables: [String] = []
            var next = unsafe environ
            while let entry = unsafe next.pointee {
                let variable = unsafe String(cString: entry)
                let name = String(variable.prefix { $0 != "=" })
                if changes[name] == nil { variables.append(variable) }
                unsafe next += 1
            }
            return variables + changes.compactMap { name, value in value.map { "\(name)=\($0)" } }
        }

        /// Sends `signal` to it.
        package func send(_ signal: Int32) {
            _ = kill(number, signal)
        }

        /// Waits for its end, and returns its exit status, or 128 and the signal that ended it.
        package func wait() -> Int32 {
            var status: Int32 = 0
            while unsafe waitpid(number, &status, 0) < 0, errno == EINTR {}
            return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
        }
    }
#endif
