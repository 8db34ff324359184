import Sockets

/// What `tcpalive run` makes of the sockets of a program.
struct RunSettings: Sendable {
    /// The options of each socket.
    let options: KeepAliveOptions
    /// Whether values that the program sets itself win.
    let areDefaults: Bool

    /// Sets the options of the socket `number`; returns those that could not be set (see `KeepAliveOptions.apply`).
    func apply(to number: Int32) throws(SocketError) -> [OptionFailure] {
        guard areDefaults else { return try options.apply(to: number) }
        var missing = options
        let present = try KeepAliveOptions(readingFrom: number)
        let usual = KeepAliveOptions.systemDefaults
        // What differs from the values of the system, the program has set.
        for option in KeepAliveOption.allCases where present[option] != usual[option] { missing[option] = nil }
        return try missing.apply(to: number)
    }
}
