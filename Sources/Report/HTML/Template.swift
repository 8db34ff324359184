/// A text with tags, into which values are written as HTML. The notation is a small part of Mustache.
///
/// - `{{name}}` is the value of `name`, always escaped.
/// - `{{#name}}`...`{{/name}}` appears once for each item of `name`, or once if `name` is a text or true.
/// - `{{^name}}`...`{{/name}}` appears if `name` is false or has no items.
///
/// A name belongs to the innermost item that has it. A line with only a tag of a section leaves no empty line.
struct Template: Sendable {
    /// The values of the tags, by name.
    typealias Values = [String: Value]

    /// The value of a tag.
    enum Value {
        case text(String)
        case truth(Bool)
        /// A number of items, made one by one, so that those of a large page do not exist at once.
        case items(Int, (Int) -> Values)

        /// A count, with commas between groups of three digits.
        static func count(_ count: some BinaryInteger) -> Value {
            .text(TextBuffer.string { $0.append(grouped: UInt64(clamping: count)) })
        }

        /// A number in decimal.
        static func number(_ number: some BinaryInteger) -> Value { .text("\(number)") }

        /// A text; nil: absent.
        static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .truth(false) }

        /// The given items.
        static func items(_ items: [Values]) -> Value { .items(items.count) { items[$0] } }

        /// `items`, each with its `values`.
        static func items<Item>(_ items: [Item], _ values: @escaping (Item) -> Values) -> Value {
            .items(items.count) { values(items[$0]) }
        }
    }

    /// Why a text is not a template.
    struct Fault: Error, Equatable {
        /// The line of the tag, from 1.
        var line: Int
        var reason: String
    }

    fileprivate indirect enum Node: Sendable {
        case text(String)
        case value(String)
        case section(String, isInverted: Bool, [Node])
    }

    private let nodes: [Node]

    /// Parses `text`.
    init(_ text: String) throws(Fault) {
        var parser = Parser(text)
        nodes = try parser.parse()
    }

    /// Appends the template with `values`. A tag without a value appears as it is, `{{name}}`.
    func append(_ values: Values, to text: inout TextBuffer) {
        var context = [values]
        Self.append(nodes, in: &context, to: &text)
    }

    private static func append(_ nodes: [Node], in context: inout [Values], to text: inout TextBuffer) {
        for node in nodes {
            switch node {
            case .text(let part): text.append(part)
            case .value(let name):
                switch value(of: name, in: context) {
                case .text(let value): text.append(markup: value)
                case .truth, .items: break
                case nil: text.append("{{\(name)}}")
                }
            case .section(let name, let isInverted, let inner):
                switch value(of: name, in: context) {
                case .items(let count, let values) where !isInverted:
                    for index in 0..<count {
                        context.append(values(index))
                        append(inner, in: &context, to: &text)
                        context.removeLast()
                    }
                case let value?: if value.isShown != isInverted { append(inner, in: &context, to: &text) }
                case nil: text.append("{{\(name)}}")
                }
            }
        }
    }

    private static func value(of name: String, in context: [Values]) -> Value? {
        for values in context.reversed() {
            if let value = values[name] { return value }
        }
        return nil
    }
}

extension Template.Value {
    /// Whether a section with this value appears.
    fileprivate var isShown: Bool {
        switch self {
        case .text: true
        case .truth(let truth): truth
        case .items(let count, _): count > 0
        }
    }
}

/// Reads the tags of a template, one after the other.
private struct Parser {
    /// A section whose end is still to come.
    private struct Section {
        var name: String
        var isInverted: Bool
        var start: String.Index
        /// The nodes before it.
        var outer: [Template.Node]
    }

    private let text: String.UTF8View
    private var nodes: [Template.Node] = []
    private var open: [Section] = []
    /// The end of what is in `nodes`.
    private var end: String.Index

    private static let (space, newline) = (UInt8(ascii: " "), UInt8(ascii: "\n"))

    init(_ text: String) {
        self.text = text.utf8
        end = text.startIndex
    }

    mutating func parse() throws(Template.Fault) -> [Template.Node] {
        while let start = text[end...].firstRange(of: "{{".utf8) {
            guard let close = text[start.upperBound...].firstRange(of: "}}".utf8) else {
                throw fault("a tag has no end", at: start.lowerBound)
            }
            try take(Substring(text[start.upperBound..<close.lowerBound]), start.lowerBound..<close.upperBound)
        }
        if let section = open.last { throw fault("the section \(section.name) has no end", at: section.start) }
        appendText(to: text.endIndex)
        return nodes
    }

    /// Takes the text before the tag at `range`, and the tag.
    private mutating func take(_ tag: Substring, _ range: Range<String.Index>) throws(Template.Fault) {
        let sign = tag.first.flatMap { "#^/".contains($0) ? $0 : nil }
        let name = String(sign == nil ? tag : tag.dropFirst())
        guard name.utf8.allSatisfy(Self.isLetterOrDigit), !name.isEmpty else {
            throw fault("the tag {{\(tag)}} is unknown", at: range.lowerBound)
        }
        let whole = sign == nil ? range : line(of: range)
        appendText(to: whole.lowerBound)
        end = whole.upperBound
        switch sign {
        case nil: nodes.append(.value(name))
        case "/":
            guard let section = open.popLast(), section.name == name else {
                throw fault("{{\(tag)}} ends no section", at: range.lowerBound)
            }
            nodes = section.outer + [.section(name, isInverted: section.isInverted, nodes)]
        default:
            open.append(Section(name: name, isInverted: sign == "^", start: range.lowerBound, outer: nodes))
            nodes = []
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }

    /// The line with the tag at `range`, if nothing but spaces is beside it; otherwise `range`.
    private func line(of range: Range<String.Index>) -> Range<String.Index> {
        let before = text[end..<range.lowerBound]
        let start = before.lastIndex { $0 != Self.space }.map(before.index(after:)) ?? end
        let after = text[range.upperBound...].drop { $0 == Self.space }
        let isAtStart = start == text.startIndex || text[text.index(before: start)] == Self.newline
        guard isAtStart, after.first == Self.newline else { return range }
        return start..<text.index(after: after.startIndex)
    }

    private mutating func appendText(to index: String.Index) {
        if end < index { nodes.append(.text(String(Substring(text[end..<index])))) }
    }

    private func fault(_ reason: String, at index: String.Index) -> Template.Fault {
        Template.Fault(line: text[..<index].count { $0 == Self.newline } + 1, reason: reason)
    }
}
