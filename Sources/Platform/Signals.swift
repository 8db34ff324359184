internal import CTCPAlive
internal import Synchronization

/// The signals that ask the process to stop, SIGINT, SIGTERM and SIGHUP, and to report, SIGUSR1 (signal(7)).
package enum Signals {
    // A handler may use lock-free atomics and write(2), and nothing that allocates or locks (signal-safety(7)).
    private static let isStopRequested = Atomic<Bool>(false)
    private static let isReportRequested = Atomic<Bool>(false)
    private static let isResized = Atomic<Bool>(false)
    private static let hasInterrupt = Atomic<Bool>(false)
    private static let hasTermination = Atomic<Bool>(false)
    /// Whether SIGXFSZ was ignored from the start.
    private static let ignoresFileSizeLimitAnyway = Atomic<Bool>(false)
    /// Where the handler writes a byte, to wake up poll(2); -1: nowhere.
    static let wakeupTarget = Atomic<Int32>(-1)

    /// Whether a signal asked the process to stop.
    package static var isStopping: Bool { isStopRequested.load(ordering: .relaxed) }

    /// From now on the first SIGINT, SIGTERM or SIGHUP sets `isStopping` and interrupts waiting system calls.
    ///
    /// A second SIGINT or SIGTERM ends the process and leaves no temporary file behind. A second SIGHUP does not end it: when
    /// a terminal is lost, both the kernel and the shell send one. If SIGHUP is ignored, as under nohup(1), it stays ignored.
    package static func catchStops() {
        // Initializes the globals before a handler needs them.
        _ = (isStopping, wakeupTarget.load(ordering: .relaxed))
        _ = (hasInterrupt.load(ordering: .relaxed), hasTermination.load(ordering: .relaxed))
        TemporaryFiles.prepare()
        for number in [SIGINT, SIGTERM] { catchSignal(number) { Signals.requestStop($0) } }
        if !isIgnored(SIGHUP) { catchSignal(SIGHUP) { Signals.requestStop($0) } }
    }

    private static func requestStop(_ number: Int32) {
        isStopRequested.store(true, ordering: .relaxed)
        let isSecond =
            switch number {
            case SIGINT: hasInterrupt.exchange(true, ordering: .relaxed)
            case SIGTERM: hasTermination.exchange(true, ordering: .relaxed)
            default: false
            }
        if isSecond {
            TemporaryFiles.removeAll()
            tcpalive_restore_terminal()
            // It is blocked while its handler runs, and ends the process after that.
            _ = signal(number, SIG_DFL)
            if raise(number) != 0 { _exit(128 + number) }
            return
        }
        wakeUp(number)
    }

    /// Ends a wait for the descriptor of `SignalWakeup`. A handler may call it.
    private static func wakeUp(_ number: Int32) {
        let target = wakeupTarget.load(ordering: .relaxed)
        guard target >= 0 else { return }
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = unsafe write(target, &byte, 1)
        errno = code
    }

    /// From now on a change of the size of the terminal (SIGWINCH) is recorded for `takeResize`, and wakes up as a stop does.
    package static func catchResizes() {
        _ = takeResize()
        catchSignal(SIGWINCH) { _ in
            Signals.isResized.store(true, ordering: .relaxed)
            Signals.wakeUp(SIGWINCH)
        }
    }

    /// Whether the terminal has another size since the last call.
    package static func takeResize() -> Bool {
        isResized.exchange(false, ordering: .relaxed)
    }

    /// From now on SIGUSR1, and SIGINFO if the system has it, is recorded for `takeReport`.
    package static func catchReports() {
        _ = takeReport()
        catchSignal(SIGUSR1) { _ in Signals.isReportRequested.store(true, ordering: .relaxed) }
        #if canImport(Darwin)
            catchSignal(SIGINFO) { _ in Signals.isReportRequested.store(true, ordering: .relaxed) }
        #endif
    }

    /// Whether a signal asked for a report since the last call.
    package static func takeReport() -> Bool {
        isReportRequested.exchange(false, ordering: .relaxed)
    }

    /// From now on writing beyond the limit of the size of files is the error EFBIG, and does not end the process (setrlimit(2)).
    package static func ignoreFileSizeLimit() {
        ignoresFileSizeLimitAnyway.store(isIgnored(SIGXFSZ), ordering: .relaxed)
        _ = signal(SIGXFSZ, SIG_IGN)
    }

    /// Undoes `ignoreFileSizeLimit`, for the program that this process becomes (execve(2)).
    package static func restoreFileSizeLimit() {
        if !ignoresFileSizeLimitAnyway.load(ordering: .relaxed) { _ = signal(SIGXFSZ, SIG_DFL) }
    }

    /// From now on writing to a pipe without a reader is the error EPIPE, and does not end the process.
    package static func ignoreClosedPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        return unsafe sigaction(number, nil, &action) == 0 && action.isIgnored
    }

    private static func catchSignal(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.setHandler(handler)
        // Without SA_RESTART, so that read(2) and poll(2) return.
        action.sa_flags = 0
        _ = unsafe sigaction(number, &action, nil)
        // The parent process may have blocked the signal, and Dispatch does in its threads.
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

    /// Sets the handler, whose field differs between systems.
    fileprivate mutating func setHandler(_ handler: @escaping @convention(c) (Int32) -> Void) {
        #if canImport(Darwin)
            unsafe __sigaction_u.__sa_handler = handler
        #else
            unsafe __sigaction_handler.sa_handler = handler
        #endif
    }
}
