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
                process = try ChildProcess(tool, arguments)
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
            guard let event = Self.event(in: line) else {
                // Notices, such as the one on how to end the capture, are not for this experiment.
                if line.hasPrefix("tcpalive: "), !line.hasPrefix(errorPrefix) { return }
                return try print(line.hasPrefix("         socket at") ? "wire:   \(line.dropFirst(9))" : line)
            }
            try print("wire:   \(event)")
            if cutTime == nil, event.contains("keep-alive ACK") { try cut() }
        }

        /// The time and the words of `line` if it is an event of watch, without the notation of the segment.
        private static func event(in line: String) -> String? {
            guard let words = line.firstRange(of: "  keep-alive") ?? line.firstRange(of: "  gave up"),
                let start = line.firstIndex(where: { $0 != " " }), line[start].isNumber
            else { return nil }
            let time = line[start...].split(separator: " ").dropFirst().first ?? ""
            return "\(time) \(line[words.lowerBound...].dropFirst(2))"
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
