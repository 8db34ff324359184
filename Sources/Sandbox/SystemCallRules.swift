#if os(Linux)
    internal import CSandbox
    internal import Platform

    /// The system calls that a process may make while it reads packets: all others fail with EPERM.
    ///
    /// An error is better than the end of the process, because a library may make a harmless call that is missing here, and
    /// nobody should lose a capture to that. The few calls of `killing` are different: no part of the program makes them, so
    /// the process has been taken over, and ends.
    struct SystemCallRules {
        /// Calls that are allowed whatever their arguments.
        private var allowed: [String] = []
        /// Calls that are allowed if an argument has a value in the bits of a mask.
        private var conditional: [Condition] = []

        private struct Condition {
            let call: String
            let argument: UInt32
            let mask: UInt64
            let value: UInt64
        }

        private typealias Group = (reason: String, calls: [String])

        /// What every command needs.
        private static let always: [Group] = [
            ("reads and writes open files", ["read", "readv", "pread64", "write", "writev", "lseek", "close"]),
            ("waits for input", ["poll", "ppoll"]),
            ("cuts and saves output", ["ftruncate", "fsync", "fdatasync"]),
            // The C library looks at the file of the time zone; it gives no access to contents.
            ("looks at files", ["fstat", "newfstatat", "statx"]),
            ("memory", ["brk", "munmap", "mremap", "madvise"]),
            ("threads", ["futex", "set_robust_list", "rseq", "sched_yield", "sched_getaffinity", "gettid", "exit"]),
            ("passes bytes between threads", ["pipe", "pipe2"]),
            ("signals", ["rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "restart_syscall"]),
            ("clocks", ["clock_gettime", "clock_getres", "gettimeofday", "time", "clock_nanosleep", "nanosleep"]),
            ("the seed of hash tables", ["getrandom"]),
            (
                "facts about itself and the machine",
                ["getpid", "getuid", "geteuid", "getrlimit", "prlimit64", "sysinfo"]
            ),
            ("the end", ["exit_group"]),
        ]

        /// What --resolve needs: the C library loads modules that read files and ask servers (nsswitch.conf(5)).
        private static let resolving: [Group] = [
            (
                "asks name servers",
                ["connect", "bind", "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown"]
            ),
            (
                "requests and answers",
                ["sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "select", "pselect6"]
            ),
            (
                "looks for modules",
                ["access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "fstatfs"]
            ),
            ("loads modules", ["mmap", "mprotect"]),
            (
                "the queue that waits for answers",
                ["epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2"]
            ),
            ("its timers", ["timerfd_create", "timerfd_settime"]),
            ("facts about itself", ["uname", "getgid", "getegid", "getppid", "sched_getparam", "sched_getscheduler"]),
            ("the priority of its threads", ["setpriority"]),
        ]

        /// Calls that end the process.
        private static let killing = ["execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"]

        /// The rules for a process with `needs` and, if it has one, the socket `keeper` to the process that keeps its files.
        init(for needs: Needs, keeper: Int32?) {
            allowed = Self.always.flatMap(\.calls)
            // Only threads, and no processes.
            allow("clone", 0, mask: 0x1_0000, is: 0x1_0000)  // CLONE_THREAD
            // abort(3), of this process only.
            allow("tgkill", 0, is: UInt64(getpid()))
            // Terminals: their width, and whether it is one. Not TIOCSTI, which types for the user.
            // TCGETS2 is for versions of the C library from 2.42 on.
            for request in [UInt64(TIOCGWINSZ), UInt64(TCGETS), 0x802C_542A] {
                allow("ioctl", 1, mask: 0xFFFF_FFFF, is: request)
            }
            for command in [F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC] {
                allow("fcntl", 1, mask: 0xFFFF_FFFF, is: UInt64(command))
            }
            if needs.resolvesNames {
                allowed += Self.resolving.flatMap(\.calls)
                for family in [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK] {
                    allow("socket", 0, mask: 0xFFFF_FFFF, is: UInt64(family))
                }
                allow("ioctl", 1, mask: 0xFFFF_FFFF, is: 0x541B)  // FIONREAD: the length of an answer
                allow("prctl", 0, mask: 0xFFFF_FFFF, is: 15)  // PR_SET_NAME, of threads
            } else {
                // No memory becomes code.
                allow("mmap", 2, mask: UInt64(PROT_EXEC), is: 0)
                allow("mprotect", 2, mask: UInt64(PROT_EXEC), is: 0)
                for socket in needs.kernelSockets + [keeper].compactMap(\.self) {
                    for call in ["sendto", "recvfrom", "recvmsg"] { allow(call, 0, is: UInt64(socket)) }
                }
                // Some versions of libpcap read the error of the socket so.
                for socket in needs.captureSockets { allow("recvfrom", 0, is: UInt64(socket)) }
            }
            if !needs.captureSockets.isEmpty {
                // Counters, and why no packet comes.
                allowed.append("getsockopt")
                // The state, the number and the name of an interface.
                for request: UInt64 in [0x8913, 0x8933, 0x8910] {  // SIOCGIFFLAGS, SIOCGIFINDEX, SIOCGIFNAME
                    allow("ioctl", 1, mask: 0xFFFF_FFFF, is: request)
                }
                // The end of the capture: a filter that takes nothing.
                if !needs.resolvesNames {
                    for option in [SO_ATTACH_FILTER, SO_DETACH_FILTER] {
                        allow("setsockopt", 2, mask: 0xFFFF_FFFF, is: UInt64(option))
                    }
                }
            }
            if needs.resolvesNames || !needs.readablePaths.isEmpty {
                // For reading only, and nothing new.
                let writing = O_ACCMODE | O_CREAT | O_TRUNC | 0x40_0000  // O_TMPFILE
                allow("openat", 2, mask: UInt64(writing), is: UInt64(O_RDONLY))
                allow("open", 1, mask: UInt64(writing), is: UInt64(O_RDONLY))
            }
        }

        private mutating func allow(_ call: String, _ argument: UInt32, mask: UInt64 = .max, is value: UInt64) {
            conditional.append(Condition(call: call, argument: argument, mask: mask, value: value))
        }

        /// Applies the rules to all threads of this process (seccomp(2)).
        func apply() throws(SystemError) {
            guard let filter = unsafe tcpalive_filter_create() else { throw SystemError(code: ENOMEM) }
            defer { unsafe tcpalive_filter_free(filter) }
            for call in allowed { unsafe tcpalive_filter_allow(filter, call) }
            for rule in conditional {
                unsafe tcpalive_filter_allow_if(filter, rule.call, rule.argument, rule.mask, rule.value)
            }
            for call in Self.killing { unsafe tcpalive_filter_deny(filter, call, 0) }
            // Its flags are in memory, where a filter cannot look: the C library uses clone instead.
            unsafe tcpalive_filter_deny(filter, "clone3", ENOSYS)
            let code = unsafe tcpalive_filter_install(filter)
            if code != 0 { throw SystemError(code: code) }
        }
    }
#endif
