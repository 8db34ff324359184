import Foundation
import Testing

/// Two hosts on one machine: network namespaces joined by a pair of virtual Ethernet interfaces, gone with `deinit`.
///
/// The prober is 10.9.0.1 and fd09::1 on `va`, the peer 10.9.0.2 and fd09::2 on `vb`. A user who is not root gets them
/// in a user namespace of its own.
final class Lab {
    /// Whether this process may make namespaces, and has the programs for it.
    static let isPossible =
        ["ip", "nft", "sysctl", "sh", "cat", "python3", "unshare", "nsenter"].allSatisfy(Program.isThere)
        && Program.succeeds(Space.making(isUnprivileged: false) + ["true"])

    /// Whether the user nobody may make namespaces, and may run the tool.
    static let isPossibleUnprivileged =
        isPossible && Program.isThere("setpriv")
        && Program.succeeds(Space.making(isUnprivileged: true) + [executable.path, "--version"])

    static let needs: Comment = "needs root or unprivileged user namespaces; ip, nft, sysctl, python3, util-linux"
    static let needsUnprivileged: Comment =
        "needs unprivileged user namespaces, and the tool where the user nobody may run it"

    /// Ends a listener or an observer that has outlived the tests, as they were killed.
    static let limit = ["--duration", "120"]

    /// More at once, and programs wake up later than the times that are judged allow.
    private static let turnstile = Turnstile(places: 12)

    /// Where tests wait for something to appear, they wait no longer than this.
    static let patience = Duration.seconds(20)

    let prober: Space
    let peer: Space
    let folder: URL
    private let place: Turnstile.Place
    private var processes: [Running] = []

    /// Makes it, where `isUnprivileged` as the user nobody even if this process is root.
    init(isUnprivileged: Bool = false) async throws {
        place = await Self.turnstile.enter()
        prober = try await Space(Space.making(isUnprivileged: isUnprivileged), isUnprivileged)
        // Both in one user namespace, where there is one: else they could not be joined.
        let making = prober.hasUsers ? prober.entering + ["unshare", "-n"] : Space.making(isUnprivileged: false)
        peer = try await Space(making, isUnprivileged)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tcpalive-lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        // The user nobody writes there too.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        try await inside(prober, "ip", "link", "add", "va", "type", "veth", "peer", "name", "vb", "netns", peer.holder)
        for (space, link, number) in [(prober, "va", 1), (peer, "vb", 2)] {
            // No duplicate address detection, so that IPv6 is there at once.
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

    /// Runs `words` in namespace `space`, and waits for its end.
    @discardableResult
    func inside(_ space: Space, _ words: String...) async throws -> String {
        let running = try begin(space, words)
        let status = try await running.end()
        if status != 0 { throw Failure(sentence: "\(words.joined(separator: " ")): \(running.errorText)") }
        return running.text
    }

    /// Has `space` judge by `rule` of nft(8) what passes its `hook`: `input` or `output`.
    func filter(_ space: Space, _ hook: String, _ rule: String) async throws {
        let chain = "add table inet lab; add chain inet lab \(hook) { type filter hook \(hook) priority 0; }"
        try await inside(space, "nft", "\(chain); add rule inet lab \(hook) \(rule)")
    }

    /// Has the peer drop what comes to it.
    func cutPeer() async throws {
        try await filter(peer, "input", "meta l4proto tcp drop")
    }

    /// Starts tcpalive with `arguments` in namespace `space`; by the program `wrapper`, which gets the command line, if any.
    func start(_ space: Space, through wrapper: [String] = [], _ arguments: [String]) throws -> Running {
        try begin(space, wrapper + [Self.executable.path] + arguments)
    }

    /// Starts script `name` of folder Scripts with `arguments` in namespace `space`.
    func start(_ space: Space, script name: String, _ arguments: [String]) throws -> Running {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Scripts/\(name)")
        return try begin(space, ["python3", script.path] + arguments)
    }

    private func begin(_ space: Space, _ words: [String]) throws -> Running {
        let running = try Running(space.entering + [Program.path(words[0])] + words.dropFirst(), in: folder)
        processes.append(running)
        return running
    }

    /// The kernel's count `name` of TcpExt in the prober's namespace.
    func count(_ name: String) throws -> Int { try prober.count(name) }

    /// tcpalive analyze with `arguments`: its output.
    func analyze(_ arguments: [String]) async throws -> String {
        let running = try Running([Self.executable.path, "analyze"] + arguments, in: folder)
        processes.append(running)
        try await running.end()
        return running.text
    }

    static let executable = URL(fileURLWithPath: CommandLine.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("tcpalive")

    struct Failure: Error, CustomStringConvertible {
        var sentence: String
        var description: String { sentence }
    }
}
