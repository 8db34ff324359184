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
        parsing: .unconditional,
        help: ArgumentHelp(
            "Give up after this long without an acknowledgment; overrides --count (TCP_USER_TIMEOUT).",
            valueName: "seconds"),
        transform: { try Seconds(userTimeout: $0) })
    var userTimeout: Seconds?
}

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
