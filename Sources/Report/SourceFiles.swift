import KeepAlive
import Wire

/// The files that were read, in order. The frames and streams of findings refer to them.
public struct SourceFiles: Sendable, ExpressibleByArrayLiteral {
    /// The file names; of a live capture, the names of the interfaces.
    public var names: [String]
    /// Whether a filter excluded packets. Wireshark then numbers the streams of the same file differently.
    public var isFiltered: Bool

    /// The files `names`; `isFiltered`: a filter excluded packets.
    public init(_ names: [String] = [], isFiltered: Bool = false) {
        self.names = names
        self.isFiltered = isFiltered
    }

    /// The files `elements`, read without a filter.
    public init(arrayLiteral elements: String...) {
        self.init(elements)
    }

    /// The file of `frame`; nil: not known.
    func name(of frame: FrameReference) -> String? {
        names.indices.contains(frame.file) ? names[frame.file] : nil
    }

    /// Whether the numbers of connections are Wireshark's `tcp.stream`, which counts the connections of one whole file.
    var hasStreamNumbers: Bool { names.count <= 1 && !isFiltered }
}
