import ArgumentParser
import Sockets

/// What the options of keep-alive mean for a command.
protocol SettingsMeaning: Sendable {
    /// The idle time, interval (s) and count without options; nil: those that there are.
    static var defaults: (idle: Int, interval: Int, count: Int)? { get }
    /// What each of the options does beside setting its value; empty: nothing.
    static var effect: String { get }
}

extension SettingsMeaning {
    static var defaults: (idle: Int, interval: Int, count: Int)? { nil }
    static var effect: String { "" }
}

/// The keep-alive options of a socket on the command line.
struct SettingsOptions<Meaning: SettingsMeaning>: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            text("idle time before the first probe, 1 to 32767", Meaning.defaults?.idle), valueName: "seconds"),
        transform: { try wholeSeconds($0, for: .idle) })
    var idle: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            text("time between unanswered probes, 1 to 32767", Meaning.defaults?.interval), valueName: "seconds"),
        transform: { try wholeSeconds($0, for: .interval) })
    var interval: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            text("unanswered probes before giving up, 1 to 127", Meaning.defaults?.count), valueName: "probes"),
        transform: { try wholeNumber($0, KeepAliveOption.count.bounds, of: "probes") })
    var count: Int?

    @OptionGroup
    var timeout: UserTimeoutOption

    private static func text(_ words: String, _ value: Int?) -> String {
        let text = Meaning.effect.isEmpty ? words.prefix(1).uppercased() + words.dropFirst() : Meaning.effect + words
        return text + (value.map { " (default: \($0))." } ?? ".")
    }

    /// The first of idle time, interval and count that is given.
    var firstGiven: String? {
        [("--idle", idle), ("--interval", interval), ("--count", count)].first { $0.1 != nil }?.0
    }

    /// The user timeout (ms); nil: none is given.
    var userTimeout: Int? { timeout.userTimeout?.milliseconds }

    /// Keep-alive with these values, and the defaults for the others.
    var options: KeepAliveOptions {
        KeepAliveOptions(
            idle: idle ?? Meaning.defaults?.idle, interval: interval ?? Meaning.defaults?.interval,
            count: count ?? Meaning.defaults?.count, userTimeout: userTimeout)
    }
}

/// The settings of `client` and `run`.
enum OrdinarySettings: SettingsMeaning {
    static var defaults: (idle: Int, interval: Int, count: Int)? { (60, 15, 4) }
}
