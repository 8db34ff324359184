/// Damage in a capture file.
public struct FileDamage: Sendable, Equatable {
    /// The offset in bytes at which the damaged record begins, in the decompressed file.
    public var offset: UInt64
    /// A sentence that names the file and the damage.
    public var sentence: String

    /// Damage at `offset`, described by `sentence`.
    public init(offset: UInt64, sentence: String) {
        self.offset = offset
        self.sentence = sentence
    }
}
