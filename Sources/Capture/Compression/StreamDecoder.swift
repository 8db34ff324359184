/// Undoes a compression, piece by piece.
protocol StreamDecoder: ~Copyable, SendableMetatype {
    /// What it undoes.
    static var compression: Compression { get }

    /// How the stream stands after what was decoded of it.
    var state: StreamState { get }

    /// Decodes what it can of `input` into the room of `output`, and tells how many bytes of `input` it took.
    ///
    /// Where room is left, all of `input` was taken, and everything that is in it was given; where none is left, there may
    /// be more without further input. What comes before a flaw is given.
    mutating func decode(_ input: RawSpan, into output: inout OutputSpan<UInt8>) -> Int
}

/// How a compressed stream stands after what has been decoded of it.
enum StreamState: Equatable {
    /// Something is missing.
    case incomplete
    /// The stream may end here, or go on with another part.
    case complete
    /// The stream has ended, whatever comes behind it.
    case over
    /// This is wrong with the stream, as the end of a sentence: nothing more can be decoded.
    case flawed(String)
}
