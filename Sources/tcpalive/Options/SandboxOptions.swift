import ArgumentParser
import Sandbox

/// Which rights the process keeps while it reads packets.
struct SandboxOptions: ParsableArguments {
    @Option(
        name: [.customShort("Z"), .customLong("user")],
        help: ArgumentHelp(
            "As root, become this user before the first packet is read (default: the user who called sudo, otherwise nobody).",
            valueName: "user"))
    var user: String?

    @Flag(
        name: .customLong("no-sandbox"),
        help: "Keep all rights while packets are read: user, capabilities, files and system calls.")
    var isOff = false

    func validate() throws {
        if isOff, user != nil { throw ValidationError("-Z contradicts --no-sandbox: omit one of them.") }
        if user == "" { throw ValidationError("-Z requires the name or the number of a user.") }
    }

    /// Prepares to give up rights; nil: the option is --no-sandbox. With `namesFiles`, there are output files that appear when
    /// they are complete, or that are opened later.
    ///
    /// Call it before anything is opened. Throws if there is no such user.
    func begin(namesFiles: Bool) throws(SandboxError) -> Privileges? {
        if isOff { return nil }
        return try Privileges(user: user, namesFiles: namesFiles)
    }

    /// Gives up `privileges` but those for `needs`, and says what this system cannot take away.
    ///
    /// Call it when all is open, before the first packet is read. Throws if the process cannot become the user of -Z.
    func enter(_ privileges: consuming Privileges?, for needs: Needs) throws(SandboxError) {
        guard let privileges else {
            inform("--no-sandbox: tcpalive keeps all its rights while it reads packets")
            return
        }
        if let lack = try privileges.drop(for: needs) { inform(lack) }
    }
}
