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
        /// What was changed between two looks, at any time.
        package var changes: Changes = []
        /// When the options were first read (ns since 1970); nil: they never were.
        package var known: Int64?
    }

    /// Parts of the options.
    package struct Changes: OptionSet, Sendable {
        package let rawValue: UInt8

        /// These bits.
        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// When the first probe is due: SO_KEEPALIVE, TCP_KEEPIDLE.
        package static let start = Changes(rawValue: 1)
        /// TCP_KEEPINTVL.
        package static let interval = Changes(rawValue: 2)
        /// How many probes are sent: TCP_KEEPCNT, TCP_USER_TIMEOUT.
        package static let count = Changes(rawValue: 4)

        /// What differs in `new`. While keep-alive was off, the others did not matter.
        fileprivate init(from old: KeepAliveOptions, to new: KeepAliveOptions) {
            self = []
            if old.isEnabled != new.isEnabled || old.idle != new.idle { insert(.start) }
            guard old.isEnabled else { return }
            if old.interval != new.interval { insert(.interval) }
            if old.count != new.count || old.userTimeout != new.userTimeout { insert(.count) }
        }
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

    /// Adds `socket` at `end`, or what is new about it, as it was read at `time` (ns since 1970).
    ///
    /// Returns whether its process or its settings were not known before, or
    /// are others.
    package mutating func update(_ end: End, _ socket: InspectedSocket, at time: Int64) -> Bool {
        guard var entry = entries[end] else {
            entries[end] = Entry(socket: socket, known: socket.options == nil ? nil : time)
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
        } else if let old = known.options, let new = socket.options, old != new {
            entry.before = old
            entry.changes.formUnion(Changes(from: old, to: new))
        }
        entry.socket = socket
        if socket.options != nil, entry.known == nil { entry.known = time }
        entries[end] = entry
        return known.process != socket.process || known.options != socket.options
    }

    /// Forgets the sockets at ends that `isUnwanted`.
    package mutating func removeAll(where isUnwanted: (End) -> Bool) {
        entries = entries.filter { !isUnwanted($0.key) }
    }
}
