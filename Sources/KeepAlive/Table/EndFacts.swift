/// Yes-or-no facts of one end that few segments need: kept beside the slot of its connection.
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
    /// A RST, or a FIN with ACK, came from it (wireshark-rules 6.1, 4 and 5).
    static let closeSeen = EndFacts(rawValue: 1 << 4)
    /// Its first segment carried the timestamp option.
    static let hasTimestamps = EndFacts(rawValue: 1 << 5)
    /// What it asked last, by a keep-alive or a zero-window probe, has had no answer yet.
    static let awaitsAnswer = EndFacts(rawValue: 1 << 6)
    /// It ended an idle period of the path, and the peer was not heard since.
    static let brokeIdle = EndFacts(rawValue: 1 << 7)
    /// It probed, and nothing but probes and answers has passed since.
    static let probesIdle = EndFacts(rawValue: 1 << 8)
    /// It retransmits, and the peer has not acknowledged anything since.
    static let retransmits = EndFacts(rawValue: 1 << 9)
    /// The peer acknowledged its FIN.
    static let closeAcknowledged = EndFacts(rawValue: 1 << 10)
    /// It repeats a pure acknowledgment, and the peer was not heard since.
    static let repeats = EndFacts(rawValue: 1 << 11)
    /// Its last segment was a RST, whose window says nothing.
    static let lastWasReset = EndFacts(rawValue: 1 << 12)
    /// A segment of it was captured twice.
    static let copied = EndFacts(rawValue: 1 << 13)
    /// Those after which the next segment of either end matters.
    static let attention: EndFacts = [
        .sentFIN, .sentRST, .awaitsAnswer, .brokeIdle, .probesIdle, .retransmits, .repeats, .lastWasReset,
    ]
}

/// The TTLs that segments of one end had, of which identity is judged.
struct HopHistory: BitwiseCopyable, Equatable {
    /// That of its first segment; 0: none was seen.
    var first: UInt8 = 0
    /// That of its recent segments which prove their origin: new data, and acknowledgments of new data.
    var recent: UInt8 = 0
    /// That of those before, where it was another.
    var previous: UInt8 = 0
    /// Whether `recent` is that of a segment which proves its origin, and not only of one behind the handshake.
    var isProven = false

    /// Notes the TTL of a segment behind the handshake; with `proves`, only its sender can have sent it.
    mutating func note(_ timeToLive: UInt8, proves: Bool) {
        guard timeToLive != 0 else { return }
        if proves {
            // A proxy may have made the handshake.
            if isProven, timeToLive != recent { previous = recent }
            isProven = true
            recent = timeToLive
        } else if recent == 0 {
            recent = timeToLive
        }
    }

    /// Whether its own segments come from two distances, as in merged captures.
    var isAmbiguous: Bool { previous != 0 && Self.differ(recent, previous) }

    /// Whether `timeToLive` is that of another host: two or more hops from what the end's own segments have.
    func isForeign(_ timeToLive: UInt8) -> Bool {
        let own = recent == 0 ? first : recent
        guard own != 0, timeToLive != 0, Self.differ(timeToLive, own) else { return false }
        return previous == 0 || Self.differ(timeToLive, previous)
    }

    /// Whether the hop distances that two TTLs stand for differ by two or more.
    static func differ(_ one: UInt8, _ other: UInt8) -> Bool {
        abs(Int(distance(one)) - Int(distance(other))) >= 2
    }

    /// How many routers a segment with `timeToLive` has passed, if it started with the next of 32, 64, 128 and 255.
    static func distance(_ timeToLive: UInt8) -> UInt8 {
        switch timeToLive {
        case 0...32: 32 - timeToLive
        case 33...64: 64 - timeToLive
        case 65...128: 128 - timeToLive
        default: 255 - timeToLive
        }
    }
}
