import ArgumentParser
import Sockets

/// IPv4, IPv6, or both.
struct FamilyOptions: ParsableArguments {
    @Flag(name: .customShort("4"), help: "IPv4 addresses only.")
    var isIPv4Only = false

    @Flag(name: .customShort("6"), help: "IPv6 addresses only.")
    var isIPv6Only = false

    /// The address family that the flags select.
    var family: AddressFamily { isIPv4Only ? .ipv4 : isIPv6Only ? .ipv6 : .any }

    func validate() throws {
        if isIPv4Only, isIPv6Only { throw ValidationError("-4 and -6 leave no address: give one of them.") }
    }
}

/// The user timeout of a socket.
struct UserTimeoutOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Give up after this long without an acknowledgment; overrides --count (TCP_USER_TIMEOUT).",
            valueName: "seconds"), transform: { try Seconds(userTimeout: $0) })
    var userTimeout: Seconds?
}

/// A time on the command line in seconds, such as `60` or `2.5`.
struct Seconds: Sendable, Equatable {
    /// The time.
    let duration: Duration

    /// The time in `argument`, from 0.001 to 1000000000 seconds. Throws `ValidationError`.
    init(_ argument: String) throws {
        guard let seconds = Double(argument), seconds >= 0.001, seconds <= 1e9 else {
            throw ValidationError("it is not between 0.001 and 1000000000 seconds.")
        }
        duration = .milliseconds(Int64((seconds * 1000).rounded()))
    }

    /// The time in `argument`, within the bounds of TCP_USER_TIMEOUT. Throws `ValidationError`.
    init(userTimeout argument: String) throws {
        let bounds = KeepAliveOption.userTimeout.bounds
        guard let seconds = Double(argument),
            (Double(bounds.lowerBound)...Double(bounds.upperBound)).contains(seconds * 1000)
        else {
            throw ValidationError(
                "it is not between \(bounds.lowerBound) and \(Double(bounds.upperBound) / 1000) seconds, the bounds of "
                    + "the kernel for TCP_USER_TIMEOUT.")
        }
        // Zero means no timeout, so a value below one millisecond becomes one.
        duration = .milliseconds(max(seconds > 0 ? 1 : 0, Int64((seconds * 1000).rounded())))
    }

    /// A time of whole seconds.
    init(_ seconds: Int) {
        duration = .seconds(seconds)
    }

    /// The time in milliseconds.
    var milliseconds: Int {
        Int(duration.components.seconds) * 1000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
    }
}

/// Throws `ValidationError`, with the bounds of the kernel, for a value in `options` that is outside them.
func validate(_ options: KeepAliveOptions, named names: [KeepAliveOption: String]) throws {
    for option in KeepAliveOption.allCases {
        guard let value = options[option] else { continue }
        do {
            try option.check(value)
        } catch {
            throw ValidationError("\(names[option] ?? ""): \(error).")
        }
    }
}

/// The names of the options on the command line.
let optionNames: [KeepAliveOption: String] = [
    .idle: "--idle", .interval: "--interval", .count: "--count", .userTimeout: "--user-timeout",
]

/// The lines of a table with the options of a connection next to the system defaults.
func optionTable(_ options: KeepAliveOptions, defaults: KeepAliveOptions) -> [String] {
    func text(_ option: KeepAliveOption, _ value: Int?) -> String {
        guard let value else { return option.absence == nil ? "unknown" : "missing" }
        if option == .userTimeout, value == 0 { return "none" }
        return option.unit.isEmpty ? "\(value)" : "\(value) \(option.unit)"
    }
    func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
    let rows = KeepAliveOption.allCases.map { option in
        (option.name, text(option, options[option]), text(option, defaults[option]))
    }
    let all = [("SO_KEEPALIVE", options.isEnabled ? "on" : "off", defaults.isEnabled ? "on" : "off")] + rows
    return [padded("  option", 20) + padded("in use", 12) + "system default"]
        + all.map { padded("  \($0.0)", 20) + padded($0.1, 12) + $0.2 }
}
