public import Wire

/// An interface that a capture file describes; a pcap file has one.
public struct CaptureInterface: Sendable, Equatable {
    /// The link-layer header type of its packets.
    public var linkType: LinkType
    /// The most bytes that were captured of each packet, by the file's header; 0 is no limit.
    public var snaplen: UInt32
    /// Bytes of frame check sequence at the end of each packet, if the file declares it; otherwise 0.
    public var checkSequenceLength: UInt8
    /// Its name; empty if unknown, as in a pcap file.
    public var name = ""
}

extension LinkType {
    /// The most bytes of a record of this link type; as in tshark, a larger number is damage.
    var maximumLength: UInt32 {
        switch rawValue {
        case 186, 189, 220, 231, 249, 266: 128 << 20  // USB in all its forms, and D-Bus
        case 279: 8 << 20  // EBHSCR
        default: 262_144
        }
    }
}

/// What a reader found in one piece of a file.
struct Scan {
    /// Bytes of complete records.
    var consumed = 0
    /// Records that count as frames: packets, and in pcapng some other blocks.
    var frames: UInt32 = 0
    /// What is wrong with the next record: the end of a sentence whose subject is the record. Nil: nothing.
    var fault: String?
}
