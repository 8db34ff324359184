import Foundation
import Testing

/// Connections of Scripts/sockets.py, whose options are known.
struct OpenedSockets {
    /// Options of a socket.
    struct Options: Decodable {
        var idle: Int
        var interval: Int
        var count: Int
        var userTimeout: Int
        var kind: String
        var hasSent: Bool

        enum CodingKeys: String, CodingKey {
            case idle, interval, count, kind
            case userTimeout = "user_timeout_ms"
            case hasSent = "has_sent"
        }

        var isOn: Bool { kind != "off" }
    }

    /// The script, which ends with its standard input.
    let script: Running
    /// The options by local port.
    let options: [Int: Options]

    /// Opens `number` connections of the prober to `address`, with idle and interval up to `longest` seconds.
    init(
        _ lab: Lab, _ number: Int, longest: Int, on address: String = "10.9.0.1", _ others: [String] = []
    ) async throws {
        script = try lab.start(
            lab.prober, script: "sockets.py", [address, String(number), String(longest)] + others)
        try await script.wait(for: "}}\n")
        let all = try JSONDecoder().decode([String: Options].self, from: Data(script.text.utf8))
        options = Dictionary(uniqueKeysWithValues: all.compactMap { key, value in Int(key).map { ($0, value) } })
    }
}
