package import KeepAlive
package import Sockets
package import Wire

/// The sockets of this host at the ends of captured connections.
package struct LocalSockets: Sendable {
    /// An end of a connection.
    package struct End: Hashable, Sendable {
        /// The number of the connection.
        package let connection: UInt64
        package let endpoint: Endpoint

        /// The end at `endpoint` of the connection with this number.
        package init(_ connection: UInt64, _ endpoint: Endpoint) {
            self.connection = connection
            self.endpoint = endpoint
        }
    }

    /// What is known about a socket, and what it was before.
    package struct Entry: Sendable, Equatable {
        package var socket: InspectedSocket
        /// The options that the look before the last change showed; nil: they did not change.
        package var before: KeepAliveOptions?
    }

    private var entries: [End: Entry] = [:]

    /// No sockets.
    package init() {}

    /// Whether none is known.
    package var isEmpty: Bool { entries.isEmpty }

    /// The number of sockets.
    package var count: Int { entries.count }

    /// What is known about the socket at `end`; nil: nothing.
    package subscript(end: End) -> Entry? { entries[end] }

    /// What is known about the socket at `end` of the connection of `diagnosis`.
    package subscript(diagnosis: Diagnosis, end: Connection.End) -> Entry? {
        if entries.isEmpty { return nil }
        let connection = diagnosis.connection
        return entries[End(connection.number, end == .originator ? connection.originator : connection.responder)]
    }

    /// Adds `socket` at `end`, or what is new about it. Returns whether its process or its settings were not known before, or
    /// are others.
    package mutating func update(_ end: End, _ socket: InspectedSocket) -> Bool {
        guard var entry = entries[end] else {
            entries[end] = Entry(socket: socket)
            return true
        }
        // The ports may have another socket by now.
        guard entry.socket.cookie == socket.cookie else { return false }
        let known = entry.socket
        var socket = socket
        // A process that ends closes its sockets, and its last words may still be on the way.
        if socket.process == nil { (socket.process, socket.program) = (known.process, known.program) }
        if socket.options == nil, let options = known.options {
            (socket.options, socket.isOn) = (options, options.isEnabled)
            socket.reading = TimerReading()
        } else if let options = known.options, options != socket.options {
            entry.before = options
        }
        entry.socket = socket
        entries[end] = entry
        return known.process != socket.process || known.options != socket.options
    }

    /// Forgets all but the sockets at ends that `isKept`.
    package mutating func removeAll(except isKept: (End) -> Bool) {
        entries = entries.filter { isKept($0.key) }
    }
}
