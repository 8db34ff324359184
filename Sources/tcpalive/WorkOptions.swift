import ArgumentParser
import KeepAlive

/// How the work is shared: by threads, and by machines.
struct WorkOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Number of threads. With 2 or more, one reads the file and one tracks its connections. The report is the same.",
            valueName: "threads"))
    var jobs = 1

    @Option(
        help: ArgumentHelp(
            "Report only part K of N of the connections; the N reports together cover all.",
            valueName: "K/N"))
    var shard: ShardArgument?

    @Flag(
        name: .customLong("light"),
        help: "Read only what watch --light captures: for files that it wrote, or to compare.")
    var isLight = false

    func validate() throws {
        if !(1...64).contains(jobs) { throw ValidationError("--jobs: \(jobs) is not between 1 and 64 threads.") }
    }
}

/// A shard on the command line, as in `2/5`.
struct ShardArgument: ExpressibleByArgument, Sendable, Equatable {
    /// The shard.
    let shard: Shard

    /// The shard that `argument` names; nil unless it is two numbers with a slash between them, the first one within the second.
    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), let count = Int(parts[1]), count <= 1_000_000,
            let shard = Shard(number: number, of: count)
        else { return nil }
        self.shard = shard
    }
}
