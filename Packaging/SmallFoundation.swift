// Stands in for FoundationEssentials in release builds on Linux (see LINUX_RELEASE in the Makefile).
//
// ArgumentParser uses FoundationEssentials only to print --experimental-dump-help, from which the manual pages are made.
// Statically linked, that costs 6 MB of 17 and 1 ms of each start. The compiler option `-module-alias` gives ArgumentParser
// this module instead.

public protocol LocalizedError: Error {
    var errorDescription: String? { get }
}

public struct Data {
    fileprivate let text: String
}

extension String {
    public enum Encoding { case utf8 }

    public init?(data: Data, encoding: Encoding) {
        self = data.text
    }
}

/// Writes JSON with indentation and sorted keys, whatever the formatting.
public final class JSONEncoder {
    public struct OutputFormatting: OptionSet {
        public static let prettyPrinted = OutputFormatting(rawValue: 1)
        public static let sortedKeys = OutputFormatting(rawValue: 2)
        public let rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }
    }

    public var outputFormatting: OutputFormatting = []

    public init() {}

    public func encode(_ value: some Encodable) throws -> Data {
        var text = ""
        try Node(value).write(to: &text, indent: "\n")
        return Data(text: text)
    }
}

/// A JSON value.
private final class Node {
    enum Value {
        case literal(String)
        case text(String)
        case list([Node])
        case object([String: Node])
    }

    var value = Value.object([:])

    init() {}

    init(_ value: some Encodable) throws {
        switch value {
        case let text as String: self.value = .text(text)
        case let truth as Bool: self.value = .literal("\(truth)")
        case let number as any BinaryInteger: self.value = .literal("\(number)")
        case let number as any BinaryFloatingPoint: self.value = .literal("\(number)")
        default: try value.encode(to: NodeEncoder(node: self))
        }
    }

    /// Appends the JSON text; `indent` is a newline and the indentation of the line.
    func write(to text: inout String, indent: String) throws {
        let inner = indent + "  "
        switch value {
        case .literal(let literal): text += literal
        case .text(let string): Self.write(string, to: &text)
        case .list(let nodes):
            text += "["
            for (index, node) in nodes.enumerated() {
                text += (index == 0 ? "" : ",") + inner
                try node.write(to: &text, indent: inner)
            }
            text += (nodes.isEmpty ? "" : indent) + "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                text += (index == 0 ? "" : ",") + inner
                Self.write(member.key, to: &text)
                text += " : "
                try member.value.write(to: &text, indent: inner)
            }
            text += (members.isEmpty ? "" : indent) + "}"
        }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"", "\\": text += "\\\(scalar)"
            case "\n": text += "\\n"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

/// Encodes into a node. The generic `encode` also serves for all the types that the protocols list.
private struct NodeEncoder: Encoder, SingleValueEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.value = .object([:])
        return KeyedEncodingContainer(KeyedContainer(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.value = .list([])
        return ListContainer(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func encodeNil() { node.value = .literal("null") }
    func encode<T: Encodable>(_ value: T) throws { node.value = try Node(value).value }
}

private struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: Node
    var codingPath: [any CodingKey] { [] }

    private func add(_ member: Node, _ key: any CodingKey) {
        guard case .object(var members) = node.value else { return }
        members[key.stringValue] = member
        node.value = .object(members)
    }

    private func added(_ key: any CodingKey) -> NodeEncoder {
        let member = Node()
        add(member, key)
        return NodeEncoder(node: member)
    }

    func encodeNil(forKey key: Key) { added(key).encodeNil() }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { add(try Node(value), key) }
    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { added(key).unkeyedContainer() }
    func superEncoder(forKey key: Key) -> any Encoder { added(key) }

    func nestedContainer<Inner: CodingKey>(
        keyedBy type: Inner.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Inner> {
        added(key).container(keyedBy: type)
    }

    func superEncoder() -> any Encoder { NodeEncoder(node: Node()) }
}

private struct ListContainer: UnkeyedEncodingContainer {
    let node: Node
    var codingPath: [any CodingKey] { [] }

    private var nodes: [Node] {
        guard case .list(let nodes) = node.value else { return [] }
        return nodes
    }

    var count: Int { nodes.count }

    private func added() -> NodeEncoder {
        let element = Node()
        node.value = .list(nodes + [element])
        return NodeEncoder(node: element)
    }

    func encodeNil() { added().encodeNil() }
    func encode<T: Encodable>(_ value: T) throws { node.value = .list(nodes + [try Node(value)]) }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { added().unkeyedContainer() }
    func superEncoder() -> any Encoder { added() }

    func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        added().container(keyedBy: type)
    }
}
