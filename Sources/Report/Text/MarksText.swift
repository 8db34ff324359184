import KeepAlive

/// Frame numbers and marks, a line a frame: what `tshark` can be asked to print, to compare with it.
struct MarksText {
    private let namesFiles: Bool
    /// The frame that may yet have another marked segment.
    private var pending: (file: String, frame: UInt64, marks: Marks)?

    /// Lines that name their file, or do not.
    init(namesFiles: Bool) {
        self.namesFiles = namesFiles
    }

    /// Takes the `marks` of a segment of frame `frame`, and appends the frame before it.
    mutating func append(_ marks: Marks, frame: UInt64, file: String, to text: inout TextBuffer) {
        if pending?.frame == frame {
            pending?.marks.formUnion(marks)
        } else {
            flush(to: &text)
            pending = (file, frame, marks)
        }
    }

    /// Appends the last frame taken: no more of it will come.
    mutating func flush(to text: inout TextBuffer) {
        guard let (file, frame, marks) = pending else { return }
        pending = nil
        if namesFiles {
            text.append(printable: file)
            text.append(":")
        }
        text.append(frame)
        text.append("\t")
        text.append(names: marks, quote: "")
        text.append("\n")
    }
}
