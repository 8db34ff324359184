import Mustache

/// A page with holes: the library's Mustache, with escaping of our own.
///
/// The library escapes by grapheme, where a quote with a combining accent is another character than a quote. The content
/// type that stands at the head of the template goes by scalars, as browsers do.
struct Template: Sendable {
    /// What fills the holes, by name.
    typealias Values = [String: Value]

    /// What fills a hole.
    enum Value: MustacheCustomRepresentation {
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

        /// What the library knows: it would print a false.
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
        private var place = 0

        init(count: Int, values: @escaping (Int) -> Values) {
            self.count = count
            self.values = values
        }

        mutating func next() -> Values? {
            guard place < count else { return nil }
            defer { place += 1 }
            return values(place)
        }
    }

    /// HTML by scalars.
    private struct Escaping: MustacheContentType {
        func escapeText(_ text: String) -> String {
            var escaped = TextBuffer()
            escaped.append(html: text)
            return escaped.string
        }
    }

    private let template: MustacheTemplate

    /// The template that `text` tells.
    init(_ text: String) throws {
        MustacheContentTypes.register(Escaping(), named: "scalars")
        template = try MustacheTemplate(string: "{{% CONTENT_TYPE: scalars }}\n" + text)
    }

    /// Appends the page that `values` fill.
    func append(_ values: Values, to text: inout TextBuffer) {
        text.append(template.render(values))
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
            case " "..."~": append(byte: UInt8(truncatingIfNeeded: scalar.value))
            default: append(printable: String(scalar))
            }
        }
    }
}
