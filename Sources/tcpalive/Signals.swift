import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The signals by which a user ends a reading early: SIGINT and SIGTERM.
enum Signals {
    /// What a handler may touch: signal-safety(7) allows lock-free atomics and nothing that allocates.
    private static let stops = Atomic<Int>(0)

    /// Whether the user wants no more to be read; the report is still made.
    static var isStopping: Bool { stops.load(ordering: .relaxed) > 0 }

    /// From now on a first SIGINT or SIGTERM sets `isStopping`, and interrupts waiting; a second one ends the process.
    static func catchStops() {
        _ = isStopping  // Made before a handler can need it.
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.handle { _ in Signals.stops.add(1, ordering: .relaxed) }
            // Without SA_RESTART, so that read(2) comes back.
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            _ = unsafe sigaction(number, &action, nil)
            // Whoever started the process may have blocked it, as Dispatch does in its threads.
            var only = sigset_t()
            unsafe sigemptyset(&only)
            unsafe sigaddset(&only, number)
            unsafe pthread_sigmask(SIG_UNBLOCK, &only, nil)
        }
    }
}

extension sigaction {
    /// Sets the handler, whose place differs from system to system.
    fileprivate mutating func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
        #if canImport(Darwin)
            unsafe __sigaction_u.__sa_handler = handler
        #else
            unsafe __sigaction_handler.sa_handler = handler
        #endif
    }
}
