#if os(Linux)
    import ArgumentParser
    import Platform
    import Report
    import Sockets

    /// The experiment of `tcpalive lab`: a listener on the far host, a client and a watch on the near one, and the cut between
    /// them.
    struct LabSession: ~Copyable {
        /// A program of the lab: tcpalive with other arguments.
        private final class Part {
            let process: ChildProcess
            private var rest: [UInt8] = []
            private(set) var isOpen = true
            private(set) var status: Int32?

            init(_ tool: String, _ arguments: [String]) throws(SystemError) {
                // Its lines are shorter than those of this process, by the words that precede them.
                let columns = OutputDescriptor.standardOutput.lineLimit.map { "\(max(50, $0 - 8))" }
                process = try ChildProcess(
                    tool, arguments, changing: ["COLUMNS": columns, "CLICOLOR_FORCE": String?.none])
                try systemSetNonblocking(process.output.number)
            }

            /// The lines that it has printed since the last call. At the end of its output it has ended.
            func read() throws(SystemError) -> [String] {
                guard let bytes = try systemRead(process.output.number, count: 65536) else { return [] }
                rest += bytes
                if bytes.isEmpty {
                    isOpen = false
                    if !rest.isEmpty { rest.append(UInt8(ascii: "\n")) }
                    status = process.wait()
                }
                guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
                let lines = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
                rest.removeFirst(end + 1)
                return lines.map { String(decoding: $0, as: UTF8.self) }
            }

            /// Ends it, unless it has ended.
            func end() {
                if status != nil { return }
                process.send(SIGTERM)
                status = process.wait()
            }
        }

        private let network: LabNetwork
        private let options: KeepAliveOptions
        private let wakeup: SignalWakeup
        /// When the cable is cut; nil: after the first answer.
        private var cutTime: ContinuousClock.Instant?
        private var isCut = false
        /// The time of an event of watch whose words are in the next line.
        private var eventTime: String?
        private var listener: Part?
        private var watch: Part?
        private var client: Part?
        private var output = Output(to: .standardOutput)

        private static let port = "5001"

        /// The experiment with these options of the client's socket; nil keeps none of them.
        init(_ options: KeepAliveOptions) throws {
            // Before there are threads.
            let network = try LabNetwork()
            wakeup = try SignalWakeup()
            self.options = options
            self.network = network
        }

        /// Plays it, and throws the exit status of the client. The cable is cut after `cutAfter`; nil: after the first answer.
        mutating func run(cutAfter: Duration?) throws {
            defer { for part in [client, watch, listener] { part?.end() } }
            guard let tool = systemRealPath("/proc/self/exe") else { throw SystemError.last }
            // They end by themselves should this process be killed.
            let userTimeout = (options.userTimeout ?? 0) / 1000
            let times = 2 * (options.idle ?? 0) + (options.interval ?? 0) * ((options.count ?? 0) + 1) + userTimeout
            let limit = ["--duration", "\(times + 60 + Int(cutAfter?.components.seconds ?? 0))"]
            try network.onFarHost { () throws(SystemError) in
                listener = try Part(tool, ["listen"] + limit + [LabNetwork.farAddress, Self.port])
            }
            guard try go(until: { $0.contains("Listening") }) else { return }
            watch = try Part(
                tool, ["watch", "-i", LabNetwork.interface, "--immediate"] + limit + ["tcp", "port", Self.port])
            guard try go(until: { $0.contains("capturing on") }) else { return }
            let arguments = ["client", "--verify"] + optionWords + [LabNetwork.farAddress, Self.port]
            try print("client: $ tcpalive \(arguments.joined(separator: " "))")
            client = try Part(tool, arguments)
            cutTime = cutAfter.map { .now + $0 }
            guard try go(until: { _ in false }) else { return }
            watch?.process.send(SIGINT)
            while watch?.isOpen == true { _ = try advance { _ in false } }
            if let status = client?.status, status != 0 { throw ExitCode(status) }
        }

        /// The options of the client's socket on its command line.
        private var optionWords: [String] {
            var words: [String] = []
            for (name, value) in [
                ("--idle", options.idle), ("--interval", options.interval), ("--count", options.count),
            ] {
                if let value { words += [name, "\(value)"] }
            }
            if let timeout = options.userTimeout {
                words += ["--user-timeout", "\(Double(timeout) / 1000)"]
            }
            return words
        }

        /// Prints what the programs print until `isLast` is true for a line, or the client ends; false if a program ended too
        /// early, which is an error.
        private mutating func go(until isLast: (String) -> Bool) throws -> Bool {
            while true {
                if try advance(isLast) { return true }
                if client?.isOpen == false { return true }
                for part in [listener, watch] where part?.isOpen == false {
                    complain("lab: a part of the experiment has ended too early; its output says why")
                    throw ExitStatus.couldNotRun
                }
            }
        }

        /// Waits for output or the time of the cut, and prints; returns whether `isLast` was true for a line.
        private mutating func advance(_ isLast: (String) -> Bool) throws -> Bool {
            let parts = [listener, watch, client].compactMap(\.self).filter(\.isOpen)
            var interests = ([wakeup.descriptor] + parts.map { $0.process.output.number }).map {
                Interest(descriptor: $0)
            }
            try systemWait(&interests, until: cutTime)
            if Signals.isStopping { throw ExitStatus.inconclusive }
            if let time = cutTime, .now >= time { try cut() }
            var isFound = false
            for (part, interest) in zip(parts, interests.dropFirst()) where interest.isReadable {
                for line in try part.read() {
                    try show(line, of: part)
                    if isLast(line) { isFound = true }
                }
            }
            try output.flush()
            return isFound
        }

        private mutating func show(_ line: String, of part: Part) throws {
            if part === listener { return try print("peer:   \(line)") }
            if part === client { return try print("client: \(line)") }
            guard let event = event(in: line) else {
                // Notices, such as the one on how to end the capture, are not for this experiment.
                if line.hasPrefix("tcpalive: "), !line.hasPrefix(errorPrefix) { return }
                return try print(line.hasPrefix("         socket at") ? "wire:   \(line.dropFirst(9))" : line)
            }
            if event.isEmpty { return }
            try print("wire:   \(event)")
            if cutTime == nil, event.contains("keep-alive ACK") { try cut() }
        }

        /// The time and the words of an event of watch, without the notation of the segment, if they end in `line`: in a narrow
        /// terminal the words are in a second line. nil: it has none; empty: they follow.
        private mutating func event(in line: String) -> String? {
            let indent = line.prefix { $0 == " " }.count
            var words = line.dropFirst(indent)
            if indent == 9, let time = eventTime {
                eventTime = nil
                return "\(time) \(words)"
            }
            guard let frame = words.first, frame.isNumber, indent > 0 else { return nil }
            let parts = words.split(separator: " ", maxSplits: 2)
            guard parts.count == 3, parts[1].contains(":") else { return nil }
            words = parts[2]
            guard let start = words.firstRange(of: " keep-alive") ?? words.firstRange(of: " gave up") else {
                eventTime = String(parts[1])
                return ""
            }
            return "\(parts[1])\(words[start.lowerBound...])"
        }

        private mutating func cut() throws {
            cutTime = nil
            if isCut { return }
            isCut = true
            try network.cut()
            try print("cable:  cut: from now on the peer receives nothing")
        }

        private mutating func print(_ line: String) throws {
            try output.write {
                $0.append(printable: line)
                $0.append("\n")
            }
        }
    }
#endif
