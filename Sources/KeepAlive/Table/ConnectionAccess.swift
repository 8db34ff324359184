/// Mutable access to one connection in its table, from the view of the end that sent the segment being tracked.
///
/// It is valid only within `ConnectionTable.withConnection`, and must not escape its closure. A `~Escapable` type would
/// let the compiler check that, but creating one from a pointer needs an experimental feature (`Lifetimes`).
struct ConnectionAccess: ~Copyable {
    /// The end that sent the segment.
    @Pointee var sender: EndState
    /// The end that receives it.
    @Pointee var peer: EndState
    /// The handle of the unacknowledged ranges of both ends; 0: none.
    @Pointee var lists: UInt32
    /// The record of the connection.
    @Pointee var record: ConnectionRecord
    /// Which end sent the segment: 0 is the first of the key, 1 the second.
    let side: Int
    /// Whether both ends have the same address and port: then all state is in one end, and the other stays blank
    /// (wireshark-rules 3.1).
    let isSelf: Bool

    @inline(__always)
    init(
        sender: UnsafeMutablePointer<EndState>, peer: UnsafeMutablePointer<EndState>,
        lists: UnsafeMutablePointer<UInt32>, record: UnsafeMutablePointer<ConnectionRecord>, side: Int, isSelf: Bool
    ) {
        unsafe _sender = Pointee(sender)
        unsafe _peer = Pointee(peer)
        unsafe _lists = Pointee(lists)
        unsafe _record = Pointee(record)
        (self.side, self.isSelf) = (side, isSelf)
    }

    /// The side of the peer.
    var otherSide: Int { 1 - side }

    /// Sets whether the next segment is evidence because of the facts about the sender.
    func updateSenderAttention() {
        sender.activity.setMember(.needsAttention, !record[facts: side].isDisjoint(with: EndFacts.attention))
    }

    /// Sets whether the next segment is evidence because of the facts about the peer.
    func updatePeerAttention() {
        peer.activity.setMember(.needsAttention, !record[facts: otherSide].isDisjoint(with: EndFacts.attention))
    }
}

/// A value elsewhere in memory. The code that creates it must keep the pointer valid.
@propertyWrapper @safe struct Pointee<Value: BitwiseCopyable> {
    private let pointer: UnsafeMutablePointer<Value>

    @inline(__always)
    init(_ pointer: UnsafeMutablePointer<Value>) { unsafe self.pointer = pointer }

    /// The value.
    var wrappedValue: Value {
        @inline(__always) get { unsafe pointer.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &pointer.pointee }
    }
}

extension OptionSet where Element == Self {
    /// Adds or removes `member`.
    @inline(__always)
    mutating func setMember(_ member: Self, _ isIn: Bool) {
        if isIn { formUnion(member) } else { subtract(member) }
    }
}
