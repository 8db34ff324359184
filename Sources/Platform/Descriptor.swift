/// An open file descriptor, closed in `deinit`.
package struct Descriptor: ~Copyable {
    /// The number of the descriptor, valid while this value lives.
    package let number: Int32

    /// Takes over the open descriptor `number`.
    package init(_ number: Int32) {
        self.number = number
    }

    deinit {
        systemClose(number)
    }

    /// Gives up the descriptor, which the caller must close.
    package consuming func take() -> Int32 {
        let number = number
        discard self
        return number
    }
}

/// Closes a descriptor (close(2)).
package func systemClose(_ number: Int32) {
    _ = close(number)
}

/// Reads once into `bytes` from the index `start` on (read(2)).
///
/// Returns the number of bytes, 0 at the end of the file, nil if nothing was read yet (see `systemResult`).
package func systemRead(_ number: Int32, into bytes: inout [UInt8], at start: Int) throws(SystemError) -> Int? {
    let count = unsafe bytes.withUnsafeMutableBytes { buffer in
        unsafe read(number, buffer.baseAddress.map { unsafe $0 + start }, buffer.count - start)
    }
    return try systemResult(count)
}

/// Reads up to `count` bytes (read(2)); empty at the end of the file, nil if nothing was read yet (see `systemResult`).
package func systemRead(_ number: Int32, count: Int) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    guard let received = try systemRead(number, into: &bytes, at: 0) else { return nil }
    bytes.removeLast(count - received)
    return bytes
}

/// Writes `bytes` once (write(2)). Returns how many were written, nil if none were yet (see `systemResult`).
package func systemWrite(_ number: Int32, _ bytes: [UInt8]) throws(SystemError) -> Int? {
    try systemResult(unsafe bytes.withUnsafeBytes { unsafe write(number, $0.baseAddress, $0.count) })
}

/// The contents of a small file, such as one of /proc; nil if it cannot be read.
package func systemContents(of path: String) -> String? {
    guard let number = try? systemOpen(path, O_RDONLY | O_CLOEXEC) else { return nil }
    let descriptor = Descriptor(number)
    return systemContents(of: descriptor.number)
}

/// The contents, from the start on, of a small file with the open descriptor `number`; nil if it cannot be read (pread(2)).
package func systemContents(of number: Int32) -> String? {
    var contents: [UInt8] = []
    while true {
        do {
            var bytes = [UInt8](repeating: 0, count: 16384)
            let count = unsafe pread(number, &bytes, bytes.count, off_t(contents.count))
            guard let count = try systemResult(count) else { continue }
            if count == 0 { return String(decoding: contents, as: UTF8.self) }
            contents += bytes.prefix(count)
        } catch {
            return nil
        }
    }
}

/// Makes calls on a descriptor return at once instead of waiting (fcntl(2), O_NONBLOCK).
package func systemSetNonblocking(_ number: Int32) throws(SystemError) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw .last }
}

/// Closes a descriptor in programs that this process starts (fcntl(2), FD_CLOEXEC).
package func systemSetCloseOnExec(_ number: Int32) throws(SystemError) {
    guard fcntl(number, F_SETFD, FD_CLOEXEC) >= 0 else { throw .last }
}

/// Standard input, read without buffering.
package struct StandardInput: Sendable {
    /// The number of the descriptor.
    package let descriptor = STDIN_FILENO

    /// Standard input.
    package init() {}

    /// Whether it is a terminal (isatty(3)).
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Up to 4096 bytes; empty if there is nothing yet, nil at the end and on errors.
    package func read() -> [UInt8]? {
        do {
            guard let bytes = try systemRead(descriptor, count: 4096) else { return [] }
            return bytes.isEmpty ? nil : bytes
        } catch {
            return nil
        }
    }
}

/// Makes calls on a descriptor wait, as they do at first; an error is ignored (fcntl(2), O_NONBLOCK).
package func systemSetBlocking(_ number: Int32) {
    let flags = fcntl(number, F_GETFL)
    if flags >= 0 { _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK) }
}

/// Lets this process have `count` open descriptors if it may have so many; returns how many it may have (setrlimit(2)).
package func systemAllowDescriptors(_ count: Int) -> Int {
    var limit = rlimit()
    #if canImport(Glibc)
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        let resource = RLIMIT_NOFILE
    #endif
    guard unsafe getrlimit(resource, &limit) == 0 else { return count }
    let wanted = rlim_t(clamping: count)
    if limit.rlim_cur < wanted {
        var raised = limit
        raised.rlim_cur = min(wanted, limit.rlim_max)
        if unsafe setrlimit(resource, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
}
