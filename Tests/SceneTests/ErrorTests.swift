import Foundation
import Testing

/// What errors say, and what they suggest.
@Suite("Errors")
struct ErrorTests {
    private static let folder = SceneTests.directory.appendingPathComponent("scenes")
    private static let scene = "zero-window.pcap"

    /// The errors of tcpalive with `arguments`, beside the captures of scenes; its status must be `status`.
    private func errors(_ arguments: [String], _ status: Int32) throws -> String {
        let run = try Tool.run(arguments, in: Self.folder)
        #expect(run.status == status && run.output.isEmpty, "\(run.output)\(run.errors)")
        #expect(run.errors.hasPrefix("tcpalive: error: ") && !run.errors.contains("Error:"), "\(run.errors)")
        if status == 64 { #expect(run.errors.contains("\nUsage: tcpalive"), "\(run.errors)") }
        return run.errors
    }

    @Test(
        "Filter words before the file are an error with the right order",
        arguments: [
            (["port", "443"], "FILE port 443"), (["host", "10.0.0.1"], "FILE host 10.0.0.1"), (["tcp"], "FILE tcp"),
            (["not", "tcp"], "FILE not tcp"), (["src", "10.0.0.1"], "FILE src 10.0.0.1"),
            (["port 443", scene], "\(scene) port 443"),
            (["tcp", "and", "port", "1", scene], "\(scene) tcp and port 1"),
            (["tcp[13]&2!=0"], "FILE tcp[13]&2!=0"), (["(tcp)"], "FILE (tcp)"),
        ])
    func misplacedFilter(words: [String], fixed: String) throws {
        for command in ["analyze", "extract"] {
            let options = command == "extract" ? ["-w", "/nowhere/out"] : []
            let errors = try errors([command] + options + words, 64)
            #expect(errors.contains("filter words follow the file, as in tcpalive \(command) \(fixed)\n"), "\(errors)")
        }
    }

    @Test(
        "Two outputs of one name, or an output onto the input, are an error, and no file changes",
        arguments: [
            (["in.pcap", "--junit", "in.pcap"], "--junit in.pcap would overwrite in.pcap, which is being read"),
            (["in.pcap", "--html", "./in.pcap"], "--html ./in.pcap would overwrite in.pcap, which is being read"),
            (["in.pcap", "-w", "link"], "-w link would overwrite in.pcap, which is being read"),
            (["in.pcap", "-w", "out", "--html", "out"], "--html out would overwrite the file of -w"),
            (
                ["in.pcap", "-w", "out", "--junit", "../FOLDER/out"],
                "--junit ../FOLDER/out would overwrite the file of -w"
            ),
            (["in.pcap", "--html", "old", "--junit", "hard"], "--junit hard would overwrite the file of --html"),
        ])
    func collidingOutputs(words: [String], sentence: String) throws {
        try Tool.withFolder { folder in
            let name = folder.lastPathComponent
            let input = try Data(contentsOf: Self.folder.appendingPathComponent(Self.scene))
            try input.write(to: folder.appendingPathComponent("in.pcap"))
            try Data("old".utf8).write(to: folder.appendingPathComponent("old"))
            let manager = FileManager.default
            try manager.linkItem(
                at: folder.appendingPathComponent("old"), to: folder.appendingPathComponent("hard"))
            try manager.createSymbolicLink(
                atPath: folder.appendingPathComponent("link").path, withDestinationPath: "in.pcap")
            let arguments = words.map { $0.replacingOccurrences(of: "FOLDER", with: name) }
            let run = try Tool.run(["analyze", "-q", "--fail-on", "failure"] + arguments, in: folder)
            let expected = sentence.replacingOccurrences(of: "FOLDER", with: name)
            #expect(run.status == 64 && run.output.isEmpty)
            #expect(run.errors.hasPrefix("tcpalive: error: \(expected): give another file name.\n"), "\(run.errors)")
            #expect(try Tool.names(in: folder) == ["hard", "in.pcap", "link", "old"])
            #expect(try Data(contentsOf: folder.appendingPathComponent("in.pcap")) == input)
        }
    }

    @Test(
        "An output without a name, onto standard output or from it onto the input, is an error, and no file changes",
        arguments: [
            ("analyze -q in.pcap -w ''", "-w requires a file name."),
            ("analyze -q in.pcap --html ''", "--html requires a file name."),
            ("analyze in.pcap >> in.pcap", "standard output is in.pcap, which is being read: write to another file."),
            (
                "extract in.pcap -w - >> in.pcap",
                "standard output is in.pcap, which is being read: write to another file."
            ),
            (
                "analyze in.pcap --html page >> page",
                "--html page is also standard output, which has the report: give another file name."
            ),
            (
                "analyze in.pcap -w /dev/stdout | cat",
                "-w /dev/stdout is also standard output, which has the report: give another file name."
            ),
        ])
    func standardOutput(words: String, sentence: String) throws {
        try Tool.withFolder { folder in
            let input = try Data(contentsOf: Self.folder.appendingPathComponent(Self.scene))
            try input.write(to: folder.appendingPathComponent("in.pcap"))
            let run = try Tool.shell("'\(Tool.executable.path)' \(words)", in: folder)
            #expect(run.status == (words.hasSuffix("| cat") ? 0 : 64))
            #expect(run.errors.hasPrefix("tcpalive: error: \(sentence)\n"), "\(run.errors)")
            #expect(try Data(contentsOf: folder.appendingPathComponent("in.pcap")) == input)
        }
    }

    @Test("What extract writes to the pipe of standard output is the whole capture")
    func extractToPipe() throws {
        try Tool.withFolder { folder in
            let input = Self.folder.appendingPathComponent(Self.scene).path
            let script = "'\(Tool.executable.path)' extract \(input) -w"
            let run = try Tool.shell("\(script) - > named && \(script) /dev/stdout | cmp - named", in: folder)
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    @Test("A file whose name is not UTF-8 is read, and its name is printed with the bytes that are not")
    func nameThatIsNotUTF8() throws {
        try Tool.withFolder { folder in
            let input = Self.folder.appendingPathComponent(Self.scene).path
            // Only a shell can name such a file, because a String cannot.
            let script = "cp '\(input)' $(printf 'bad\\377.pcap') && exec '\(Tool.executable.path)' analyze -q bad*"
            let run = try Tool.shell(script, in: folder)
            let plain = try Tool.run(["analyze", "-q", input])
            #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
            #expect(run.output == plain.output.replacingOccurrences(of: input, with: "bad\\xff.pcap"))
        }
    }

    @Test("A first word that begins no filter is a missing file")
    func missingFile() throws {
        for word in ["nothing.pcap", "monday", "and"] {
            #expect(try errors(["analyze", word], 2) == "tcpalive: error: \(word): no such file\n")
        }
    }

    @Test(
        "An interface without -i is an error with the right option",
        arguments: [
            (["any"], "-i any"), (["any", "port", "443"], "-i any port 443"),
            (["-i", "eth7", "any"], "-i eth7 -i any"),
        ])
    func misplacedInterface(words: [String], fixed: String) throws {
        let errors = try errors(["watch"] + words, 64)
        #expect(errors.contains("any is an interface: write tcpalive watch \(fixed)\n"), "\(errors)")
    }

    @Test(
        "An unknown command is an error with the nearest one, or all",
        arguments: [
            (["analyse"], "\"analyse\"; did you mean \"analyze\"?"),
            (["clinet"], "\"clinet\"; did you mean \"client\"?"),
            (["help", "analyse"], "\"analyse\"; did you mean \"analyze\"?"),
            (["interface"], "\"interface\"; did you mean \"interfaces\"?"),
            (["WATCH"], "\"WATCH\"; did you mean \"watch\"?"), (["hepl"], "\"hepl\"; did you mean \"help\"?"),
            (
                ["help", "foo"],
                "\"foo\"; the commands are analyze, extract, watch, audit, top, tune, run, probe-path, client, listen, lab, interfaces, explain"
            ),
            (
                ["foo", "-x"],
                "\"foo\"; the commands are analyze, extract, watch, audit, top, tune, run, probe-path, client, listen, lab, interfaces, explain"
            ),
            ([scene], "\"\(scene)\"; to read that file: tcpalive analyze \(scene)"),
        ])
    func unknownCommand(arguments: [String], sentence: String) throws {
        let errors = try errors(arguments, 64)
        #expect(errors.contains("there is no command \(sentence)\n"), "\(errors)")
    }

    @Test("The words after the options of run are the program's, and a misspelled option is an error as elsewhere")
    func wordsOfRun() throws {
        #expect(
            try errors(["run", "--idel", "5", "true"], 64).contains("Unknown option '--idel'. Did you mean '--idle'?\n")
        )
        #expect(
            try errors(["run", "-idle", "5", "true"], 64)
                .contains("Unknown option '-idle'. Long options begin with two dashes: --idle\n"))
        for words in [["run"], ["run", "--"], ["run", "--idle", "5"]] {
            #expect(try errors(words, 64).contains("no program given, such as tcpalive run -- psql"))
        }
        for words in [["run", "-V"], ["run", "--idle", "5", "--version"]] {
            #expect(try Tool.run(words).output.hasPrefix("tcpalive "))
        }
        let run = try Tool.run(["run", "--count=3", "echo", "--version", "--", "-h"])
        #expect(run.output == "--version -- -h\n" && run.status == 0)
    }

    @Test("A misspelled option is an error with the right one")
    func unknownOption() throws {
        let errors = try errors(["watch", "-i", "lo", "--durration", "5"], 64)
        #expect(errors.contains("Unknown option '--durration'. Did you mean '--duration'?"))
        #expect(
            try self.errors(["watch", "-i", "lo", "-duration", "5"], 64)
                .contains("Unknown option '-d'. Long options begin with two dashes: --duration\n"))
    }

    @Test(
        "An invalid filter is an error that names the word",
        arguments: [
            ("prot 443", "\"prot\" is not understood; did you mean \"port\" or \"proto\"?"),
            ("hots 10.0.0.1", "\"hots\" is not understood; did you mean \"host\"?"),
            ("tcp port 80 adn host 1.2.3.4", "\"adn\" is not understood; did you mean \"and\"?"),
            ("tcp[tcpflags] & tcp-syn != 0 xyz port 1", "\"xyz\" is not understood"),
            ("(port 80 or port 90) zzzzz 1", "\"zzzzz\" is not understood"),
            ("tcp 443", "\"443\" cannot follow \"tcp\""), ("tcp)", "\")\" cannot follow \"tcp\""),
            ("and tcp", "\"and\" cannot begin a filter"), ("tcp[", "something must follow \"[\""),
            ("host 10.0.0.1 and", "something must follow \"and\""), ("(tcp", "something must follow \"tcp\""),
            ("tcp[13] & 2 = 0 or port", "something must follow \"port\""),
            ("ip proto tpc", "unknown ip proto 'tpc'"), ("port nosuchservice", "unknown port 'nosuchservice'"),
        ])
    func invalidFilter(filter: String, sentence: String) throws {
        for arguments in [["analyze", Self.scene], ["extract", "-w", "/nowhere/out", Self.scene]] {
            // Words may come one by one or together.
            for words in [[filter], filter.split(separator: " ").map(String.init)] where arguments[0] == "analyze" {
                #expect(try errors(arguments + words, 2) == "tcpalive: error: filter \"\(filter)\": \(sentence)\n")
            }
        }
    }

    private static let values: [([String], String)] = [
        (["analyze", scene, "--shard", "3/2"], "'--shard <K/N>': K is 3, and not from 1 to N, which is 2."),
        (["analyze", scene, "--shard", "0/2"], "'--shard <K/N>': K is 0, and not from 1 to N, which is 2."),
        (["analyze", scene, "--shard", "1/0"], "'--shard <K/N>': N is 0, and not from 1 to 1000000."),
        (["analyze", scene, "--shard", "half"], "'--shard <K/N>': it is not two whole numbers with a slash"),
        (["analyze", scene, "--jobs", "0"], "'--jobs <threads>': it is not a whole number of threads, from 1 to 64."),
        (
            ["analyze", scene, "-c", "-1"],
            "The value '-1' is invalid for '-c <packets>': it is not a whole number of packets, 1 or"
        ),
        (
            ["extract", scene, "-w", "/nowhere/out", "-c", "x"],
            "'-c <packets>': it is not a whole number of packets, 1 or more."
        ),
        (["watch", "-i", "lo", "-c", "0"], "'-c <packets>': it is not a whole number of packets, 1 or more."),
        (["watch", "-i", "lo", "-s", "40"], "'-s <bytes>': 40 bytes would cut TCP headers"),
        (
            ["watch", "-i", "lo", "-s", "95"],
            "At least 96 hold Ethernet with VLAN tags, IPv6, and TCP with timestamps."
        ),
        (
            ["watch", "-i", "lo", "--snaplen", "x"],
            "'--snaplen <bytes>': it is not a whole number of bytes, from 96 to 262144."
        ),
        (["extract", scene, "-w", "/nowhere/out", "-s", "40"], "'-s <bytes>': 40 bytes would cut TCP headers"),
        (
            ["watch", "-i", "lo", "--buffer", "4096"],
            "'--buffer <MiB>': it is not a whole number of MiB, from 1 to 2047."
        ),
        (
            ["watch", "-i", "lo", "--duration", "abc"],
            "'--duration <seconds>': it is not a time from 0.001 to 1000000000 seconds, such as"
        ),
        (
            ["watch", "-i", "lo", "--duration", "-5"],
            "The value '-5' is invalid for '--duration <seconds>': it is not a time"
        ),
        (
            ["client", "--idle", "1.5", "a", "1"],
            "TCP_KEEPIDLE is a time from 1 to 32767 seconds without fractions, such as 60, 60s"
        ),
        (["listen", "--interval", "0", "1"], "TCP_KEEPINTVL is a time from 1 to 32767 seconds without fractions"),
        (["listen", "--count", "128", "1"], "'--count <probes>': it is not a whole number of probes, from 1 to 127."),
        (["analyze", scene, "--format", "xml"], "Please provide one of 'text', 'json', 'jsonl'"),
        (["analyze", scene, "--expect", "idle=x"], "idle needs a time, such as 60, 60s, 2m, 1h or 1m30s"),
    ]

    @Test("An invalid value is an error with the reason and what is valid", arguments: values)
    func value(arguments: [String], sentence: String) throws {
        let errors = try errors(arguments, 64)
        #expect(errors.contains(sentence), "\(errors)")
    }

    private static let endpoints: [([String], String)] = [
        (["client", "a"], "no port given: write tcpalive client a PORT, or a:PORT."),
        (["client", "a:"], "give a host and a port, such as tcpalive client localhost 5001."),
        (["client"], "give a host and a port, such as tcpalive client localhost 5001."),
        (["client", "[::1]"], "no port given: write [::1]:PORT."),
        (["client", "::1:5001"], "in ::1:5001: write tcpalive client ::1:5001 PORT, or [::1]:5001."),
        (["client", "::1"], "write tcpalive client ::1 PORT."),
        (["client", "a:1", "2"], "a:1 has a port already: omit 2."),
        (["client", "a:70000"], "70000: a port is between 1 and 65535."),
        (["client", "a", "no-such-service"], "no-such-service is neither a port number nor the name of a service."),
        (["listen"], "no port given: write tcpalive listen 5001."),
        (["listen", "127.0.0.1:70000"], "70000: a port is between 0 and 65535."),
    ]

    @Test("A host without a port, or with two, is an error with what to write", arguments: endpoints)
    func endpoint(arguments: [String], sentence: String) throws {
        let errors = try errors(arguments, 64)
        #expect(errors.contains(sentence), "\(errors)")
    }

    @Test(
        "Host and port may be one word",
        arguments: [
            ["client", "127.0.0.1:1"], ["client", "localhost:tcpmux"], ["client", "[::1]:1"], ["client", "[::1]", "1"],
            ["client", "::1", "1"],
        ])
    func joinedEndpoint(arguments: [String]) throws {
        let run = try Tool.run(arguments)
        #expect(run.status == 13 && run.errors.hasPrefix("tcpalive: error: could not connect: "), "\(run.errors)")
        let listener = try Tool.run(["listen", "--duration", "0.01s", "127.0.0.1:0"])
        #expect(listener.status == 0 && listener.output.hasPrefix("Listening on 127.0.0.1:"), "\(listener.errors)")
    }

    @Test("Control characters in arguments are escaped in errors")
    func controlCharacters() throws {
        #expect(try errors(["red\u{1B}[31m"], 64).contains("there is no command \"red\\x1b[31m\""))
    }
}
