/// Why a capture could not be opened, read, or filtered: what, where, and what to do, in one sentence.
public struct CaptureError: Error, Sendable, CustomStringConvertible {
    /// One sentence for a person: what went wrong, where, and what to do about it.
    public var description: String

    /// The error that `description` tells.
    public init(_ description: String) {
        self.description = description
    }
}
