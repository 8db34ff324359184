internal import Synchronization

/// A descriptor that becomes readable when a signal asks the process to stop, for waits that take a descriptor.
///
/// One value per process: its pipe stays open until the process ends.
package struct SignalWakeup: Sendable {
    /// The descriptor.
    package let descriptor: Int32

    /// Catches the signals from now on (`Signals.catchStops`).
    package init() throws(SystemError) {
        var pipe = try Pipe()
        // A handler must not wait.
        try systemSetNonblocking(pipe.writing)
        try systemSetNonblocking(pipe.reading)
        descriptor = pipe.takeReading()
        Signals.wakeupTarget.store(pipe.takeWriting(), ordering: .relaxed)
        Signals.catchStops()
    }

    /// Forgets the signals so far, so that a wait ends only at the next.
    package func drain() {
        var byte: UInt8 = 0
        while unsafe read(descriptor, &byte, 1) == 1 {}
    }

    /// Waits until a signal comes, and returns true, or until `deadline`, and returns false.
    package func wait(until deadline: ContinuousClock.Instant) throws(SystemError) -> Bool {
        var interests = [Interest(descriptor: descriptor)]
        try systemWait(&interests, until: deadline)
        return interests[0].isReadable
    }
}
