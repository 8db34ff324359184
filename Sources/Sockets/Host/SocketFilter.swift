internal import Wire

/// A condition on sockets in the words of ss(8), such as `dport = :443 and not src 10.0.0.0/8`.
///
/// The words are `sport`, `dport`, `src`, `dst`, `state`, `exclude`, `and`, `or`, `not` (also `&`, `|`, `!`), comparisons (`=`,
/// `!=`, `<`, `>`, `<=`, `>=` and their names) and parentheses. Ports and addresses are numbers. Conditions without a word between
/// them must both hold.
package struct SocketFilter: Sendable {
    /// Why words are no condition; one sentence without a full stop.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    private indirect enum Condition: Sendable {
        case any
        case port(isLocal: Bool, Comparison, UInt16)
        case address(isLocal: Bool, IPAddress?, bits: Int, port: UInt16?)
        /// An IPv6 socket with IPv4-mapped addresses.
        case mapped
        case states(SocketStates)
        case all([Condition])
        case either([Condition])
        case not(Condition)
    }

    private enum Comparison: Sendable {
        case equal, notEqual, less, greater, lessOrEqual, greaterOrEqual

        init?(_ word: String) {
            switch word {
            case "=", "==", "eq": self = .equal
            case "!=", "ne", "neq": self = .notEqual
            case "<", "lt": self = .less
            case ">", "gt": self = .greater
            case "<=", "le", "leq": self = .lessOrEqual
            case ">=", "ge", "geq": self = .greaterOrEqual
            default: return nil
            }
        }

        func holds(_ left: UInt16, _ right: UInt16) -> Bool {
            switch self {
            case .equal: left == right
            case .notEqual: left != right
            case .less: left < right
            case .greater: left > right
            case .lessOrEqual: left <= right
            case .greaterOrEqual: left >= right
            }
        }
    }

    private let condition: Condition?
    /// Whether the words name a state.
    package var namesStates: Bool {
        condition.flatMap { Self.states($0, isNegated: false, usual: []) } != nil
    }

    /// The condition that `words` mean; no words: all sockets.
    package init(_ words: [String]) throws(Failure) {
        var parser = Parser(tokens: Self.tokens(words)[...])
        if parser.tokens.isEmpty {
            condition = nil
            return
        }
        condition = try parser.either()
        if let rest = parser.tokens.first { throw Failure(description: "\"\(rest)\" is unexpected in the filter") }
    }

    /// The words, with parentheses and comparisons as words of their own.
    private static func tokens(_ words: [String]) -> [String] {
        var tokens: [String] = []
        for word in words.joined(separator: " ").split(separator: " ") {
            var token = ""
            for character in word {
                let joins = "=!<>".contains(character) == token.allSatisfy { "=!<>".contains($0) }
                if "()&|".contains(character) || !joins, !token.isEmpty {
                    tokens.append(token)
                    token = ""
                }
                if "()&|".contains(character) { tokens.append(String(character)) } else { token.append(character) }
            }
            if !token.isEmpty { tokens.append(token) }
        }
        return tokens
    }

    /// Whether `socket` meets the condition.
    package func matches(_ socket: HostSocket) -> Bool {
        guard let condition else { return true }
        return Self.holds(condition, socket)
    }

    private static func holds(_ condition: Condition, _ socket: HostSocket) -> Bool {
        switch condition {
        case .any: return true
        case .port(let isLocal, let comparison, let port):
            return comparison.holds(isLocal ? socket.local.port : socket.remote.port, port)
        case .address(let isLocal, let address, let bits, let port):
            let end = isLocal ? socket.local : socket.remote
            if let port, port != end.port { return false }
            return address.map { end.address.hasPrefix($0, bits: bits) } ?? true
        case .mapped: return socket.isIPv6
        case .states(let states): return states.contains(socket.state)
        case .all(let conditions): return conditions.allSatisfy { holds($0, socket) }
        case .either(let conditions): return conditions.contains { holds($0, socket) }
        case .not(let condition): return !holds(condition, socket)
        }
    }

    // MARK: States

    /// The states that sockets which meet the condition may have, so that the kernel lists no others: `usual` ones where the
    /// words name no state.
    package func states(usual: SocketStates) -> SocketStates {
        condition.flatMap { Self.states($0, isNegated: false, usual: usual) } ?? usual
    }

    /// The states in which `condition` holds, or does not if `isNegated`; nil: it names none.
    private static func states(_ condition: Condition, isNegated: Bool, usual: SocketStates) -> SocketStates? {
        switch condition {
        case .any, .port, .address, .mapped: return nil
        case .states(let states): return isNegated ? .all.subtracting(states) : states
        case .not(let condition): return states(condition, isNegated: !isNegated, usual: usual)
        case .all(let conditions), .either(let conditions):
            let parts = conditions.map { states($0, isNegated: isNegated, usual: usual) }
            let named = parts.compactMap(\.self)
            if named.isEmpty { return nil }
            // De Morgan: the negation of "and" is "or".
            if case .all = condition, isNegated { return union(parts, usual) }
            if case .either = condition, !isNegated { return union(parts, usual) }
            return named.reduce(.all) { $0.intersection($1) }
        }
    }

    private static func union(_ parts: [SocketStates?], _ usual: SocketStates) -> SocketStates {
        parts.reduce(SocketStates()) { $0.union($1 ?? usual) }
    }

    /// A recursive-descent parser: `or` binds less than `and`.
    private struct Parser {
        var tokens: ArraySlice<String>
        private var depth = 0

        init(tokens: ArraySlice<String>) {
            self.tokens = tokens
        }

        mutating func either() throws(Failure) -> Condition {
            var conditions = [try all()]
            while let word = tokens.first, ["or", "|", "||"].contains(word) {
                tokens.removeFirst()
                if tokens.first == "|" { tokens.removeFirst() }
                conditions.append(try all())
            }
            return conditions.count == 1 ? conditions[0] : .either(conditions)
        }

        private mutating func all() throws(Failure) -> Condition {
            var conditions = [try single()]
            while let word = tokens.first, !["or", "|", ")"].contains(word) {
                if ["and", "&"].contains(word) {
                    tokens.removeFirst()
                    if tokens.first == "&" { tokens.removeFirst() }
                }
                conditions.append(try single())
            }
            return conditions.count == 1 ? conditions[0] : .all(conditions)
        }

        private mutating func single() throws(Failure) -> Condition {
            guard let word = tokens.first else {
                throw Failure(description: "the filter ends where a condition is due")
            }
            tokens.removeFirst()
            switch word {
            case "not", "!":
                depth += 1
                if depth > 100 { throw Failure(description: "the filter is nested too deeply") }
                return .not(try single())
            case "(":
                depth += 1
                if depth > 100 { throw Failure(description: "the filter is nested too deeply") }
                let condition = try either()
                guard tokens.first == ")" else { throw Failure(description: "a \")\" is missing in the filter") }
                tokens.removeFirst()
                return condition
            case "sport", "dport":
                let comparison = tokens.first.flatMap { Comparison($0) }
                if comparison != nil { tokens.removeFirst() }
                let port = try argument(of: word, "a port, such as :443")
                if port == "*" || port == ":*" {
                    switch comparison ?? .equal {
                    case .equal: return .any
                    case .notEqual: return .not(.any)
                    default: throw Failure(description: "\(word): * can only be equal (=) or not (!=)")
                    }
                }
                guard let number = UInt16(port.hasPrefix(":") ? String(port.dropFirst()) : port) else {
                    throw Failure(description: "\(word) \(port): a port is a number from 0 to 65535, such as :443")
                }
                return .port(isLocal: word == "sport", comparison ?? .equal, number)
            case "src", "dst":
                if let comparison = tokens.first.flatMap({ Comparison($0) }) {
                    tokens.removeFirst()
                    let condition = try address(word)
                    switch comparison {
                    case .equal: return condition
                    case .notEqual: return .not(condition)
                    default: throw Failure(description: "\(word): addresses can only be equal (=) or not (!=)")
                    }
                }
                return try address(word)
            case "exclude": return .states(SocketStates.all.subtracting(try state(word)))
            case "state":
                var states = try state(word)
                // Several in a row mean any of them, as in ss.
                while tokens.first == "state" {
                    tokens.removeFirst()
                    states.formUnion(try state(word))
                }
                return .states(states)
            default:
                throw Failure(
                    description: "\"\(word)\" is no word of the filter; it begins with sport, dport, src, dst, state, "
                        + "exclude, not or (")
            }
        }

        private mutating func state(_ word: String) throws(Failure) -> SocketStates {
            let name = try argument(of: word, "a state, such as established")
            guard let named = SocketStates(name: name) else {
                throw Failure(
                    description: "there is no state \"\(name)\"; the states are "
                        + (SocketState.allNames + ["all", "connected", "synchronized"]).joined(separator: ", "))
            }
            return named
        }

        private mutating func argument(of word: String, _ need: String) throws(Failure) -> String {
            guard let argument = tokens.first, !["(", ")", "and", "or"].contains(argument) else {
                throw Failure(description: "\(word) needs \(need)")
            }
            tokens.removeFirst()
            return argument
        }

        /// An address with or without prefix length and port: `10.0.0.0/8`, `192.0.2.1:443`, `[2001:db8::]/32`, `:443`.
        private mutating func address(_ word: String) throws(Failure) -> Condition {
            let text = try argument(of: word, "an address, such as 10.0.0.0/8")
            let failure = Failure(
                description:
                    "\(word) \(text): it is no address, such as 192.0.2.1, 10.0.0.0/8, [2001:db8::1]:443 or :443")
            var host = Substring(text)
            var port: UInt16?
            let colons = text.count { $0 == ":" }
            if host.first == "[" {
                guard let end = host.lastIndex(of: "]") else { throw failure }
                var rest = host[host.index(after: end)...]
                host = host[host.index(after: host.startIndex)..<end]
                if let colon = rest.lastIndex(of: ":") {
                    let number = rest[rest.index(after: colon)...]
                    if number != "*" {
                        guard let value = UInt16(number) else { throw failure }
                        port = value
                    }
                    rest = rest[..<colon]
                }
                host += rest
            } else if colons == 1, let colon = host.lastIndex(of: ":") {
                let number = host[host.index(after: colon)...]
                if number != "*" {
                    guard let value = UInt16(number) else { throw failure }
                    port = value
                }
                host = host[..<colon]
            }
            if host.isEmpty || host == "*" { return .address(isLocal: word == "src", nil, bits: 0, port: port) }
            let parts = host.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            // 10/8 is 10.0.0.0/8.
            var name = String(parts[0])
            if parts.count == 2, !name.contains(":") {
                name += String(repeating: ".0", count: max(0, 3 - name.count { $0 == "." }))
            }
            guard let address = IPAddress(text: name) else { throw failure }
            // Sockets have IPv4-mapped addresses as IPv4.
            let isMapped = address.version == .v4 && name.contains(":")
            let most = address.version == .v4 && !isMapped ? 32 : 128
            var bits = most
            if parts.count == 2 {
                guard let number = Int(parts[1]), (0...most).contains(number) else { throw failure }
                bits = number
            }
            if isMapped { bits = max(0, bits - 96) }
            let condition = Condition.address(isLocal: word == "src", address, bits: bits, port: port)
            return isMapped ? .all([.mapped, condition]) : condition
        }
    }
}

extension IPAddress {
    /// Whether the first `bits` bits are those of `other`, which has the same version.
    fileprivate func hasPrefix(_ other: IPAddress, bits: Int) -> Bool {
        guard version == other.version else { return false }
        func differs(_ left: UInt64, _ right: UInt64, _ bits: Int) -> Bool {
            bits > 0 && (left ^ right) >> UInt64(64 - bits) != 0
        }
        if version == .v4 { return !differs(low << 32, other.low << 32, bits) }
        return !differs(high, other.high, min(bits, 64)) && !differs(low, other.low, max(0, bits - 64))
    }
}
