#if os(Linux)
    internal import CSandbox
    package import Platform

    /// The system calls that wait for an answer of another process.
    package struct HeldCallRules: Sendable {
        private var rules: [(call: String, conditions: [tcpalive_condition])] = []

        /// No calls.
        package init() {}

        /// Adds `call` where the argument with each index, an int, has the value in the bits of the mask. At most two.
        package mutating func hold(_ call: String, _ conditions: (argument: UInt32, mask: UInt32, value: Int32)...) {
            rules.append(
                (
                    call,
                    conditions.map {
                        tcpalive_condition(
                            argument: $0.argument, mask: $0.mask, value: UInt32(bitPattern: $0.value))
                    }
                ))
        }

        /// Applies the rules to this process and what it starts, until they end; returns the listener, which the process that
        /// answers must keep open: without it, the calls fail with ENOSYS.
        ///
        /// Sets no_new_privs if the process lacks CAP_SYS_ADMIN. Throws EBUSY if another program listens already, and other
        /// errors if this system has no such rules (seccomp_unotify(2), Linux 5.5).
        package func apply() throws(SystemError) -> Descriptor {
            guard let filter = unsafe tcpalive_filter_create_holding() else { throw SystemError(code: ENOMEM) }
            defer { unsafe tcpalive_filter_free(filter) }
            for rule in rules {
                unsafe tcpalive_filter_hold(filter, rule.call, UInt32(rule.conditions.count), rule.conditions)
            }
            let listener = unsafe tcpalive_filter_listen(filter)
            guard listener >= 0 else { throw SystemError(code: -listener) }
            return Descriptor(listener)
        }
    }

    /// A system call that waits for an answer.
    package struct HeldCall: Sendable {
        /// What the call does to a socket.
        package enum Kind: Sendable {
            /// socket(2): creates one with `arguments`.
            case creates
            /// connect(2), listen(2) and the like: uses the one of the first argument.
            case uses
            /// setsockopt(2): sets an option of the one of the first argument.
            case sets
        }

        fileprivate let id: UInt64
        /// The thread that waits, as a number of gettid(2).
        package let thread: Int32
        package let kind: Kind
        /// The first three arguments, as ints.
        package let arguments: (Int32, Int32, Int32)

        fileprivate init(_ call: tcpalive_call) {
            id = call.id
            thread = call.thread
            kind =
                switch call.kind {
                case TCPALIVE_CALL_CREATES: .creates
                case TCPALIVE_CALL_SETS: .sets
                default: .uses
                }
            arguments = call.arguments
        }
    }

    /// Where the calls of `HeldCallRules` arrive.
    package struct HeldCallListener: ~Copyable {
        private let listener: Descriptor

        /// Takes over the open listener `number`.
        package init(_ number: Int32) {
            listener = Descriptor(number)
            tcpalive_calls_prepare(number)
        }

        /// Its descriptor: readable if a call waits, broken if no process is left that could make one (Linux 5.9).
        package var number: Int32 { listener.number }

        /// The next call; nil if its process has ended, or a signal came.
        package func next() throws(SystemError) -> HeldCall? {
            var call = tcpalive_call()
            if unsafe tcpalive_calls_next(listener.number, &call) == 0 { return HeldCall(call) }
            if errno == ENOENT || errno == EINTR { return nil }
            throw .last
        }

        /// Whether `call` still waits, and its thread is the one that made it.
        package func isWaiting(_ call: HeldCall) -> Bool { tcpalive_call_is_waiting(listener.number, call.id) == 1 }

        // An answer fails only if the process has ended meanwhile.

        /// Lets the kernel make `call`.
        package func proceed(_ call: HeldCall) { _ = tcpalive_call_continue(listener.number, call.id) }

        /// Makes `call` succeed without doing anything.
        package func skip(_ call: HeldCall) { _ = tcpalive_call_succeed(listener.number, call.id) }

        /// Makes `call` return a copy of `descriptor`; false if that is not possible, and the call still waits.
        package func answer(_ call: HeldCall, with descriptor: Int32, closesOnExec: Bool) -> Bool {
            let flags = closesOnExec ? UInt32(O_CLOEXEC) : 0
            return tcpalive_call_return_descriptor(listener.number, call.id, descriptor, flags) == 0
        }
    }
#endif
