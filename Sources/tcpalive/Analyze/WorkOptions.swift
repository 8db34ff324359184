import ArgumentParser
import KeepAlive

/// How the work is shared: by threads, and by machines.
struct WorkOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Number of threads, 1 to 64 (default: 1). With 2 or more, one reads the file and one tracks its connections. The report is the same.",
            valueName: "threads"),
        transform: { try wholeNumber($0, 1...64, of: "threads") })
    var jobs = 1

    @Option(
        help: ArgumentHelp(
            "Report only part K of N of the connections; the N reports together cover all.",
            valueName: "K/N"),
        transform: { try ShardArgument($0) })
    var shard: ShardArgument?

    @Flag(
        name: .customLong("light"),
        help: "Read only what watch --light captures: for files that it wrote, or to compare.")
    var isLight = false
}

/// A shard on the command line, as in `2/5`.
struct ShardArgument: Sendable, Equatable {
    /// The shard.
    let shard: Shard

    /// The shard that `argument` names. Throws `ValidationError` with the reason if it names none.
    init(_ argument: String) throws {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]) else {
            throw ValidationError("it is not two whole numbers with a slash between them, such as 2/5.")
        }
        if !(1...1_000_000).contains(count) { throw ValidationError("N is \(count), and not from 1 to 1000000.") }
        guard let shard = Shard(number: number, of: count) else {
            throw ValidationError("K is \(number), and not from 1 to N, which is \(count).")
        }
        self.shard = shard
    }
}
