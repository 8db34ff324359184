/// Flags of one end that few segments need. They are in the record of its connection.
struct EndFacts: OptionSet, BitwiseCopyable {
    var rawValue: UInt16

    /// It sent a SYN without ACK: the originator.
    static let sentSYN = EndFacts(rawValue: 1 << 0)
    /// It sent a SYN with ACK: the responder.
    static let sentSYNACK = EndFacts(rawValue: 1 << 1)
    /// It sent a FIN.
    static let sentFIN = EndFacts(rawValue: 1 << 2)
    /// It sent the first RST that was not refused.
    static let sentRST = EndFacts(rawValue: 1 << 3)
    /// It sent a RST, or a FIN with ACK (wireshark-rules 6.1, 4 and 5).
    static let closeSeen = EndFacts(rawValue: 1 << 4)
    /// Its first segment carried the timestamp option.
    static let hasTimestamps = EndFacts(rawValue: 1 << 5)
    /// Its last probe, a keep-alive or a zero-window probe, is unanswered.
    static let awaitsAnswer = EndFacts(rawValue: 1 << 6)
    /// It ended a path-idle period, and the peer has not been heard since.
    static let brokeIdle = EndFacts(rawValue: 1 << 7)
    /// It probed, and only probes and answers have passed since.
    static let probesIdle = EndFacts(rawValue: 1 << 8)
    /// It retransmits, and the peer has not acknowledged anything since.
    static let retransmits = EndFacts(rawValue: 1 << 9)
    /// The peer acknowledged its FIN.
    static let closeAcknowledged = EndFacts(rawValue: 1 << 10)
    /// It repeats a pure acknowledgment, and the peer has not been heard since.
    static let repeats = EndFacts(rawValue: 1 << 11)
    /// Its last segment was a RST, whose window is meaningless.
    static let lastWasReset = EndFacts(rawValue: 1 << 12)
    /// One of its segments was captured twice.
    static let copied = EndFacts(rawValue: 1 << 13)
    /// The flags that make the next segment of either end evidence.
    static let attention: EndFacts = [
        .sentFIN, .sentRST, .awaitsAnswer, .brokeIdle, .probesIdle, .retransmits, .repeats, .lastWasReset,
    ]
}

/// The TTLs of the segments of one end. They show whether a segment comes from another host.
struct HopHistory: BitwiseCopyable, Equatable {
    /// The TTL of its first segment; 0: none was captured.
    var first: UInt8 = 0
    /// The TTL of its last segment that proves its origin (new data, or an acknowledgment of new data); before that, of
    /// the first segment after the handshake; 0: none.
    var recent: UInt8 = 0
    /// The previous, different value of `recent`; 0: none.
    var previous: UInt8 = 0
    /// Whether a segment that proves its origin had the TTL `recent`, and not only one after the handshake.
    var isProven = false

    /// Records the TTL of a segment after the handshake. With `proves`, only this end can have sent the segment.
    mutating func record(_ timeToLive: UInt8, proves: Bool) {
        guard timeToLive != 0 else { return }
        if proves {
            // A proxy may have completed the handshake.
            if isProven, timeToLive != recent { previous = recent }
            isProven = true
            recent = timeToLive
        } else if recent == 0 {
            recent = timeToLive
        }
    }

    /// Whether its own segments have two hop distances, as in merged captures.
    var isAmbiguous: Bool { previous != 0 && Self.differ(recent, previous) }

    /// Whether `timeToLive` shows another host: two or more hops more or fewer than the segments of this end.
    func isForeign(_ timeToLive: UInt8) -> Bool {
        let own = recent == 0 ? first : recent
        guard own != 0, timeToLive != 0, Self.differ(timeToLive, own) else { return false }
        return previous == 0 || Self.differ(timeToLive, previous)
    }

    /// Whether the hop distances of two TTLs differ by two or more.
    static func differ(_ one: UInt8, _ other: UInt8) -> Bool {
        abs(Int(distance(one)) - Int(distance(other))) >= 2
    }

    /// How many routers a segment with `timeToLive` has passed, if its initial TTL was the next of 32, 64, 128 and 255.
    static func distance(_ timeToLive: UInt8) -> UInt8 {
        switch timeToLive {
        case 0...32: 32 - timeToLive
        case 33...64: 64 - timeToLive
        case 65...128: 128 - timeToLive
        default: 255 - timeToLive
        }
    }
}
