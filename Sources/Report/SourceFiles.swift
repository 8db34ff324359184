import KeepAlive
import Wire

/// The files that were read, in order: what the frames and streams of findings refer to.
public struct SourceFiles: Sendable, ExpressibleByArrayLiteral {
    /// Their names. A live capture has the names of its interfaces here.
    public var names: [String]
    /// Whether a filter left out packets. Wireshark then numbers the streams of the same file differently.
    public var isFiltered: Bool

    /// The files `names`; `isFiltered`: of which a filter left out packets.
    public init(_ names: [String] = [], isFiltered: Bool = false) {
        self.names = names
        self.isFiltered = isFiltered
    }

    /// The files `elements`, read without a filter.
    public init(arrayLiteral elements: String...) {
        self.init(elements)
    }

    /// The file of `frame`; nil: it is not known.
    func name(of frame: FrameReference) -> String? {
        names.indices.contains(frame.file) ? names[frame.file] : nil
    }

    /// Whether the numbers of connections are Wireshark's `tcp.stream`, which counts those of one whole file.
    var hasStreamNumbers: Bool { names.count <= 1 && !isFiltered }
}
