#if os(Linux)
    import ArgumentParser
    import Platform
    import Sandbox
    import Sockets

    /// A run of `tcpalive run`, up to the start of the program.
    ///
    /// This process becomes the program, and a process beside it sets the options of its sockets. If the program were a child,
    /// this process would have to pass on signals, stops and statuses, and could only imitate a program that the shell starts
    /// itself. And if it were killed, all calls that wait for it would fail.
    struct RunSession {
        private let settings: RunSettings

        init(_ settings: RunSettings) {
            self.settings = settings
        }

        /// Starts the program `command`. Throws the exit status if that is not possible.
        func run(_ command: [String]) throws {
            let (settings, process) = (settings, getpid())
            let helper: HelperProcess
            do throws(SystemError) {
                helper = try HelperProcess.start("tcpalive-run", isDetached: true) { socket in
                    RunSupervisor.work(for: process, socket, settings)
                }
            } catch {
                complain("cannot start a process: \(error)")
                throw ExitStatus.couldNotRun
            }
            guard let answer = try helper.receive() else {
                complain("the process that sets the options has ended at once")
                throw ExitStatus.couldNotRun
            }
            let method: RunMethod = answer.code == 0 ? .borrows : .creates
            // Before the calls are held, these too.
            for socket in openTCPSockets() {
                // Those of a service manager or of inetd. What cannot be set stays, as for other sockets.
                _ = try? settings.apply(to: socket)
            }
            do throws(SystemError) {
                let listener = try method.rules(settings).apply()
                try helper.send(method.rawValue, listener.number)
            } catch {
                complain(sentence(error))
                throw ExitStatus.couldNotRun
            }
            Signals.restoreFileSizeLimit()
            let error = systemBecome(command)
            complain("cannot run \(command[0]): \(error)")
            throw error == .noSuchFile ? ExitStatus.notFound : ExitStatus.notExecutable
        }

        /// Why the calls of the program cannot be held.
        private func sentence(_ error: SystemError) -> String {
            error == .busy
                ? "another program answers system calls here already (seccomp_unotify), such as a second tcpalive run, and the "
                    + "kernel allows one"
                : "this system does not let tcpalive answer system calls of programs (seccomp_unotify, Linux 5.9 or later): "
                    + "\(error)"
        }
    }
#endif
