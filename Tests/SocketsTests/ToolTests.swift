import Foundation
import Sockets
import Testing

/// A running `tcpalive`, whose output is read line by line.
final class RunningTool {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()
    private let input = Pipe()

    /// Starts the tool, TCPALIVE_TOOL or that in the folder of the tests, through the program `wrapper` if one is given; with a
    /// non-blocking standard input if `hasNonblockingInput`.
    init(_ arguments: [String], wrapper: [String] = [], hasNonblockingInput: Bool = false) throws {
        let reading = input.fileHandleForReading.fileDescriptor
        if hasNonblockingInput { _ = fcntl(reading, F_SETFL, fcntl(reading, F_GETFL) | O_NONBLOCK) }
        let tool =
            ProcessInfo.processInfo.environment["TCPALIVE_TOOL"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: CommandLine.arguments[0])
            .deletingLastPathComponent().appendingPathComponent("tcpalive")
        process.executableURL = wrapper.isEmpty ? tool : URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = wrapper + (wrapper.isEmpty ? [] : [tool.path]) + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["TZ": "UTC"]) { $1 }
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = input
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    /// The next line, without its end; nil at the end of the output.
    func line() -> String? {
        var bytes: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    /// The lines up to and including the first that contains `text`; nil if none does.
    func lines(until text: String) -> [String]? {
        var lines: [String] = []
        while let line = line() {
            lines.append(line)
            if line.contains(text) { return lines }
        }
        return nil
    }

    /// Writes `text` to its standard input.
    func write(_ text: String) throws { try write(Data(text.utf8)) }

    /// Writes `data` to its standard input.
    func write(_ data: Data) throws { try input.fileHandleForWriting.write(contentsOf: data) }

    /// Closes its standard input.
    func closeInput() throws {
        try input.fileHandleForWriting.close()
    }

    /// Sends it `signal`.
    func interrupt(by signal: Int32 = SIGINT) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for its end; returns the rest of its output, its errors, and its exit status.
    func finish() -> (output: String, errors: String, status: Int32) {
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            String(decoding: rest, as: UTF8.self), String(decoding: complaints, as: UTF8.self),
            process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        )
    }

    /// `tcpalive listen` on a port of 127.0.0.1 that the system chooses, and the port.
    static func listening(
        _ arguments: [String] = [], wrapper: [String] = []
    ) throws -> (tool: RunningTool, port: String) {
        let tool = try RunningTool(["listen"] + arguments + ["127.0.0.1", "0"], wrapper: wrapper)
        let line = try #require(tool.line())
        let port = try #require(line.split(separator: ":").last.map(String.init))
        #expect(line == "Listening on 127.0.0.1:\(port)")
        return (tool, port)
    }
}

@Suite("tcpalive client and listen")
struct ToolTests {
    @Test("The client prints its options, received data, and how the connection ended")
    func closed() throws {
        let (listener, port) = try RunningTool.listening(["--send", "hello world"])
        let client = try RunningTool(["client", "--tick", "0.2", "127.0.0.1", port])
        try client.write("from here\n")
        #expect(listener.lines(until: "#1 received 10 bytes: \"from here\\n\"") != nil)
        try client.closeInput()  // This does not close the connection.
        let shown = try #require(client.lines(until: "waiting; next probe in 5"))
        #expect(shown.contains { $0.hasSuffix("SO_KEEPALIVE was off; it is on now.") })
        #expect(shown.contains { $0.hasSuffix("received 10 bytes: \"hello worl\"") })
        #expect(shown.contains { $0.hasSuffix("given up after 60 s + 4 × 15 s = 120 s.") })
        listener.interrupt()
        #expect(listener.finish().status == 0)
        let end = client.finish()
        #expect(end.status == 0 && end.output.contains("Closed by the peer (FIN)"))
    }

    @Test("With --color always the ends of connections and the answers have colours, also in a pipe")
    func colors() throws {
        let (listener, port) = try RunningTool.listening(["--color", "always", "--reset-after", "0.3"])
        let client = try RunningTool(["client", "--color", "always", "127.0.0.1", port])
        let end = client.finish()
        #expect(end.status == 11)
        #expect(end.output.contains("  \u{1B}[31mReset by the peer\u{1B}[0m (ECONNRESET)"), "\(end.output)")
        #expect(end.output.contains("  Connected to 127.0.0.1:\(port) from "), "\(end.output)")
        let closing = try RunningTool(["client", "--duration", "0.1", "127.0.0.1", port])
        let plain = closing.finish().output
        #expect(!plain.contains("\u{1B}") && plain.contains("  The duration is over: closed from this end."))
        #expect(listener.lines(until: "\u{1B}[36m#2 closed by the peer\u{1B}[0m (FIN)") != nil)
        listener.interrupt()
    }

    #if os(Linux)
        /// Runs a program with a seccomp(2) filter that makes setsockopt(2) fail with ENOPROTOOPT for TCP_KEEPINTVL (5).
        private static let refusingKernel = """
            import ctypes, os, platform, struct, sys
            number = {"x86_64": 54, "aarch64": 208}[platform.machine()]
            steps = [(0x20, 0, 0, 0), (0x15, 0, 5, number),  # the system call
                     (0x20, 0, 0, 24), (0x15, 0, 3, 6),      # IPPROTO_TCP
                     (0x20, 0, 0, 32), (0x15, 0, 1, 5),      # TCP_KEEPINTVL
                     (0x06, 0, 0, 0x50000 | 92),             # fails with ENOPROTOOPT
                     (0x06, 0, 0, 0x7fff0000)]               # is allowed
            code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
            program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
                sys.exit(99)
            os.execv(sys.argv[1], sys.argv[1:])
            """

        @Test(
            "An option that the kernel refuses is reported with the reason and the remedy, and the others are set",
            .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
        func refusedOption() throws {
            let (listener, port) = try RunningTool.listening()
            let arguments = ["client", "--idle", "7", "--interval", "3", "--count", "2", "--duration", "0.2"]
            let client = try RunningTool(
                arguments + ["127.0.0.1", port], wrapper: ["python3", "-c", Self.refusingKernel])
            let end = client.finish()
            #expect(end.status == 0, "\(end.output)\(end.errors)")
            #expect(
                end.output.contains(
                    "TCP_KEEPINTVL cannot be set: Protocol not available. The system's value applies; so do the other "
                        + "options. Use --system-defaults to leave them all to the system."))
            let interval = try #require(KeepAliveOptions.systemDefaults.interval)
            for (name, value) in [("TCP_KEEPIDLE", "7 s"), ("TCP_KEEPINTVL", "\(interval) s"), ("TCP_KEEPCNT", "2")] {
                let line = end.output.split(separator: "\n").first { $0.hasPrefix("  \(name) ") }
                #expect(line?.contains(" \(value) ") == true, "\(end.output)")
            }
            listener.interrupt()
            _ = listener.finish()
        }

        @Test("The client prints the number of answered probes, at each tick and at the end")
        func answered() throws {
            let (listener, port) = try RunningTool.listening()
            let options = ["--idle", "1", "--interval", "1", "--count", "2", "--tick", "0.1"]
            let client = try RunningTool(["client"] + options + ["127.0.0.1", port])
            #expect(client.lines(until: "2 probes answered, last ") != nil)
            client.interrupt()
            let end = client.finish()
            #expect(end.output.contains("Interrupted: closed from this end. The peer answered "), "\(end)")
            listener.interrupt()
            _ = listener.finish()
        }
    #endif

    @Test("A reset has exit status 11")
    func reset() throws {
        let (listener, port) = try RunningTool.listening(["--reset-after", "0.1"])
        let end = try RunningTool(["client", "127.0.0.1", port]).finish()
        #expect(end.status == 11 && end.output.contains("Reset by the peer (ECONNRESET)"))
        listener.interrupt()
        #expect(listener.finish().output.contains("#1 reset from this end"))
    }

    @Test(
        "SIGINT, SIGTERM and SIGHUP end client and listener with status 0",
        arguments: [[SIGINT], [SIGTERM], [SIGHUP, SIGHUP]])
    func interrupted(signals: [Int32]) throws {
        let (listener, port) = try RunningTool.listening()
        let client = try RunningTool(["client", "127.0.0.1", port])
        #expect(client.lines(until: "given up after") != nil)
        for signal in signals { client.interrupt(by: signal) }
        let end = client.finish()
        #expect(end.status == 0 && end.output.contains("Interrupted"))
        #expect(listener.lines(until: "#1 closed by the peer (FIN)") != nil)
        for signal in signals { listener.interrupt(by: signal) }
        #expect(listener.finish().status == 0)
    }

    @Test("Under nohup, SIGHUP ends neither client nor listener")
    func nohup() throws {
        let (listener, port) = try RunningTool.listening(wrapper: ["nohup"])
        let client = try RunningTool(["client", "127.0.0.1", port], wrapper: ["nohup"])
        #expect(client.lines(until: "given up after") != nil)
        for tool in [client, listener] { tool.interrupt(by: SIGHUP) }
        try client.write("still here")
        #expect(listener.lines(until: "\"still here\"") != nil)
        for tool in [client, listener] {
            tool.interrupt(by: SIGTERM)
            #expect(tool.finish().status == 0)
        }
    }

    @Test("The listener serves several clients, which end after --duration")
    func several() throws {
        let (listener, port) = try RunningTool.listening()
        let clients = try (0..<3).map { _ in
            try RunningTool(["client", "--duration", "0.2", "--system-defaults", "127.0.0.1", port])
        }
        for client in clients {
            let end = client.finish()
            #expect(end.status == 0 && end.output.contains("The duration is over"))
        }
        #expect(listener.lines(until: "#3 closed by the peer (FIN)") != nil)
    }

    @Test("With --reconnect the client waits longer each time, until --duration is over")
    func reconnect() throws {
        let port = try KeepAliveListener(host: "127.0.0.1", port: "0").localAddress.port
        let end = try RunningTool(["client", "--reconnect", "--duration", "1.2", "127.0.0.1", "\(port)"]).finish()
        #expect(end.status == 0)
        #expect(end.output.contains("Connecting again in 1 s.") && end.output.contains("Connecting again in 2 s."))
    }

    @Test("A refused connection has exit status 13 and a sentence")
    func refused() throws {
        let port = try KeepAliveListener(host: "127.0.0.1", port: "0").localAddress.port
        let end = try RunningTool(["client", "127.0.0.1", "\(port)"]).finish()
        #expect(end.status == 13)
        #expect(end.errors == "tcpalive: error: could not connect: 127.0.0.1:\(port): Connection refused\n")
    }

    static let mistakes: [([String], String)] = [
        (["--idle", "0"], "'--idle <seconds>': \(KeepAliveOption.idle.name) is a time from 1 to"),
        (["--interval", "9999999"], "'--interval <seconds>': TCP_KEEPINTVL is a time from 1 to"),
        (["--count", "0"], "'--count <probes>': it is not a whole number of probes, from 1 to"),
        (["--no-keepalive", "--idle", "5"], "--idle contradicts --no-keepalive"),
        (["--read-size", "0"], "'--read-size <bytes>': it is not a whole number of bytes, from 1 to 1048576"),
        (["-4", "-6"], "give one of them"),
        (["--tick", "0"], "'--tick <seconds>': it is not a time from 0.001 to 1000000000 seconds"),
        (["--duration", "soon"], "'--duration <seconds>': it is not a time from 0.001 to 1000000000 seconds"),
        (["--user-timeout", "2147484"], "between 0 and 2147483.647 seconds, the bounds of the kernel for TCP_USER"),
        (["--user-timeout", "1e300"], "between 0 and 2147483.647 seconds, the bounds of the kernel for TCP_USER"),
    ]

    @Test("Invalid usage has exit status 64 and a reason", arguments: mistakes)
    func mistake(options: [String], reason: String) throws {
        let end = try RunningTool(["client"] + options + ["127.0.0.1", "1"]).finish()
        #expect(end.status == 64)
        #expect(end.errors.contains(reason))
    }

    @Test(
        "Without a port to listen on, the error says how to give one",
        arguments: [["127.0.0.1"], ["::1"], ["localhost"], ["no-such-service"], ["70000"], ["127.0.0.1", "70000"]])
    func noPort(words: [String]) throws {
        let end = try RunningTool(["listen"] + words).finish()
        #expect(end.status == 64 && end.output.isEmpty)
        let reason =
            switch words.last {
            case "70000": "70000: a port is between 0 and 65535"
            case "::1": "it is not clear where the port begins in ::1: write tcpalive listen ::1 PORT."
            default: "\(words[0]) is no port: give one"
            }
        #expect(end.errors.contains(reason), "\(end.errors)")
    }

    @Test(
        "The listener sets a user timeout with and without keep-alive; a time below 1 ms is 1 ms, and 0 is none",
        arguments: [("2.5", "2500 ms"), ("0.0004", "1 ms"), ("0", "none")])
    func listenersUserTimeout(argument: String, text: String) throws {
        for (options, state) in [([], "off"), (["--idle", "7"], "on")] {
            let (listener, port) = try RunningTool.listening(["--user-timeout", argument] + options)
            let client = try RunningTool(["client", "127.0.0.1", port])
            let lines = try #require(listener.lines(until: "TCP_USER_TIMEOUT"))
            #expect(lines.contains { $0.contains("SO_KEEPALIVE") && $0.contains(" \(state) ") }, "\(lines)")
            #expect(lines.last?.contains(" \(text) ") == true, "\(lines)")
            listener.interrupt()
            _ = (listener.finish(), client.finish())
        }
    }

    @Test("The help has every exit status and every default")
    func help() throws {
        // Without line breaks, which depend on the width.
        let client = try RunningTool(["client", "--help"]).finish().output.split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
        for words in [
            "0 success", "2 cannot start or continue", "10 timed out", "11 reset", "12 unreachable",
            "13 could not connect", "64 invalid usage", "--reconnect", "--user-timeout", "(default: 60)",
            "(default: 15)", "(default: 4)", "(default: 5)", "(default: 10)", "--connect-timeout", "--bind",
            "--system-defaults", "--hex",
        ] {
            #expect(client.contains(words), "\(words)")
        }
        let listen = try RunningTool(["listen", "--help"]).finish().output
        for words in [
            "[<host>] <port>", "--stop-reading", "--reset-after", "--close-after", "--send", "64  invalid usage",
        ] {
            #expect(listen.contains(words), "\(words)")
        }
    }
}
