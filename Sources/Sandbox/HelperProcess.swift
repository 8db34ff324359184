#if os(Linux)
    internal import CSandbox
    package import Platform

    /// A process that works for this one, and the socket between the two.
    package struct HelperProcess: ~Copyable {
        private let socket: Descriptor

        private init(_ number: Int32) {
            socket = Descriptor(number)
        }

        /// Starts a process with the name `name` (at most 15 bytes), which runs `work` with its end of the socket
        /// (SOCK_SEQPACKET), its only descriptor.
        ///
        /// It blocks all signals: `work` must return when the socket is closed, and the process ends. With `isDetached` it outlives
        /// this one, has a session of its own and standard error, and is no child that wait(2) sees. Call this before there
        /// are threads. One that is not detached leaves no zombie: SIGCHLD is ignored from then on.
        package static func start(
            _ name: String, isDetached: Bool = false, _ work: (consuming HelperProcess) -> Void
        ) throws(SystemError) -> HelperProcess {
            var number: Int32 = -1
            switch unsafe name.withFileName({ unsafe tcpalive_helper_start($0, isDetached ? 1 : 0, &number) }) {
            case 0:
                work(HelperProcess(number))
                _exit(0)
            case 1:
                if !isDetached { _ = signal(SIGCHLD, SIG_IGN) }
                return HelperProcess(number)
            default: throw .last
            }
        }

        /// Gives up the socket.
        package consuming func takeSocket() -> Descriptor { socket }

        /// The number of the socket, in this process.
        package var number: Int32 { socket.number }

        /// Sends `code` to the other process, and passes `descriptor` if there is one.
        package func send(_ code: Int32, _ descriptor: Int32 = -1) throws(SystemError) {
            guard tcpalive_send_code(socket.number, code, descriptor) == 0 else { throw .last }
        }

        /// Waits for a code of the other process, and what was passed with it (-1: nothing); nil if that has ended.
        package func receive() throws(SystemError) -> (code: Int32, descriptor: Int32)? {
            var (code, descriptor): (Int32, Int32) = (0, -1)
            let result = unsafe tcpalive_receive_code(socket.number, &code, &descriptor)
            guard result >= 0 else { throw .last }
            return result == 0 ? nil : (code, descriptor)
        }
    }
#endif
