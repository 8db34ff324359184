package import Sockets

extension KeepAliveOptions {
    /// Idle, interval and count, and a user timeout: `60/15/4`, `60/15/4 u7s`; `off` if keep-alive is off.
    package var settingsText: String {
        guard isEnabled else { return "off" }
        let all = [idle, interval, count].map { $0.map(String.init) ?? "?" }.joined(separator: "/")
        guard let userTimeout, userTimeout > 0 else { return all }
        return userTimeout % 1000 == 0 ? "\(all) u\(userTimeout / 1000)s" : "\(all) u\(userTimeout)ms"
    }
}
