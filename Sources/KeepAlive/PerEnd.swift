/// One value for each end of a connection.
struct PerEnd<Value: Sendable>: Sendable {
    var originator: Value
    var responder: Value

    /// The value of `end`.
    subscript(end: Connection.End) -> Value {
        _read { if end == .originator { yield originator } else { yield responder } }
    }
}

extension PerEnd: Equatable where Value: Equatable {}
