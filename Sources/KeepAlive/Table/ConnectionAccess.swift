/// One connection in its table, seen by the end that sent the segment being tracked: a handle through which it is changed.
///
/// It is valid only within `ConnectionTable.withConnection`, which passes it on without a way to keep it. A `~Escapable` type
/// would let the compiler check that, but making one from a pointer needs an experimental feature (`Lifetimes`).
@safe struct ConnectionAccess: ~Copyable {
    private let senderState: UnsafeMutablePointer<EndState>
    private let peerState: UnsafeMutablePointer<EndState>
    private let slotLists: UnsafeMutablePointer<UInt32>
    private let slotRecord: UnsafeMutablePointer<ConnectionRecord>
    /// Which end sent the segment: 0 is the first of the key, 1 the second.
    let side: Int
    /// Whether both ends are the same: then everything is one end, and the other stays blank (wireshark-rules 3.1).
    let isSelf: Bool

    @inline(__always)
    init(
        sender: UnsafeMutablePointer<EndState>, peer: UnsafeMutablePointer<EndState>,
        lists: UnsafeMutablePointer<UInt32>, record: UnsafeMutablePointer<ConnectionRecord>, side: Int, isSelf: Bool
    ) {
        unsafe (senderState, peerState, slotLists, slotRecord) = (sender, peer, lists, record)
        (self.side, self.isSelf) = (side, isSelf)
    }

    /// The side of the peer.
    var otherSide: Int { 1 - side }

    /// The end that sent the segment.
    var sender: EndState {
        @inline(__always) get { unsafe senderState.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &senderState.pointee }
    }

    /// The end that receives it.
    var peer: EndState {
        @inline(__always) get { unsafe peerState.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &peerState.pointee }
    }

    /// The handle of the unacknowledged ranges of both ends; 0: none.
    var lists: UInt32 {
        @inline(__always) get { unsafe slotLists.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &slotLists.pointee }
    }

    /// What is kept beside the slot.
    var record: ConnectionRecord {
        @inline(__always) get { unsafe slotRecord.pointee }
        @inline(__always) nonmutating _modify { yield unsafe &slotRecord.pointee }
    }

    /// Makes the next segment of the sender evidence, or not, by the facts about it.
    func updateSenderAttention() {
        sender.activity.setMember(.needsAttention, !record[facts: side].isDisjoint(with: EndFacts.attention))
    }

    /// Makes the next segment of the peer evidence, or not, by the facts about it.
    func updatePeerAttention() {
        peer.activity.setMember(.needsAttention, !record[facts: otherSide].isDisjoint(with: EndFacts.attention))
    }
}

extension OptionSet where Element == Self {
    /// Adds or removes `member`.
    @inline(__always)
    mutating func setMember(_ member: Self, _ isIn: Bool) {
        if isIn { formUnion(member) } else { subtract(member) }
    }
}
