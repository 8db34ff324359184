#if os(Linux)
    internal import CSandbox
    package import Platform
#endif

/// A process that looks at the sockets and processes of this host for one that has given up the rights to do so.
///
/// It reads no packets. It keeps two capabilities, CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, and is the user that the other
/// process becomes. Without the second it keeps its user and capabilities, to look at processes that have the same. A filter of
/// system calls leaves it what it needs to look: it cannot write, connect, change a socket, or start a program.
///
/// Landlock would be of no use: a process that it restricts may not look at others.
package enum InspectorProcess {
    #if os(Linux)
        /// Starts the process, as the user of -Z `user`, or without it as the usual one. Returns the socket to it.
        ///
        /// In the process, `body` is called with its end of the socket. It must return when that is closed. Call this before
        /// there are threads, with all rights.
        package static func start(
            user: String?, isRestricted: Bool, _ body: (Int32) -> Void
        ) throws(SandboxError) -> Descriptor {
            let identity = isRestricted ? try Privileges.identity(user) : nil
            do throws(SystemError) {
                let process = try HelperProcess.start("tcpalive-procs") { socket in
                    if limitRights(as: identity) { body(socket.number) }
                }
                return process.takeSocket()
            } catch {
                throw SandboxError(description: "cannot start the process that looks for processes: \(error)")
            }
        }

        /// Gives up all rights but those to look; false if the system refuses that: then it looks at nothing.
        private static func limitRights(as identity: Identity?) -> Bool {
            if let identity, InspectionRights.canTrace {
                _ = tcpalive_drop_bounding_capabilities()
                _ = tcpalive_keep_capabilities()
                // A user namespace may not have that user. The other process says so, and goes on as well.
                _ = unsafe identity.withC { unsafe tcpalive_become($0) }
            }
            return (try? InspectionRights.keepOnly()) != nil
        }

        /// Allows this process only the system calls of looking, now that it has opened `kernelSocket`, through which it asks
        /// the kernel, and `socket`, through which it is asked.
        package static func limitCalls(socket: Int32, kernelSocket: Int32) {
            // Sanitizers look at files, start programs and trace themselves.
            if tcpalive_is_sanitized() != 0 { return }
            guard let filter = unsafe tcpalive_filter_create() else { return }
            defer { unsafe tcpalive_filter_free(filter) }
            for call in calls { unsafe tcpalive_filter_allow(filter, call) }
            for number in [socket, kernelSocket] {
                for call in ["sendto", "recvfrom"] {
                    unsafe tcpalive_filter_allow_if(filter, call, 0, .max, UInt64(number))
                }
            }
            // For reading only, and nothing new.
            let writing = O_ACCMODE | O_CREAT | O_TRUNC | 0x40_0000  // O_TMPFILE
            unsafe tcpalive_filter_allow_if(filter, "openat", 2, UInt64(writing), UInt64(O_RDONLY))
            // Options of TCP, and SO_KEEPALIVE; not SO_ERROR, which reading clears.
            unsafe tcpalive_filter_allow_if(filter, "getsockopt", 1, 0xFFFF_FFFF, UInt64(IPPROTO_TCP))
            unsafe tcpalive_filter_allow_if(filter, "getsockopt", 2, 0xFFFF_FFFF, UInt64(SO_KEEPALIVE))
            // No memory becomes code.
            unsafe tcpalive_filter_allow_if(filter, "mmap", 2, UInt64(PROT_EXEC), 0)
            unsafe tcpalive_filter_allow_if(filter, "mprotect", 2, UInt64(PROT_EXEC), 0)
            // What fdopendir(3) does.
            for command in [F_GETFL, F_SETFD] {
                unsafe tcpalive_filter_allow_if(filter, "fcntl", 1, 0xFFFF_FFFF, UInt64(command))
            }
            for call in ["execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev"] {
                unsafe tcpalive_filter_deny(filter, call, 0)
            }
            _ = unsafe tcpalive_filter_install(filter)
        }

        private static let calls = [
            // The descriptors and the names of processes.
            "getdents64", "readlinkat", "pread64", "close", "dup", "fstat", "newfstatat",
            // Copies of sockets.
            "pidfd_open", "pidfd_getfd",
            // Waiting, memory, clocks, locks, the seed of hash tables, the end.
            "poll", "ppoll", "brk", "munmap", "mremap", "madvise", "clock_gettime", "futex", "getrandom", "exit_group",
            "rt_sigreturn", "rt_sigprocmask", "restart_syscall",
        ]
    #endif
}
