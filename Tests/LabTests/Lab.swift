import Foundation
import Testing

/// Two hosts on one machine: network namespaces connected by a pair of virtual Ethernet interfaces, removed in
/// `deinit`.
///
/// The prober is 10.9.0.1 and fd09::1 on `va`, the peer 10.9.0.2 and fd09::2 on `vb`. Without root, they
/// are in a user namespace of their own.
final class Lab {
    /// Whether this process may make namespaces, and the programs are installed.
    static let isPossible =
        ["ip", "nft", "sysctl", "sh", "cat", "python3", "unshare", "nsenter"].allSatisfy(Program.isInstalled)
        && Program.succeeds(Space.making(isUnprivileged: false) + ["true"])

    /// Whether the user nobody may make namespaces and run the tool.
    static let isPossibleUnprivileged =
        isPossible && Program.isInstalled("setpriv")
        && Program.succeeds(Space.making(isUnprivileged: true) + [executable.path, "--version"])

    static let needs: Comment = "needs root or unprivileged user namespaces; ip, nft, sysctl, python3, util-linux"
    static let needsUnprivileged: Comment =
        "needs unprivileged user namespaces, and a tool that the user nobody may run"

    /// Ends a program that is still running after the tests were killed.
    static let limit = ["--duration", "120"]

    /// Limits the number of labs: with more at once, programs wake up too late for the tests of times.
    private static let semaphore = AsyncSemaphore(count: 12)

    /// The maximum time that tests wait for something to appear.
    static let timeout = Duration.seconds(20)

    let prober: Space
    let peer: Space
    let folder: URL
    private let permit: AsyncSemaphore.Permit
    private var processes: [Running] = []

    /// Makes a lab, as the user nobody if `isUnprivileged`.
    init(isUnprivileged: Bool = false) async throws {
        permit = await Self.semaphore.wait()
        prober = try await Space(Space.making(isUnprivileged: isUnprivileged), isUnprivileged)
        // Both must be in the same user namespace to be connected.
        let making = prober.hasUsers ? prober.entering + ["unshare", "-n"] : Space.making(isUnprivileged: false)
        peer = try await Space(making, isUnprivileged)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tcpalive-lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The user nobody writes to it too.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        try await inside(prober, "ip", "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", peer.holder)
        for (space, link, number) in [(prober, "va", 1), (peer, "vb", 2)] {
            // Without duplicate address detection the IPv6 addresses are usable at once.
            let script = """
                sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.\(link).accept_dad=0
                ip addr add 10.9.0.\(number)/24 dev \(link)
                ip addr add fd09::\(number)/64 dev \(link) nodad
                ip link set lo up
                ip link set \(link) up
                """
            try await inside(space, "sh", "-ec", script)
        }
    }

    deinit {
        for running in processes where running.process.isRunning { kill(running.process.processIdentifier, SIGKILL) }
        for running in processes { running.process.waitUntilExit() }
        try? FileManager.default.removeItem(at: folder)
    }

    /// Runs the command `words` in namespace `space`, and waits for its end.
    @discardableResult
    func inside(_ space: Space, _ words: String...) async throws -> String {
        try await inside(space, words[0], Array(words.dropFirst()))
    }

    /// Runs `program` with `arguments` in namespace `space`, and waits for its end.
    @discardableResult
    func inside(_ space: Space, _ program: String, _ arguments: [String]) async throws -> String {
        let words = [program] + arguments
        let running = try begin(space, words)
        let status = try await running.end()
        if status != 0 { throw Failure(sentence: "\(words.joined(separator: " ")): \(running.errorText)") }
        return running.text
    }

    /// Adds `rule` of nft(8) to the `hook` of `space`: `input` or `output`.
    func filter(_ space: Space, _ hook: String, _ rule: String) async throws {
        let chain = "add table inet lab; add chain inet lab \(hook) { type filter hook \(hook) priority 0; }"
        try await inside(space, "nft", "\(chain); add rule inet lab \(hook) \(rule)")
    }

    /// Makes the peer drop all incoming TCP segments.
    func cutPeer() async throws {
        try await filter(peer, "input", "meta l4proto tcp drop")
    }

    /// Starts tcpalive with `arguments` in namespace `space`, through the program `wrapper` if one is given.
    func start(_ space: Space, through wrapper: [String] = [], _ arguments: [String]) throws -> Running {
        try begin(space, wrapper + [Self.executable.path] + arguments)
    }

    /// Starts `watch` on `interfaces` of the prober with `options`, and waits until it captures.
    func watch(on interfaces: [String] = ["va"], _ options: [String] = []) async throws -> Running {
        let watch = try start(prober, ["watch"] + interfaces.flatMap { ["-i", $0] } + options + Self.limit)
        try await watch.wait(for: "capturing on " + interfaces.joined(separator: ", "))
        return watch
    }

    /// Starts `listen` on `address`, port 5001, in namespace `space`, and waits until it listens.
    @discardableResult
    func listener(in space: Space, on address: String) async throws -> Running {
        let listener = try start(space, ["listen"] + Self.limit + [address, "5001"])
        try await listener.wait(for: "Listening on")
        return listener
    }

    /// Starts `program` with `arguments` in namespace `space`.
    func start(_ space: Space, program: String, _ arguments: [String]) throws -> Running {
        try begin(space, [program] + arguments)
    }

    /// Starts the script Scripts/`name` with `arguments` in namespace `space`.
    func start(_ space: Space, script name: String, _ arguments: [String]) throws -> Running {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Scripts/\(name)")
        return try begin(space, ["python3", script.path] + arguments)
    }

    /// Starts the script Scripts/`name` with `arguments` outside of the namespaces.
    func start(script name: String, _ arguments: [String]) throws -> Running {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Scripts/\(name)")
        let running = try Running(["python3", script.path] + arguments, in: folder)
        processes.append(running)
        return running
    }

    private func begin(_ space: Space, _ words: [String]) throws -> Running {
        let running = try Running(space.entering + [Program.path(words[0])] + words.dropFirst(), in: folder)
        processes.append(running)
        return running
    }

    /// The kernel's counter `name` of TcpExt in the prober's namespace.
    func count(_ name: String) throws -> Int { try prober.count(name) }

    /// The output of `tcpalive analyze` with `arguments`.
    func analyze(_ arguments: [String]) async throws -> String {
        let running = try Running([Self.executable.path, "analyze"] + arguments, in: folder)
        processes.append(running)
        try await running.end()
        return running.text
    }

    /// The tool: TCPALIVE_TOOL, or that in the folder of the tests.
    static let executable =
        ProcessInfo.processInfo.environment["TCPALIVE_TOOL"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("tcpalive")

    struct Failure: Error, CustomStringConvertible {
        var sentence: String
        var description: String { sentence }
    }
}
