#if os(Linux)
    import CTCPAlive
    import Glibc
    import Platform

    /// The captured packets for `tcpalive top`: the reading end of a process that has no rights (`WireReporter`).
    struct WireFeed: ~Copyable {
        /// What is known about the capture, in a few words.
        private(set) var state: String
        /// Whether packets come.
        private(set) var isCapturing = false
        /// The pipe; nil: it has ended.
        private(set) var descriptor: Int32?
        /// The process; nil: none was started.
        private let process: Int32?
        private let name: String
        private var bytes: [UInt8] = []

        /// No more than that is read at once, so that the keyboard is not kept waiting.
        private static let readAtOnce = 1 << 18

        /// No packets, for the reason `state`.
        init(none state: String) {
            self.state = state
            name = ""
            process = nil
        }

        /// Starts the process, which captures on `interfaces`. Call it before there are threads, and before rights are given up.
        init(on interfaces: [String]) throws(SystemError) {
            var pipe = try Pipe()
            try systemSetNonblocking(pipe.reading)
            let child = tcpalive_fork()
            guard child >= 0 else { throw .last }
            if child == 0 {
                try? systemSetNonblocking(pipe.writing)
                systemClose(pipe.takeReading())
                Signals.ignoreClosedPipes()
                // Nothing that it writes may disturb the screen.
                if let null = try? systemOpen("/dev/null", O_RDWR) {
                    for standard in STDIN_FILENO...STDERR_FILENO { dup2(null, standard) }
                }
                WireReporter.run(on: interfaces, to: pipe.writing)
                _exit(0)
            }
            descriptor = pipe.takeReading()
            process = child
            name = interfaces.joined(separator: ", ")
            state = "starting to capture on \(name)"
        }

        deinit {
            // It ends when nobody reads the pipe any more.
            if let descriptor { systemClose(descriptor) }
            guard let process else { return }
            kill(process, SIGTERM)
            while waitpid(process, nil, 0) < 0, errno == EINTR {}
        }

        /// Waits until the capture has begun, or has failed with a sentence, which is returned.
        mutating func begin() throws(SystemError) -> String? {
            while let descriptor, !isCapturing {
                _ = try systemWaitUntilReadable(descriptor)
                if Signals.isStopping { return nil }
                read { _ in }
            }
            return isCapturing ? nil : state
        }

        /// Takes what has come, and calls `body` with each message that concerns a connection.
        mutating func read(_ body: (WireRecord) -> Void) {
            guard let descriptor else { return }
            do {
                var taken = 0
                while taken < Self.readAtOnce {
                    guard let more = try systemRead(descriptor, count: 65_536) else { break }
                    if more.isEmpty { return end("the process that captures has ended") }
                    taken += more.count
                    bytes += more
                }
                var rest = bytes[...]
                while let record = try WireRecord.take(from: &rest) {
                    switch record.content {
                    case .ready: (isCapturing, state) = (true, name)
                    case .failed(let sentence): return end(sentence)
                    case .dropped(let count): state = "\(name), \(count) packets dropped"
                    case .packet, .finding: body(record)
                    }
                }
                bytes = Array(rest)
            } catch {
                end("the process that captures does not work: \(error)")
            }
        }

        private mutating func end(_ sentence: String) {
            if let descriptor { systemClose(descriptor) }
            (descriptor, isCapturing) = (nil, false)
            // What it takes would not fit.
            state = "no packets: \(sentence.split(separator: ". ", maxSplits: 1).first ?? "")"
            bytes = []
        }
    }
#endif
