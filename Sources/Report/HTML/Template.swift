import Mustache

/// A Mustache template with its own escaping.
///
/// The library escapes by grapheme, so it misses a quote that is followed by a combining accent. The content type at the head
/// of the template escapes by Unicode scalar, as browsers read text.
struct Template: Sendable {
    /// The values of the tags, by name.
    typealias Values = [String: Value]

    /// The value of a tag.
    enum Value: MustacheCustomRepresentation {
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

        /// The value for the library, which would print `false`.
        var representation: Any? {
            switch self {
            case .text(let text): text
            case .truth(let truth): truth ? true : nil
            case .items(let count, let values): Items(count: count, values: values)
            }
        }
    }

    /// Items, made one by one.
    private struct Items: MustacheSequence, IteratorProtocol {
        let count: Int
        let values: (Int) -> Values
        private var index = 0

        init(count: Int, values: @escaping (Int) -> Values) {
            self.count = count
            self.values = values
        }

        mutating func next() -> Values? {
            guard index < count else { return nil }
            defer { index += 1 }
            return values(index)
        }
    }

    /// Escapes HTML by Unicode scalar.
    private struct Escaping: MustacheContentType {
        func escapeText(_ text: String) -> String {
            TextBuffer.string { $0.append(markup: text) }
        }
    }

    private let template: MustacheTemplate

    /// Parses `text`.
    init(_ text: String) throws {
        MustacheContentTypes.register(Escaping(), named: "scalars")
        template = try MustacheTemplate(string: "{{% CONTENT_TYPE: scalars }}\n" + text)
    }

    /// Appends the template with `values`.
    func append(_ values: Values, to text: inout TextBuffer) {
        text.append(template.render(values))
    }
}
