#if os(Linux)
    internal import CSandbox
    package import Platform

    /// A process beside this one that does one thing for it.
    package enum SideProcess {
        /// Starts a process with the name `name` (at most 15 bytes), in which `body` is called with its end of the socket between the
        /// two (SOCK_SEQPACKET), the only descriptor that is open there. Returns the other end.
        ///
        /// Signals are blocked in the process: `body` must return when the socket is closed. Call this before there are threads.
        package static func start(_ name: String, _ body: (Int32) -> Void) throws(SystemError) -> Int32 {
            let number = withoutActuallyEscaping(body) { body in
                let context = Context(body: body)
                return withExtendedLifetime(context) {
                    unsafe name.withFileName { name in
                        unsafe tcpalive_child_start(
                            name,
                            { socket, context in
                                guard let context = unsafe context else { return }
                                unsafe Unmanaged<Context>.fromOpaque(context).takeUnretainedValue().body(socket)
                            }, Unmanaged.passUnretained(context).toOpaque())
                    }
                }
            }
            if number < 0 { throw .last }
            return number
        }

        private final class Context {
            let body: (Int32) -> Void

            init(body: @escaping (Int32) -> Void) {
                self.body = body
            }
        }
    }
#endif
