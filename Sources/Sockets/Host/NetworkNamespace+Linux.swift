#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    package import Platform
    internal import Synchronization

    /// A network namespace, open so that it can be entered (network_namespaces(7)).
    package struct NetworkNamespace: ~Copyable {
        /// What the user calls it: a name of ip-netns(8), or `pid 123`.
        package let name: String
        private let descriptor: Descriptor
        /// The file that identifies it.
        package let status: FileStatus

        /// The namespace with this name in /run/netns, or of the process with this number.
        ///
        /// Throws `SystemError` if there is none, or no permission.
        package init(named name: String) throws(SystemError) {
            let process = systemMayExist("/run/netns/\(name)") ? nil : Int32(name)
            // Such as ../../etc: not a name.
            if name.contains("/") { throw .noSuchFile }
            try self.init(
                name: process.map { "pid \($0)" } ?? name,
                path: process.map { "/proc/\($0)/ns/net" } ?? "/run/netns/\(name)")
        }

        private init(name: String, path: String) throws(SystemError) {
            let opened = Descriptor(try systemOpen(path, O_RDONLY | O_CLOEXEC))
            status = try FileStatus(descriptor: opened.number)
            self.name = name
            descriptor = opened
        }

        /// Calls `body` with each namespace of this host that can be found but that of this process: those with names in
        /// /run/netns, then those of processes. Returns the number that could not be opened for lack of rights.
        package static func forEachOther(_ body: (borrowing NetworkNamespace) throws -> Void) throws -> Int {
            var known: [FileStatus] = []
            if let own = FileStatus(path: "/proc/self/ns/net") { known.append(own) }
            var hidden = 0
            for (label, path) in candidates() {
                // No permission to look is none to open.
                guard let status = FileStatus(path: path) else {
                    if errno == EACCES || errno == EPERM { hidden += 1 }
                    continue
                }
                if known.contains(where: { $0.isSame(as: status) }) { continue }
                let namespace: NetworkNamespace
                do {
                    namespace = try NetworkNamespace(name: label, path: path)
                } catch {
                    // Otherwise the process has ended.
                    if error == .permissionDenied || error == .notPermitted { hidden += 1 }
                    continue
                }
                known.append(namespace.status)
                try body(namespace)
            }
            return hidden
        }

        /// Names and paths of files that may be namespaces.
        private static func candidates() -> [(name: String, path: String)] {
            let names = entries(of: "/run/netns").sorted().map { ($0, "/run/netns/\($0)") }
            let processes = entries(of: "/proc").compactMap { Int32($0) }.sorted()
            return names + processes.map { ("pid \($0)", "/proc/\($0)/ns/net") }
        }

        private static func entries(of directory: String) -> [String] {
            guard let stream = unsafe directory.withFileName({ unsafe opendir($0) }) else { return [] }
            defer { unsafe _ = closedir(stream) }
            var names: [String] = []
            while let entry = unsafe readdir(stream) {
                let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    unsafe FileName.text(of: bytes.prefix { $0 != 0 })
                }
                if name != ".", name != ".." { names.append(name) }
            }
            return names
        }

        /// What `open` opens in this namespace. It runs in a thread of its own, because a thread cannot always return.
        func inside(_ open: @escaping @Sendable () throws(SystemError) -> Descriptor) throws(SystemError) -> Descriptor
        {
            let outcome = Outcome()
            let number = descriptor.number
            let thread = try SystemThread {
                let opened: Result<Int32, SystemError>
                do throws(SystemError) {
                    guard tcpalive_join_network(number) == 0 else { throw .last }
                    let descriptor = try open()
                    // The copy outlives the value, which closes the other.
                    let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
                    guard copy >= 0 else { throw .last }
                    opened = .success(copy)
                } catch {
                    opened = .failure(error)
                }
                outcome.result.withLock { $0 = opened }
            }
            thread.join()
            return Descriptor(try outcome.result.withLock { $0 }.get())
        }

        private final class Outcome: Sendable {
            let result = Mutex<Result<Int32, SystemError>>(.failure(.interrupted))
        }
    }
#endif
