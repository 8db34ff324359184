/// A request to stop, by SIGINT, SIGTERM or SIGHUP (signal(7)).
///
/// The first signal is noted; a second SIGINT or SIGTERM has its usual effect. A second SIGHUP has none: when a terminal is
/// lost, both the kernel and the shell send one. One value for the process, which lives as long.
public struct SignalWakeup: Sendable {
    /// A descriptor that becomes readable when the signal has come.
    public let descriptor: Int32

    /// Catches the signals from now on. Throws `SocketError.system`.
    public init() throws(SocketError) {
        do {
            descriptor = try systemCatchInterruptions()
        } catch {
            throw .system("cannot catch signals", error)
        }
    }

    /// Waits until the signal comes, which is true, or until `deadline`, which is false. Throws `SocketError.system`.
    public func wait(until deadline: ContinuousClock.Instant) throws(SocketError) -> Bool {
        var interests = [Interest(descriptor: descriptor)]
        do {
            try systemWait(&interests, until: deadline)
        } catch {
            throw .system("cannot wait for signals", error)
        }
        return interests[0].isReadable
    }
}

/// What a user types, or what a pipe brings.
public struct StandardInput: Sendable {
    /// The number of the descriptor.
    public let descriptor: Int32

    /// Standard input.
    public init() {
        descriptor = systemStandardInput
    }

    /// Whether it is a terminal (isatty(3)).
    public var isTerminal: Bool { systemIsTerminal(descriptor) }

    /// Up to 4096 bytes; empty if there is nothing yet, nil at the end and on errors (read(2)).
    public func read() -> [UInt8]? {
        do {
            guard let bytes = try systemRead(descriptor, count: 4096) else { return [] }
            return bytes.isEmpty ? nil : bytes
        } catch {
            return nil
        }
    }
}
