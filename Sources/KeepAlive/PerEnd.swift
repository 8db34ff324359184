/// One value for each end of a connection.
struct PerEnd<Value: Sendable>: Sendable {
    var originator: Value
    var responder: Value

    /// The value of `end`.
    subscript(end: Connection.End) -> Value {
        @inline(__always) get { end == .originator ? originator : responder }
    }
}

extension PerEnd: Equatable where Value: Equatable {}
