/// A page with holes, in a small part of Mustache: `{{name}}` is a text, `{{#name}}...{{/name}}` stands once for each
/// item, or where `name` is true, and `{{^name}}...{{/name}}` where there is none; `{{! a remark }}`.
///
/// There is no hole that does not escape, so that no capture and no name of a file can bring markup into the page. The
/// libraries for it were left alone: they bring Foundation, which makes the tool more than twice as large, and escape
/// by grapheme, where a quote with a combining accent is another character than a quote.
struct Template: Sendable {
    /// What fills the holes, by name.
    typealias Values = [String: Value]

    /// What fills a hole.
    enum Value {
        case text(String)
        case truth(Bool)
        /// So many items, each made when it is its turn: those of a large page need not exist at once.
        case items(Int, (Int) -> Values)

        /// A number in decimal.
        static func number(_ number: some BinaryInteger) -> Value { .text("\(number)") }

        /// A text that may be missing.
        static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .truth(false) }

        /// Items that exist.
        static func items(_ items: [Values]) -> Value { .items(items.count) { items[$0] } }

        /// `items`, each as `values` tells it.
        static func items<Item>(_ items: [Item], _ values: @escaping (Item) -> Values) -> Value {
            .items(items.count) { values(items[$0]) }
        }
    }

    /// Why a text is no template.
    enum Fault: Error, Equatable {
        /// A tag has no end, or is not one of those above.
        case tag(String)
        /// A section of this name is not closed, or closed and not open.
        case section(String)
    }

    private indirect enum Part: Sendable {
        case text(String)
        case hole(String)
        case section(String, isInverted: Bool, [Part])
    }

    private let parts: [Part]

    /// The template that `text` tells.
    init(_ text: String) throws(Fault) {
        var rest = Substring(text)
        parts = try Self.parse(&rest, until: nil)
    }

    private static func parse(_ rest: inout Substring, until name: String?) throws(Fault) -> [Part] {
        var parts: [Part] = []
        while let (before, tag) = try nextTag(in: &rest) {
            if !before.isEmpty { parts.append(.text(String(before))) }
            let operand = String(tag.dropFirst())
            switch tag.first {
            case "#": parts.append(.section(operand, isInverted: false, try parse(&rest, until: operand)))
            case "^": parts.append(.section(operand, isInverted: true, try parse(&rest, until: operand)))
            case "/" where operand == name: return parts
            case "/": throw .section(operand)
            case "!": break
            case .some(let first) where first.isLetter: parts.append(.hole(String(tag)))
            default: throw .tag(String(tag))
            }
        }
        if let name { throw .section(name) }
        parts.append(.text(String(rest)))
        return parts
    }

    /// Takes the text up to the next tag and the tag out of `rest`; nil: there is no tag any more.
    ///
    /// A tag that has its line for itself takes the line with it.
    private static func nextTag(in rest: inout Substring) throws(Fault) -> (before: Substring, tag: Substring)? {
        guard let start = rest.firstRange(of: "{{") else { return nil }
        guard let end = rest[start.upperBound...].firstRange(of: "}}") else {
            throw .tag(String(rest[start.lowerBound...].prefix(40)))
        }
        var before = rest[..<start.lowerBound]
        let tag = rest[start.upperBound..<end.lowerBound]
        rest = rest[end.upperBound...]
        if tag.first.map({ "#^/!".contains($0) }) == true, rest.first == "\n" {
            let line = before.lastIndex(of: "\n").map { before.index(after: $0) } ?? before.startIndex
            if before[line...].allSatisfy({ $0 == " " }) {
                before = before[..<line]
                rest = rest.dropFirst()
            }
        }
        return (before, tag)
    }

    /// Appends the page that `values` fill.
    func append(_ values: Values, to text: inout TextBuffer) {
        var scopes = [values]
        Self.append(parts, &scopes, to: &text)
    }

    private static func append(_ parts: [Part], _ scopes: inout [Values], to text: inout TextBuffer) {
        for part in parts {
            switch part {
            case .text(let words): text.append(words)
            case .hole(let name):
                guard case .text(let words) = value(of: name, scopes) else { break }
                text.append(html: words)
            case .section(let name, let isInverted, let parts):
                switch value(of: name, scopes) {
                case .items(let count, let values) where !isInverted:
                    for index in 0..<count {
                        scopes.append(values(index))
                        append(parts, &scopes, to: &text)
                        scopes.removeLast()
                    }
                case .items(let count, _): if count == 0 { append(parts, &scopes, to: &text) }
                case .truth(let truth): if truth != isInverted { append(parts, &scopes, to: &text) }
                case .text: if !isInverted { append(parts, &scopes, to: &text) }
                case nil: if isInverted { append(parts, &scopes, to: &text) }
                }
            }
        }
    }

    /// What the innermost scope that knows `name` says of it.
    private static func value(of name: String, _ scopes: [Values]) -> Value? {
        for scope in scopes.reversed() {
            if let value = scope[name] { return value }
        }
        return nil
    }
}

extension TextBuffer {
    /// Appends `text` so that HTML shows it and obeys nothing in it, between tags and in quoted attributes.
    ///
    /// By scalars and not by characters: what follows a quote may combine with it to another character. Control
    /// characters, of which HTML allows few, become `\xNN`.
    mutating func append(html text: String) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": append("&amp;")
            case "<": append("&lt;")
            case ">": append("&gt;")
            case "\"": append("&quot;")
            case "'": append("&#39;")
            case " "..."~": append(octet: UInt8(truncatingIfNeeded: scalar.value))
            default: append(printable: String(scalar))
            }
        }
    }
}
