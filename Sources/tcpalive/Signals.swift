import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The signals that end a reading early, SIGINT, SIGTERM and SIGHUP, and the one that asks for a report, SIGUSR1.
enum Signals {
    /// What a handler may touch: signal-safety(7) allows lock-free atomics and nothing that allocates.
    private static let stops = Atomic<Int>(0)
    private static let reports = Atomic<Bool>(false)

    /// Whether the user wants no more to be read; the report is still made.
    static var isStopping: Bool { stops.load(ordering: .relaxed) > 0 }

    /// From now on a first SIGINT, SIGTERM or SIGHUP sets `isStopping`, and interrupts waiting; a second SIGINT or SIGTERM
    /// ends the process.
    ///
    /// A second SIGHUP does not: when a terminal is lost, both the kernel and the shell send one. Where SIGHUP is ignored,
    /// as under nohup(1), it stays so.
    static func catchStops() {
        _ = isStopping  // Made before a handler can need it.
        // The second time the system's own handling is back.
        for number in [SIGINT, SIGTERM] {
            handle(number, flags: Int(SA_RESETHAND)) { _ in Signals.stops.add(1, ordering: .relaxed) }
        }
        if !isIgnored(SIGHUP) { handle(SIGHUP, flags: 0) { _ in Signals.stops.add(1, ordering: .relaxed) } }
    }

    /// From now on SIGUSR1, and SIGINFO where there is one, is noted for `takeReport`.
    static func catchReports() {
        _ = takeReport()
        handle(SIGUSR1, flags: 0) { _ in Signals.reports.store(true, ordering: .relaxed) }
        #if canImport(Darwin)
            handle(SIGINFO, flags: 0) { _ in Signals.reports.store(true, ordering: .relaxed) }
        #endif
    }

    /// Whether a report was asked for since this was last called.
    static func takeReport() -> Bool {
        reports.exchange(false, ordering: .relaxed)
    }

    /// From now on writing to a pipe that nobody reads is an error like any other.
    static func ignoreClosedPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        return unsafe sigaction(number, nil, &action) == 0 && action.isIgnored
    }

    private static func handle(_ number: Int32, flags: Int, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.handle(handler)
        // Without SA_RESTART, so that read(2) and poll(2) come back.
        action.sa_flags = Int32(truncatingIfNeeded: flags)
        _ = unsafe sigaction(number, &action, nil)
        // Whoever started the process may have blocked it, as Dispatch does in its threads.
        var only = sigset_t()
        unsafe sigemptyset(&only)
        unsafe sigaddset(&only, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &only, nil)
    }
}

extension sigaction {
    /// Whether the signal is ignored.
    fileprivate var isIgnored: Bool {
        #if canImport(Darwin)
            let handler = unsafe __sigaction_u.__sa_handler
        #else
            let handler = unsafe __sigaction_handler.sa_handler
        #endif
        return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Sets the handler, whose place differs from system to system.
    fileprivate mutating func handle(_ handler: @escaping @convention(c) (Int32) -> Void) {
        #if canImport(Darwin)
            unsafe __sigaction_u.__sa_handler = handler
        #else
            unsafe __sigaction_handler.sa_handler = handler
        #endif
    }
}
