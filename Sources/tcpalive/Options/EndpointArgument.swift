import ArgumentParser
import Sockets

/// A host and a port on the command line, as two words or as one: `HOST:PORT`, `[ADDRESS]:PORT`.
struct EndpointArgument: Sendable, Equatable {
    /// A host name or an address without brackets; nil: none is given.
    let host: String?
    /// A port number or the name of a service.
    let port: String

    /// The endpoint in `words` of `command`. Throws `ValidationError` if there is none, or more than one.
    init(_ words: [String], of command: String) throws {
        switch words.count {
        case 1: self = try Self(joined: words[0], of: command)
        case 2:
            self = Self(host: Self.withoutBrackets(words[0]), port: words[1])
            if words[0].count(where: { $0 == ":" }) == 1 {
                throw ValidationError("\(words[0]) has a port already: omit \(words[1]).")
            }
        default: throw ValidationError("give a host and a port, such as tcpalive \(command) localhost 5001.")
        }
        if port.isEmpty || host?.isEmpty == true {
            throw ValidationError("give a host and a port, such as tcpalive \(command) localhost 5001.")
        }
    }

    private init(host: String?, port: String) {
        self.host = host
        self.port = port
    }

    private init(joined word: String, of command: String) throws {
        let colons = word.count { $0 == ":" }
        if word.hasPrefix("["), let end = word.lastIndex(of: "]") {
            let rest = word[word.index(after: end)...]
            host = Self.withoutBrackets(String(word[...end]))
            port = String(rest.dropFirst())
            if !rest.hasPrefix(":") || port.isEmpty {
                throw ValidationError("no port given: write \(word[...end]):PORT.")
            }
        } else if colons == 1, let colon = word.firstIndex(of: ":") {
            host = String(word[..<colon])
            port = String(word[word.index(after: colon)...])
        } else if colons > 1, let colon = word.lastIndex(of: ":") {
            let (start, end) = (word[..<colon], word[word.index(after: colon)...])
            throw ValidationError(
                "it is not clear where the port begins in \(word): write tcpalive \(command) \(word) PORT"
                    + (start.hasSuffix(":") || end.isEmpty ? "." : ", or [\(start)]:\(end)."))
        } else {
            host = nil
            port = word
        }
    }

    private static func withoutBrackets(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    /// Throws `ValidationError` if the port is a number outside `range`, or the name of no service.
    func checkPort(_ range: ClosedRange<Int>) throws {
        if let number = Int(port), !range.contains(number) {
            throw ValidationError("\(port): a port is between \(range.lowerBound) and \(range.upperBound).")
        }
        if host != nil, (try? SocketAddress.resolve(host: "127.0.0.1", port: port)) == nil {
            throw ValidationError("\(port) is neither a port number nor the name of a service.")
        }
    }
}
