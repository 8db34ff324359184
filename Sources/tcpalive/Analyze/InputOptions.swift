import ArgumentParser
import Capture

/// Which captures to read, and which of their packets.
struct InputOptions: ParsableArguments {
    @Option(
        name: .customShort("r"), help: ArgumentHelp("Capture to read. Repeat for several.", valueName: "file"),
        completion: .file())
    var named: [String] = []

    @Option(
        name: .customShort("c"), parsing: .unconditional,
        help: ArgumentHelp("Stop after this many packets.", valueName: "packets"),
        transform: { try wholeNumber($0, 1...UInt64.max, of: "packets") })
    var packetLimit: UInt64?

    @Option(help: ArgumentHelp("BPF filter (pcap-filter(7)): read only packets that match.", valueName: "expression"))
    var filter: String?

    @Argument(
        help: ArgumentHelp(
            "Captures (- is standard input), then a BPF filter. With -r, all words are the filter.",
            valueName: "file-or-filter"), completion: .file())
    var words: [String] = []

    /// The captures and the filter that the command line of `command` means, before anything is read.
    ///
    /// Throws `ValidationError` where it contradicts itself, `CaptureError` where a capture does not exist.
    func resolved(
        for command: String, exists: (String) -> Bool = CaptureFile.exists
    ) throws -> (files: [String], filter: String?) {
        if named.isEmpty, let first = words.first, !exists(first), FilterFault.beginsWithKeyword(first) {
            throw ValidationError(Self.misplaced(words, command, exists))
        }
        // The first word is a capture even if no such file exists, so that a mistyped name is not taken for a filter.
        let leading = words.prefix(named.isEmpty ? words.count : 0).prefix(while: exists)
        let files = named + (named.isEmpty && leading.isEmpty ? words.prefix(1) : leading)
        let rest = words.dropFirst(files.count - named.count)
        if files.isEmpty { throw ValidationError("no capture given: give a FILE, or - for standard input.") }
        if files.count(where: { $0 == "-" }) > 1 { throw ValidationError("Standard input (-) can be read only once.") }
        for file in files where !exists(file) { throw CaptureError(.notFound, "\(file): no such file", path: file) }
        for word in rest where looksLikePath(word) {
            if !named.isEmpty, exists(word) {
                throw ValidationError("With -r, words are the filter: write -r \(word).")
            }
            if exists(word) { throw ValidationError("\(word): files come before the filter.") }
            if word == rest.first {
                let advice = "a filter is in the language of pcap-filter(7), not in that of Wireshark's display filters"
                throw CaptureError(.notFound, "\(word): no such file; \(advice)", path: word)
            }
        }
        if rest.isEmpty { return (files, filter) }
        if filter != nil {
            throw ValidationError("two filters given: --filter, and \(rest.joined(separator: " ")).")
        }
        return (files, rest.joined(separator: " "))
    }

    /// The sentence for `words` that begin with a filter, with the files in it at the right place.
    private static func misplaced(_ words: [String], _ command: String, _ exists: (String) -> Bool) -> String {
        let files = words.filter { exists($0) }
        let filter = words.filter { !files.contains($0) }
        let fixed = (["tcpalive", command] + (files.isEmpty ? ["FILE"] : files) + filter).joined(separator: " ")
        return "\(words[0]): no such file. If it begins a filter: filter words follow the file, as in \(fixed)"
    }

    /// Whether `word` may be meant as a file: no first word of a filter has a point or a slash.
    private func looksLikePath(_ word: String) -> Bool {
        word.contains { $0 == "." || $0 == "/" } && !word.contains { " ()[]".contains($0) }
    }
}
