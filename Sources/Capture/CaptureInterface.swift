public import Wire

/// An interface that a capture file describes; a pcap file has one.
public struct CaptureInterface: Sendable, Equatable {
    /// The link-layer header type of its packets.
    public var linkType: LinkType
    /// The most bytes of a packet that were meant to be captured, as the file says; 0 is no limit.
    public var snaplen: UInt32
    /// Bytes of frame check sequence at the end of each packet, when the file declares it; otherwise 0.
    public var checkSequenceLength: UInt8
    /// Its name, where it is known; otherwise empty. A pcap file has none.
    public var name = ""
}

extension LinkType {
    /// The most bytes that a record of this link type may hold; a larger number means damage, as it does to tshark.
    var maximumLength: UInt32 {
        switch rawValue {
        case 186, 189, 220, 231, 249, 266: 128 << 20  // USB in all its forms, and D-Bus
        case 279: 8 << 20  // EBHSCR
        default: 262_144
        }
    }
}

/// What a reader found in one stretch of a file.
struct Scan {
    /// Bytes of whole records.
    var consumed = 0
    /// Records that count as frames: packets, and in pcapng some that are none.
    var frames: UInt32 = 0
    /// What is wrong with the record behind the consumed ones, as the end of a sentence that begins with it.
    var fault: String?
}
