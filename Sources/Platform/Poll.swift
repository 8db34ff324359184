/// What to wait for on one descriptor, and what happened to it.
package struct Interest {
    /// The number of the descriptor.
    package let descriptor: Int32
    /// Whether to wait until it is readable.
    package var reads: Bool
    /// Whether to wait until it is writable.
    package var writes: Bool
    /// Whether something can be read: data, the end, or an error.
    package fileprivate(set) var isReadable = false
    /// Whether something can be written.
    package fileprivate(set) var isWritable = false
    /// Whether there is an error, or both directions ended.
    package fileprivate(set) var isBroken = false

    /// Waits for `descriptor`.
    package init(descriptor: Int32, reads: Bool = true, writes: Bool = false) {
        self.descriptor = descriptor
        self.reads = reads
        self.writes = writes
    }
}

/// Waits until something happens to one of `interests` or the `deadline` has come (poll(2)).
///
/// Signals do not end the wait. To wait for one, add the descriptor of a `SignalWakeup`.
package func systemWait(
    _ interests: inout [Interest], until deadline: ContinuousClock.Instant?
) throws(SystemError) {
    var entries = interests.map { interest in
        pollfd(
            fd: interest.descriptor,
            events: Int16((interest.reads ? POLLIN : 0) | (interest.writes ? POLLOUT : 0)), revents: 0)
    }
    while true {
        let result = unsafe poll(&entries, nfds_t(entries.count), milliseconds(until: deadline))
        let ready = try systemResult(Int(result))
        // poll(2) counts in whole milliseconds, and a long wait takes several calls.
        if ready == nil { continue }
        if ready == 0, let deadline, ContinuousClock.now < deadline { continue }
        break
    }
    for (index, entry) in entries.enumerated() {
        let events = Int32(entry.revents)
        interests[index].isReadable = events & ~POLLOUT != 0
        interests[index].isWritable = events & POLLOUT != 0
        interests[index].isBroken = events & (POLLERR | POLLHUP | POLLNVAL) != 0
    }
}

/// Waits until `number` is readable, which includes its end; false if a signal came first (poll(2)).
///
/// A signal that comes right before poll(2) does not interrupt it, so the wait looks now and then whether one has come.
package func systemWaitUntilReadable(_ number: Int32) throws(SystemError) -> Bool {
    while true {
        guard let ready = try systemWait(number, for: POLLIN, milliseconds: 250) else { return false }
        if ready { return true }
        if Signals.isStopping { return false }
    }
}

/// Waits until `number` is writable; false if a signal came first (poll(2)).
package func systemWaitUntilWritable(_ number: Int32) throws(SystemError) -> Bool {
    try systemWait(number, for: POLLOUT, milliseconds: -1) != nil
}

/// Whether `number` is ready after at most so many milliseconds (-1: no limit); nil if a signal came first.
private func systemWait(
    _ number: Int32, for events: Int32, milliseconds: Int32
) throws(SystemError) -> Bool? {
    var entry = pollfd(fd: number, events: Int16(events), revents: 0)
    return try systemResult(Int(unsafe poll(&entry, 1, milliseconds))).map { $0 > 0 }
}

/// Milliseconds until `deadline`, rounded up so that waiting does not spin; -1, no limit, if there is none.
private func milliseconds(until deadline: ContinuousClock.Instant?) -> Int32 {
    guard let deadline else { return -1 }
    let left = ContinuousClock.now.duration(to: deadline)
    if left <= .zero { return 0 }
    if left > .seconds(1_000_000) { return 1_000_000_000 }
    let (seconds, attoseconds) = left.components
    return Int32(truncatingIfNeeded: seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}
