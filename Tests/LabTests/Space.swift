import Foundation
import Testing

/// A network namespace, which exists while a process holds it.
///
/// The holder is cat(1). It ends when its input is closed, so nothing remains however the tests end.
final class Space {
    /// The process id of the holder, which identifies the namespace.
    let holder: String
    /// The command prefix that runs a program inside.
    let entering: [String]
    /// Whether it has a user namespace of its own.
    let hasUsers: Bool
    private let process: Process
    private let input = Pipe()

    /// The command prefix that runs a program in a new namespace.
    static func making(isUnprivileged: Bool) -> [String] {
        dropping(isUnprivileged) + ["unshare", hasUsers(isUnprivileged) ? "-Urn" : "-n"]
    }

    private static func hasUsers(_ isUnprivileged: Bool) -> Bool { isUnprivileged || geteuid() != 0 }

    /// The command prefix that runs a program as the user nobody, if `isUnprivileged` and this is root.
    static func dropping(_ isUnprivileged: Bool) -> [String] {
        isUnprivileged && geteuid() == 0
            ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : []
    }

    /// The command prefix that runs a program as root in a container: with the capabilities that Docker leaves by default.
    static let inContainer = [
        "setpriv", "--inh-caps=-all",
        "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,"
            + "+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap",
    ]

    /// Makes a namespace with the command prefix `making`.
    init(_ making: [String], _ isUnprivileged: Bool) async throws {
        let output = Pipe()
        process = try Program.process(making + ["sh", "-c", "echo; exec cat"])
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        holder = String(process.processIdentifier)
        hasUsers = Self.hasUsers(isUnprivileged)
        entering =
            Self.dropping(isUnprivileged) + ["nsenter", "-t", holder]
            + (hasUsers ? ["-U", "--preserve-credentials", "-n"] : ["-n"])
        // The line comes from inside, so the namespace exists.
        if output.fileHandleForReading.availableData.isEmpty {
            throw Lab.Failure(sentence: "no namespace with \(making.joined(separator: " "))")
        }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// The kernel's counter `name` of TcpExt (/proc/net/netstat).
    func count(_ name: String) throws -> Int {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/\(holder)/net/netstat"))
        defer { try? file.close() }
        let lines = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("TcpExt:") }.map { $0.split(separator: " ") }
        let column = try #require(lines.first?.firstIndex { $0 == name }, "no \(name)")
        return try #require(Int(lines[1][column]))
    }
}
