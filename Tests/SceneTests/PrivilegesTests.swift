import Foundation
import Testing

#if os(Linux)
    /// The rights of the running tool, and what works without them.
    @Suite("Privileges")
    struct PrivilegesTests {
        private static let isRoot = geteuid() == 0
        private static let isRootWithSetpriv = isRoot && FileManager.default.isExecutableFile(atPath: setpriv)
        private static let setpriv = "/usr/bin/setpriv"
        private static let capture = Tool.root.appendingPathComponent("captures/verdicts/verdict-peer-dead.pcap").path

        /// The lines of /proc/PID/status.
        private static func state(of process: Process) -> [String: String] {
            let path = "/proc/\(process.processIdentifier)/status"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [:] }
            var state: [String: String] = [:]
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2 { state[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces) }
            }
            return state
        }

        /// Starts the command `words`, which reads from the pipe that is returned.
        private static func start(
            _ words: [String], variables: [String: String] = [:]
        ) throws -> (process: Process, input: Pipe) {
            let process = Process()
            let input = Pipe()
            process.executableURL = URL(fileURLWithPath: words[0])
            process.arguments = Array(words.dropFirst())
            process.environment = Tool.environment(variables)
            process.standardInput = input
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            return (process, input)
        }

        /// Waits until `condition` holds; false: it does not come to hold.
        ///
        /// On a busy machine this task may look seldom, and the process may just then wait for a processor.
        private static func wait(_ condition: () -> Bool) async throws -> Bool {
            let deadline = ContinuousClock.now + .seconds(20)
            var looks = 0
            while !condition() {
                looks += 1
                if ContinuousClock.now > deadline, looks > 200 { return false }
                try await Task.sleep(for: .milliseconds(5))
            }
            return true
        }

        /// The state of `analyze -` with `options`, started as `words` before it say, while it waits for input.
        private static func waitingState(
            _ options: [String] = [], through words: [String] = [], variables: [String: String] = [:],
            seccomp: String = Tool.isSanitized ? "0" : "2"
        ) async throws -> [String: String] {
            let (process, input) = try start(
                words + [Tool.executable.path, "analyze", "-"] + options, variables: variables)
            // It reads when all is done.
            let isWaiting = try await wait {
                let reads = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/wchan", encoding: .utf8)
                let now = Self.state(of: process)
                return now["Seccomp"] == seccomp && now["State"]?.first == "S"
                    && reads.map { $0 == "0" || $0.contains("poll") } ?? true
            }
            #expect(isWaiting, "\(Self.state(of: process))")
            let state = Self.state(of: process)
            try input.fileHandleForWriting.close()
            process.waitUntilExit()
            return state
        }

        private static let users: [(options: [String], variables: [String: String], user: Int, group: Int)] = [
            ([], [:], 65534, 65534),
            ([], ["SUDO_UID": "4321", "SUDO_GID": "1234"], 4321, 1234),
            ([], ["SUDO_UID": "0", "SUDO_GID": "0"], 65534, 65534),
            (["-Z", "daemon"], ["SUDO_UID": "4321"], 1, 1),
            (["--user", "4322"], [:], 4322, 4322),
            (["-Z", "root"], [:], 0, 0),
        ]

        @Test(
            "As root, analyze becomes another user without any capability", .enabled(if: isRoot, "needs root"),
            arguments: users)
        func root(options: [String], variables: [String: String], user: Int, group: Int) async throws {
            let state = try await Self.waitingState(options, variables: variables)
            #expect(state["Uid"] == [String](repeating: "\(user)", count: 4).joined(separator: "\t"))
            #expect(state["Gid"] == [String](repeating: "\(group)", count: 4).joined(separator: "\t"))
            for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                #expect(state[name] == "0000000000000000", "\(name)")
            }
            #expect(state["NoNewPrivs"] == "1")
        }

        @Test("As any user, analyze has no capabilities, no_new_privs and a filter of system calls")
        func anyUser() async throws {
            let state = try await Self.waitingState(
                through: Self.isRootWithSetpriv
                    ? [Self.setpriv, "--reuid", "4321", "--regid", "4321", "--clear-groups"] : [])
            if Self.isRootWithSetpriv { #expect(state["Uid"] == "4321\t4321\t4321\t4321") }
            #expect(state["CapEff"] == "0000000000000000")
            #expect(state["NoNewPrivs"] == "1")
        }

        @Test("With --no-sandbox it keeps all rights, and says so")
        func noSandbox() async throws {
            let state = try await Self.waitingState(["--no-sandbox"], seccomp: "0")
            #expect(state["Uid"]?.hasPrefix("\(geteuid())\t") == true)
            #expect(state["NoNewPrivs"] == "0")
            let run = try Tool.run(["analyze", "-q", "--no-sandbox", Self.capture])
            #expect(run.status == 0)
            #expect(run.errors == "tcpalive: --no-sandbox: tcpalive keeps all its rights while it reads packets\n")
        }

        private static let mistakes: [(words: [String], sentence: String, status: Int32)] = [
            (["-Z", "no-such-user"], "-Z no-such-user: there is no such user; give a name, or a number", 2),
            (["-Z", "nobody", "--no-sandbox"], "-Z contradicts --no-sandbox: omit one of them.", 64),
            (["-Z", ""], "-Z requires the name or the number of a user.", 64),
        ]

        @Test("A wrong user is one sentence", arguments: mistakes)
        func wrongUser(words: [String], sentence: String, status: Int32) throws {
            let run = try Tool.run(["analyze", Self.capture] + words)
            #expect(run.status == status)
            #expect(run.errors.hasPrefix("tcpalive: error: \(sentence)\n"), "\(run.errors)")
        }

        @Test("Another user than root cannot become one", .enabled(if: isRootWithSetpriv, "needs root and setpriv"))
        func notRoot() throws {
            let words = ["--reuid", "4321", "--regid", "4321", "--clear-groups", Tool.executable.path]
            let run = try Tool.run(
                words + ["analyze", "-Z", "nobody", Self.capture], of: URL(fileURLWithPath: Self.setpriv))
            #expect(run.status == 2)
            #expect(run.errors == "tcpalive: error: -Z nobody: only root can become another user; omit it\n")
        }

        // MARK: - Files

        /// The owner and the permissions of the file `name` in `folder`.
        private static func owner(_ name: String, in folder: URL) throws -> String {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.appendingPathComponent(name).path)
            let permissions = try #require(attributes[.posixPermissions] as? Int)
            return "\(try #require(attributes[.ownerAccountID] as? Int)) \(String(permissions, radix: 8))"
        }

        private static let writers: [[String]] = [
            ["analyze", "-q", "-w", "out", "--html", "page", "--fail-on", "failure", "--junit", "junit"],
            ["extract", "-w", "out"],
        ]

        @Test(
            "Files appear in a directory that only root may write to, and belong to root",
            .enabled(if: isRoot, "needs root"),
            arguments: writers)
        func rootDirectory(words: [String]) throws {
            try Tool.withFolder { folder in
                try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
                let run = try Tool.run(words + [Self.capture], in: folder)
                #expect(run.status == (words.contains("--fail-on") ? 1 : 0), "\(run.errors)")
                for name in try Tool.names(in: folder) { #expect(try Self.owner(name, in: folder).hasPrefix("0 ")) }
                #expect(try Tool.names(in: folder) == (words.contains("page") ? ["junit", "out", "page"] : ["out"]))
                #expect(try Self.owner("out", in: folder) == "0 600")
            }
        }

        @Test(
            "Under sudo, files in a directory of the user belong to the user", .enabled(if: isRoot, "needs root"),
            arguments: writers)
        func userDirectory(words: [String]) throws {
            try Tool.withFolder { folder in
                try FileManager.default.setAttributes([.ownerAccountID: 4321], ofItemAtPath: folder.path)
                let run = try Tool.run(words + [Self.capture], in: folder, variables: ["SUDO_UID": "4321"])
                #expect(run.status == (words.contains("--fail-on") ? 1 : 0), "\(run.errors)")
                #expect(try Tool.names(in: folder) == (words.contains("page") ? ["junit", "out", "page"] : ["out"]))
                for name in try Tool.names(in: folder) { #expect(try Self.owner(name, in: folder).hasPrefix("4321 ")) }
            }
        }

        @Test("A file of another user that is replaced keeps its owner and mode", .enabled(if: isRoot, "needs root"))
        func replacedFile() throws {
            try Tool.withFolder { folder in
                try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
                let page = folder.appendingPathComponent("page").path
                try Data().write(to: URL(fileURLWithPath: page))
                try FileManager.default.setAttributes(
                    [.ownerAccountID: 4321, .posixPermissions: 0o640], ofItemAtPath: page)
                let run = try Tool.run(["analyze", "-q", "--html", "page", Self.capture], in: folder)
                #expect(run.status == 0, "\(run.errors)")
                #expect(try Self.owner("page", in: folder) == "4321 640")
                #expect(try !Data(contentsOf: URL(fileURLWithPath: page)).isEmpty)
            }
        }

        @Test(
            "As root, a capture that only root may read is read, and again for -w", .enabled(if: isRoot, "needs root"))
        func rootFile() throws {
            try Tool.withFolder { folder in
                let file = folder.appendingPathComponent("in.pcap")
                try FileManager.default.copyItem(atPath: Self.capture, toPath: file.path)
                try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
                let run = try Tool.run(["analyze", "-q", "-w", "out", "in.pcap", "in.pcap"], in: folder)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.output.contains(": 32 packets"), "\(run.output)")
            }
        }

        @Test("If the tool is killed, its incomplete files disappear")
        func killed() async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let (process, input) = try Self.start([
                Tool.executable.path, "analyze", "-", "-w", folder.appendingPathComponent("out").path,
            ])
            func names() -> [String] { (try? Tool.names(in: folder)) ?? [] }
            #expect(try await Self.wait { Self.state(of: process)["NoNewPrivs"] == "1" })
            #expect(names().count == 1)
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            #expect(try await Self.wait { names().isEmpty }, "\(names())")
            try input.fileHandleForWriting.close()
        }

        @Test("Named pipes are read in order, although one program writes them one after the other")
        func pipes() throws {
            try Tool.withFolder { folder in
                let script = """
                    mkfifo a b
                    { cat "$1" > a; cat "$1" > b; } &
                    exec "$0" analyze -q a b
                    """
                let run = try Tool.run(
                    ["-c", script, Tool.executable.path, Self.capture], of: URL(fileURLWithPath: "/bin/sh"),
                    in: folder)
                #expect(run.status == 0, "\(run.errors)")
                #expect(run.output.contains(": 32 packets"), "\(run.output)")
            }
        }

        @Test("More captures than the process may have open are read all the same")
        func manyFiles() throws {
            try Tool.withFolder { folder in
                try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
                for number in 10..<90 {
                    let path = folder.appendingPathComponent("\(number).pcap").path
                    try FileManager.default.copyItem(atPath: Self.capture, toPath: path)
                    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
                }
                for limit in [30, 100] {
                    let run = try Tool.run(
                        [
                            "-c", "ulimit -n \(limit); exec \"$0\" analyze -q --jobs 2 -w all.pcapng *.pcap",
                            Tool.executable.path,
                        ], of: URL(fileURLWithPath: "/bin/sh"), in: folder)
                    #expect(run.status == 0, "\(run.errors)")
                    #expect(run.output.contains(": 1,280 packets"), "\(run.output)")
                }
            }
        }

        @Test(
            "Names in a filter are looked up before, for all link types",
            arguments: ["port postgresql", "ip proto \\tcp", "port 5432"])
        func names(filter: String) throws {
            // One Ethernet packet and one of raw IP, both from port 40000 to 5432, in a file with two interfaces.
            let run = try Tool.run(["analyze", "-q", "-", filter], input: Self.twoLinkTypes)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains(": 2 packets"), "\(run.output)")
        }

        /// A pcapng file: a section, an interface of Ethernet, one of raw IP, and a SYN on each.
        private static var twoLinkTypes: Data {
            func word(_ number: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
            func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
                let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
                let length = word(UInt32(padded.count + 12))
                return word(type) + length + padded + length
            }
            let ip: [UInt8] =
                [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
                + [0x9C, 0x40, 0x15, 0x38, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xFF, 0xFF, 0, 0, 0, 0]
            let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0] + ip
            var bytes = block(0x0A0D_0D0A, word(0x1A2B_3C4D) + word(1) + word(.max) + word(.max))
            for linkType: UInt32 in [1, 101] { bytes += block(1, word(linkType) + word(0)) }
            for (interface, packet) in [ethernet, ip].enumerated() {
                let count = word(UInt32(packet.count))
                bytes += block(6, word(UInt32(interface)) + word(0) + word(0) + count + count + packet)
            }
            return Data(bytes)
        }
    }
#endif
