/// The two ends of a pipe, closed in programs that this process starts, and in `deinit`.
package struct Pipe: ~Copyable {
    /// The reading end; -1 after `takeReading`.
    package private(set) var reading: Int32
    /// The writing end; -1 after `takeWriting`.
    package private(set) var writing: Int32

    /// Makes a pipe (pipe(2)).
    package init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw .last }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }

    deinit {
        if reading >= 0 { systemClose(reading) }
        if writing >= 0 { systemClose(writing) }
    }

    /// The reading end, which the caller must close.
    package mutating func takeReading() -> Int32 {
        defer { reading = -1 }
        return reading
    }

    /// The writing end, which the caller must close.
    package mutating func takeWriting() -> Int32 {
        defer { writing = -1 }
        return writing
    }
}
