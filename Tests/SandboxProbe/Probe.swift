import CProbe
import Platform
import Sandbox

#if os(Linux)
    import Glibc
#endif

/// Gives up rights as the tool does, tries what a process that has been taken over would try, and prints what came of it.
///
/// SandboxProbe NEEDS FILE [ATTEMPT]: NEEDS is `nothing`, `live`, `reading` (of FILE) or `names`, and `old` before it, as in
/// `old-nothing`, means an old kernel; or `inspector`, the process that looks at sockets. The attempt alone, or all that do not end the process.
@main
enum Probe {
    static func main() throws {
        #if os(Linux)
            let arguments = CommandLine.arguments
            guard arguments.count >= 3 else { throw SandboxProbeError.usage }
            let file = arguments[2]
            if arguments[1] == "inspector" { return try printInspector() }
            var needs = Needs()
            var kind = arguments[1]
            if kind.hasPrefix("old-") {
                kind.removeFirst(4)
                if probe_become_old_kernel() != 0 { throw SandboxProbeError.usage }
            }
            switch kind {
            case "nothing": break
            // Standard input stands for a socket.
            case "live": needs.captureSockets = [0]
            case "reading": needs.readablePaths = [file]
            case "names": needs.resolvesNames = true
            default: throw SandboxProbeError.usage
            }
            if let lack = try Privileges(user: nil, namesFiles: false).drop(for: needs) { print("lack \(lack)") }
            var names = Array(arguments.dropFirst(3))
            if names.isEmpty {
                while let name = unsafe probe_name(Int32(names.count)) { unsafe names.append(String(cString: name)) }
            }
            for name in names {
                let code = unsafe probe_try(name, file)
                unsafe print(name, String(cString: probe_error(code)))
            }
        #endif
    }

    #if os(Linux)
        /// Prints what comes of the attempts in the process that looks at sockets.
        private static func printInspector() throws {
            let socket = try InspectorProcess.start(user: nil, isRestricted: true) { socket in
                InspectorProcess.limitCalls(socket: socket, kernelSocket: socket)
                var index: Int32 = 0
                while let name = unsafe probe_name(index) {
                    let code = unsafe probe_try(name, CommandLine.arguments[2])
                    let line = unsafe Array("\(String(cString: name)) \(String(cString: probe_error(code)))\n".utf8)
                    _ = unsafe send(socket, line, line.count, 0)
                    index += 1
                }
            }
            while let line = try systemRead(socket.number, count: 100), !line.isEmpty {
                print(String(decoding: line, as: UTF8.self), terminator: "")
            }
        }
    #endif
}

enum SandboxProbeError: Error {
    case usage
}
