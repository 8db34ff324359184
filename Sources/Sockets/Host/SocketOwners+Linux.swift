#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    package import Platform

    /// The processes of all sockets, from one pass over /proc/PID/fd (proc_pid_fd(5)).
    ///
    /// Processes that end meanwhile, and those that may not be inspected, are left out.
    package struct SocketOwners: Sendable {
        private var owners: [UInt32: SocketOwner] = [:]
        private var names: [Int32: String] = [:]
        /// The number of processes whose descriptors may not be read.
        package private(set) var hiddenProcesses = 0

        /// Why the descriptors of the last process that failed could not be read.
        package private(set) var failure: SystemError?

        /// No owners.
        package init() {}

        /// The owners of all sockets, or of those of `process` only. If several processes have a socket, it is the one with
        /// the lowest number.
        package init(reading process: Int32?) {
            guard let number = try? systemOpen("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC) else { return }
            let proc = Descriptor(number)
            if let process {
                add(process, in: proc.number)
            } else {
                let copy = dup(proc.number)
                guard copy >= 0, let directory = unsafe fdopendir(copy) else {
                    if copy >= 0 { systemClose(copy) }
                    return
                }
                defer { unsafe _ = closedir(directory) }
                while true {
                    let next = unsafe tcpalive_next_number(directory)
                    if next < 0 { break }
                    add(Int32(truncatingIfNeeded: next), in: proc.number)
                }
            }
        }

        private mutating func add(_ process: Int32, in proc: Int32) {
            guard let directory = unsafe tcpalive_open_descriptors(proc, Int(process)) else {
                noteFailure(.last)
                return
            }
            defer { unsafe _ = closedir(directory) }
            var hasSocket = false
            while true {
                var number = 0
                let inode = unsafe tcpalive_next_socket(directory, &number)
                if inode == 0 {
                    let error = SystemError.last
                    if error == .permissionDenied || error == .notPermitted { noteFailure(error) }
                    break
                }
                hasSocket = true
                let key = UInt32(truncatingIfNeeded: inode)
                if let known = owners[key], known.process <= process { continue }
                owners[key] = SocketOwner(process: process, descriptor: Int32(truncatingIfNeeded: number))
            }
            guard hasSocket else { return }
            // A name may have any bytes but zero, and ends with a line feed.
            names[process] = systemContents(of: "/proc/\(process)/comm").map {
                String($0.unicodeScalars.prefix { $0 != "\n" })
            }
        }

        private mutating func noteFailure(_ error: SystemError) {
            if error == .permissionDenied || error == .notPermitted { hiddenProcesses += 1 }
            failure = error
        }

        /// The process that has the socket with `inode`; nil: none, or a hidden one.
        package func owner(of inode: UInt32) -> SocketOwner? { inode == 0 ? nil : owners[inode] }

        /// The name of `process` (comm of proc_pid_comm(5)).
        package func name(of process: Int32) -> String? { names[process] }
    }
#endif
