/// What is known about one socket of this host: its process, and its options or what its timer shows about them.
package struct InspectedSocket: Sendable, Equatable {
    /// Identifies the socket until the host restarts.
    package var cookie: UInt64
    /// The process that has it; nil: none, or hidden.
    package var process: Int32?
    /// The name of the process, at most 16 bytes (comm of proc_pid_comm(5)).
    package var program: String?
    /// Whether keep-alive is on; nil: unknown.
    package var isOn: Bool?
    /// The options as the socket has them; nil: the rights to read them are missing.
    package var options: KeepAliveOptions?
    /// What the timer shows; nothing if the options are known.
    package var reading: TimerReading

    /// A socket with these values.
    package init(
        cookie: UInt64, process: Int32? = nil, program: String? = nil, isOn: Bool? = nil,
        options: KeepAliveOptions? = nil, reading: TimerReading = TimerReading()
    ) {
        self.cookie = cookie
        self.process = process
        self.program = program
        self.isOn = isOn
        self.options = options
        self.reading = reading
    }

    /// `socket`, of which `process` with the name `program` is the owner, and whose options were read (`options`) or not.
    init(_ socket: HostSocket, process: Int32? = nil, program: String? = nil, options: KeepAliveOptions? = nil) {
        self.init(
            cookie: socket.cookie, process: process, program: program,
            isOn: options?.isEnabled ?? socket.isKeepAliveOn, options: options,
            reading: options == nil ? TimerReading(socket) : TimerReading())
    }
}
