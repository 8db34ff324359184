import ArgumentParser

/// After which idle time paths forget connections, for the assessment of sockets.
struct PathTimeoutOption: ParsableArguments {
    @Option(
        name: .customLong("path-timeout"), parsing: .unconditional,
        help: ArgumentHelp(
            "Idle time after which the path forgets a connection (default: those of common clouds, 240 to 900 s).",
            valueName: "seconds"),
        transform: { try Self.wholeSeconds($0) })
    var timeout: Int?

    /// The whole seconds in `argument`, at least 1. Throws `ValidationError`.
    private static func wholeSeconds(_ argument: String) throws -> Int {
        guard let seconds = seconds(in: argument), (1...10_000_000).contains(seconds) else {
            throw ValidationError("it is not a time of at least 1 second without fractions, such as 350, 350s or 6m.")
        }
        return seconds
    }
}
