/// A thread of the system.
///
/// Unlike a dispatch queue, it reports that there is no thread left (pthread_create(3), EAGAIN).
package struct SystemThread: ~Copyable {
    private let thread: pthread_t

    /// What the thread runs; on the heap, because the thread starts with a pointer.
    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }

    /// Starts a thread that runs `body` and ends. The caller must `join` it.
    package init(_ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let argument = unsafe Unmanaged.passRetained(Body(body))
        #if canImport(Darwin)
            var thread: pthread_t?
        #else
            var thread = pthread_t()
        #endif
        // Signals go to the thread that waits for them, which is never this one.
        var (all, before) = (sigset_t(), sigset_t())
        unsafe sigfillset(&all)
        unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
        let code = unsafe pthread_create(
            &thread, nil,
            { argument in
                #if canImport(Darwin)
                    let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                #else
                    let body = unsafe argument.map { unsafe Unmanaged<Body>.fromOpaque($0).takeRetainedValue() }
                #endif
                body?.run()
                return nil
            }, argument.toOpaque())
        guard code == 0 else {
            unsafe argument.release()
            throw SystemError(code: code)
        }
        #if canImport(Darwin)
            guard let thread = unsafe thread else { throw SystemError(code: code) }
        #endif
        self.thread = thread
    }

    /// Waits until the thread has ended.
    package func join() {
        _ = pthread_join(thread, nil)
    }
}
