/// Decompresses a stream piece by piece.
protocol StreamDecoder: ~Copyable, SendableMetatype {
    /// The compression that it decodes.
    static var compression: Compression { get }

    /// The state of the stream after the bytes decoded so far.
    var state: StreamState { get }

    /// Decodes `input` into the free capacity of `output` and returns the number of consumed bytes of `input`.
    ///
    /// If `output` has capacity left, all of `input` was consumed and decoded; if not, there may be more output without
    /// further input. Everything before a flaw is decoded.
    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int
}

/// The state of a compressed stream after the bytes decoded so far.
enum StreamState: Equatable {
    /// The stream cannot end here.
    case incomplete
    /// The stream may end here or continue with another member or frame.
    case complete
    /// The stream is damaged, and nothing more can be decoded. The text is the end of a sentence.
    case flawed(String)
}
