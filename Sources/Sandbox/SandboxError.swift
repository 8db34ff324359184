/// Why a process cannot give up rights as the user wants it.
package struct SandboxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One sentence: what went wrong, and what to do about it.
    package let description: String
}
