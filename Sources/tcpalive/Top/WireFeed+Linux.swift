#if os(Linux)
    import Platform
    import Report
    import Sandbox

    /// The captured packets for `tcpalive top`: the messages of a process that has no rights (`WireReporter`).
    struct WireFeed: ~Copyable {
        /// What is known about the capture, in a few words.
        private(set) var state: String
        /// Whether packets come.
        private(set) var isCapturing = false
        /// The socket to the process; nil: it has ended.
        private(set) var descriptor: Int32?
        private let name: String
        private var bytes: [UInt8] = []

        /// A message of the socket has at most so many bytes.
        static let longestMessage = 1 << 14
        /// No more than that is read at once, so that the keyboard is not kept waiting.
        private static let readAtOnce = 1 << 18

        /// No packets, for the reason `state`.
        init(none state: String) {
            self.state = state
            name = ""
        }

        /// Starts the process, which captures on `interfaces`. Call it before there are threads, and before rights are given up.
        init(on interfaces: [String]) throws(SystemError) {
            let process = try HelperProcess.start("tcpalive-top") { socket in
                // A library may write to them.
                StandardDescriptors.openClosed()
                WireReporter.run(on: interfaces, to: socket.number)
            }
            try systemSetNonblocking(process.number)
            descriptor = process.takeSocket().take()
            name = interfaces.joined(separator: ", ")
            state = "starting to capture on \(name)"
        }

        deinit {
            // The process ends when nobody reads its messages any more.
            if let descriptor { systemClose(descriptor) }
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
                var (taken, hasEnded) = (0, false)
                while taken < Self.readAtOnce {
                    guard let more = try systemRead(descriptor, count: Self.longestMessage) else { break }
                    hasEnded = more.isEmpty
                    if hasEnded { break }
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
                // Its last message may be the reason.
                if hasEnded { end("the process that captures has ended") }
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
