import ArgumentParser
import Sockets
import Wire

/// Which sockets of this host `audit` and `tune` take.
struct SocketSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Only sockets that match this filter, in the words of ss(8).", valueName: "filter"))
    var filter: [String] = []

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Only sockets of this process.", valueName: "pid"),
        transform: { try identifier($0, 1...Int32.max, "process id") })
    var pid: Int32?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Only sockets with this port at either end.", valueName: "port"),
        transform: { try identifier($0, 0...UInt16.max, "port number") })
    var port: UInt16?

    func validate() throws {
        do {
            _ = try SocketFilter(filter)
        } catch {
            throw ValidationError("\(error).")
        }
    }

    /// Whether `socket` has the port, if one is given.
    func hasPort(_ socket: HostSocket) -> Bool {
        guard let port else { return true }
        return socket.local.port == port || socket.remote.port == port
    }
}
