/// Why the terminal cannot be used; one sentence.
struct TerminalError: Error, CustomStringConvertible {
    let description: String
}
