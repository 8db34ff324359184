#if os(Linux)
    import Platform

    /// The process whose sockets are selected, `--pid`.
    enum SelectedProcess {
        /// Complains and throws the exit status if `pid` is the number of a thread, whose sockets are those of its process.
        static func requireProcess(_ pid: Int32) throws {
            let lines = systemContents(of: "/proc/\(pid)/status")?.split(separator: "\n") ?? []
            guard let process = lines.first(where: { $0.hasPrefix("Tgid:") })?.split(separator: "\t").last,
                let process = Int32(process), process != pid
            else { return }
            complain("\(pid) is a thread of process \(process): give --pid \(process)")
            throw ExitStatus.couldNotRun
        }

        /// Complains and throws the exit status if `pid` is in another network namespace than this process: its sockets are not
        /// in the list then. `remedy` says what to do.
        static func requireOwnNamespace(_ pid: Int32, remedy: String) throws {
            // Without the rights to see it, the descriptors of the process are hidden, too, which is another sentence.
            guard let theirs = FileStatus(path: "/proc/\(pid)/ns/net"), let own = FileStatus(path: "/proc/self/ns/net"),
                !own.isSame(as: theirs)
            else { return }
            complain("process \(pid) is in another network namespace: \(remedy)")
            throw ExitStatus.couldNotRun
        }
    }
#endif
