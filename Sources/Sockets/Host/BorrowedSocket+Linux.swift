#if os(Linux)
    internal import CTCPAlive
    internal import Glibc
    package import Platform

    /// A copy of the descriptor of a TCP socket of another process (pidfd_getfd(2), Linux 5.6), which needs the rights of
    /// ptrace(2). It is closed with this value: keep it only for the calls on it, because the connection is not closed before.
    ///
    /// Nothing of it is changed but by `setsockopt(2)`, and SO_ERROR, which reading clears, is never read.
    package struct BorrowedSocket: ~Copyable {
        private let copy: Descriptor

        /// Borrows the descriptor of `owner`, which must be the socket with `inode`.
        ///
        /// Throws `SystemError.notPermitted` without the rights, and another error if the process or the socket is gone.
        package init(of owner: SocketOwner, inode: UInt32, _ processes: inout ProcessHandles) throws(SystemError) {
            var number = tcpalive_copy_descriptor(try processes.handle(of: owner.process), owner.descriptor)
            if number < 0, SystemError.last == .noSuchProcess {
                // The process of a handle has ended, and its number may belong to another one now.
                processes.remove(owner.process)
                number = tcpalive_copy_descriptor(try processes.handle(of: owner.process), owner.descriptor)
            }
            guard number >= 0 else { throw .last }
            // The process may have closed it, and have another file with this number now.
            var status = stat()
            guard unsafe fstat(number, &status) == 0, UInt32(truncatingIfNeeded: status.st_ino) == inode,
                status.st_mode & S_IFMT == S_IFSOCK
            else {
                systemClose(number)
                throw SystemError(code: EBADF)
            }
            copy = Descriptor(number)
        }

        /// Borrows the descriptor `number` of `thread`, whatever it is.
        ///
        /// Throws `SystemError.notPermitted` without the rights, and another error if the thread or the descriptor is gone.
        package init(_ number: Int32, ofThread thread: Int32) throws(SystemError) {
            let handle = tcpalive_open_thread(thread)
            guard handle >= 0 else { throw .last }
            let process = Descriptor(handle)
            let borrowed = tcpalive_copy_descriptor(process.number, number)
            guard borrowed >= 0 else { throw .last }
            copy = Descriptor(borrowed)
        }

        /// The number of the copy.
        package var number: Int32 { copy.number }

        /// Its options (getsockopt(2)).
        package func options() throws(SocketError) -> KeepAliveOptions {
            try KeepAliveOptions(readingFrom: copy.number)
        }

        /// Sets its options (setsockopt(2)); see `KeepAliveOptions.apply`.
        package func apply(_ options: KeepAliveOptions) throws(SocketError) -> [OptionFailure] {
            try options.apply(to: copy.number)
        }
    }

    /// A descriptor of `process`, which becomes readable when that ends (pidfd_open(2)).
    package func openProcess(_ process: Int32) throws(SystemError) -> Descriptor {
        let number = tcpalive_open_process(process)
        guard number >= 0 else { throw .last }
        return Descriptor(number)
    }

    /// Open descriptors of processes (pidfd_open(2)), kept for several sockets of one process.
    package struct ProcessHandles: ~Copyable {
        private var handles: [Int32: Int32] = [:]
        /// More than that are not kept open.
        private static let limit = 256

        /// No descriptors.
        package init() {}

        deinit {
            for handle in handles.values { systemClose(handle) }
        }

        /// Closes all descriptors, among them those of processes that have ended.
        package mutating func removeAll() {
            for handle in handles.values { systemClose(handle) }
            handles.removeAll(keepingCapacity: true)
        }

        /// Closes the descriptor of `process`.
        fileprivate mutating func remove(_ process: Int32) {
            if let handle = handles.removeValue(forKey: process) { systemClose(handle) }
        }

        /// The descriptor of `process`.
        fileprivate mutating func handle(of process: Int32) throws(SystemError) -> Int32 {
            if let handle = handles[process] { return handle }
            if handles.count >= Self.limit { removeAll() }
            let handle = tcpalive_open_process(process)
            guard handle >= 0 else { throw .last }
            handles[process] = handle
            return handle
        }
    }
#endif
