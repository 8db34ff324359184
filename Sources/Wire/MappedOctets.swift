/// Octets that lie in memory and that nobody here wrote, as those of a file that is mapped into it; given back in `deinit`.
///
/// Whoever may write such a file may change them while they are read.
@safe public final class MappedOctets: Sendable {
    // nonisolated(unsafe): the pointer never changes, and nothing in this program writes what it points to.
    /// The bytes; any thread may read them.
    public nonisolated(unsafe) let octets: UnsafeRawBufferPointer
    private let giveBack: @Sendable (UnsafeRawBufferPointer) -> Void

    /// How many they are.
    public var count: Int { unsafe octets.count }

    /// The octets at `octets`, which stay there until `giveBack` is called with them.
    public init(
        _ octets: UnsafeRawBufferPointer, giveBack: @escaping @Sendable (UnsafeRawBufferPointer) -> Void
    ) {
        unsafe self.octets = octets
        unsafe self.giveBack = giveBack
    }

    deinit {
        unsafe giveBack(octets)
    }
}
