internal import Platform
internal import Synchronization

/// A running program of the system, without its standard error. `deinit` kills and reaps it unless `wait` was called.
struct ChildProcess: ~Copyable {
    private var identifier: pid_t

    /// Starts the program `arguments[0]`, which is searched in `PATH`, with `input` and `output` as its standard input and
    /// output.
    init(_ arguments: [String], input: Int32, output: Int32) throws(SystemError) {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // A process group of its own: if Ctrl-C ended the program too, its output would look damaged.
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe words.indices { unsafe free(words[index]) } }
        var environment: [UnsafeMutablePointer<CChar>?] = unsafe [nil]
        var started: pid_t = 0
        let code = spawning.withLock { _ in
            unsafe posix_spawnp(&started, arguments[0], &actions, &attributes, &words, &environment)
        }
        guard code == 0 else { throw SystemError(code: code) }
        identifier = started
    }

    deinit {
        guard identifier > 0 else { return }
        kill(identifier, SIGKILL)
        Self.reap(identifier)
    }

    /// Waits for the end of the program and returns its exit status, or 128 plus the signal that ended it.
    consuming func wait() -> Int32 {
        let status = Self.reap(identifier)
        identifier = 0
        // The exit status is the second byte, the signal that ended the program the first: wait(2).
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 &+ (status & 0x7F)
    }

    @discardableResult
    private static func reap(_ identifier: pid_t) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        return status
    }
}
