#if TCPALIVE_SANITIZE
    /// What a lock protects.
    ///
    /// ThreadSanitizer sees a lock of pthreads(7), but not the one of `Mutex`, which waits with futex(2). So the build of
    /// `make sanitize` has this one.
    // `@unchecked Sendable`: only the thread that holds `mutex` reaches `value`, and neither pointer leaves the lock.
    @safe package struct Lock<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

        package init(_ value: consuming sending Value) {
            unsafe mutex.initialize(to: pthread_mutex_t())
            unsafe pthread_mutex_init(mutex, nil)
            unsafe self.value.initialize(to: value)
        }

        deinit {
            unsafe value.deinitialize(count: 1)
            unsafe value.deallocate()
            unsafe pthread_mutex_destroy(mutex)
            unsafe mutex.deallocate()
        }

        /// Calls `body` with the value while this thread holds the lock.
        package borrowing func withLock<Result: ~Copyable, Failure>(
            _ body: (inout sending Value) throws(Failure) -> sending Result
        ) throws(Failure) -> sending Result {
            unsafe pthread_mutex_lock(mutex)
            defer { unsafe pthread_mutex_unlock(mutex) }
            return try unsafe body(&value.pointee)
        }
    }
#else
    package import Synchronization

    /// What a lock protects.
    package typealias Lock<Value: ~Copyable> = Mutex<Value>
#endif
