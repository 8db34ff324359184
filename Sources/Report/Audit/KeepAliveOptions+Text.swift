package import Sockets

extension TimerReading {
    /// What the timer of a socket shows, with keep-alive on or off (`isOn`): `60/15/?`, `60*/?/?` if that is idle or interval,
    /// `>=54/?/?` if no probe leaves before 54 s; `off`; `?` if nothing is known.
    func settingsText(isOn: Bool?) -> String {
        guard let isOn else { return "?" }
        if !isOn { return "off" }
        let idle =
            idle.map(String.init) ?? idleOrInterval.map { "\($0)*" } ?? silence.map { ">=\($0 / 1000)" }
        return [idle, interval.map(String.init), nil].map { $0 ?? "?" }.joined(separator: "/")
    }
}

extension KeepAliveOptions {
    /// Idle, interval and count, and a user timeout: `60/15/4`, `60/15/4 u7s`; `off`, `off u7s` if keep-alive is off. The user
    /// timeout limits the retransmission of data, too.
    package var settingsText: String {
        text(isEnabled ? numbers : "off")
    }

    /// The same with the numbers of a socket whose keep-alive is off: `off (60/15/4)`.
    package var allSettingsText: String {
        text(isEnabled ? numbers : "off (\(numbers))")
    }

    private var numbers: String {
        [idle, interval, count].map { $0.map(String.init) ?? "?" }.joined(separator: "/")
    }

    private func text(_ settings: String) -> String {
        guard let userTimeout, userTimeout > 0 else { return settings }
        return userTimeout % 1000 == 0 ? "\(settings) u\(userTimeout / 1000)s" : "\(settings) u\(userTimeout)ms"
    }
}
