/// The environment variables that decide about colours.
package enum ColorRule {
    /// Whether to use colours.
    ///
    /// In this order: `NO_COLOR`, if it is not empty, means no (https://no-color.org); `CLICOLOR_FORCE`, if it is neither
    /// empty nor 0, means yes; `CLICOLOR=0` means no; otherwise a terminal has colours unless `TERM` is `dumb` or missing.
    package static func wantsColor(isTerminal: Bool, _ environment: (String) -> String?) -> Bool {
        if let none = environment("NO_COLOR"), !none.isEmpty { return false }
        if let force = environment("CLICOLOR_FORCE"), !force.isEmpty, force != "0" { return true }
        if environment("CLICOLOR") == "0" { return false }
        return isTerminal && !["", "dumb"].contains(environment("TERM") ?? "")
    }

    /// The value of the environment variable `name`; nil: it is not set.
    package static func variable(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        return unsafe String(cString: text)
    }
}
