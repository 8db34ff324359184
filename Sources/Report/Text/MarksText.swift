import KeepAlive

/// Frame numbers and marks, one line per frame, for comparison with the output of `tshark`.
struct MarksText {
    private let namesFiles: Bool
    /// The frame that may have another marked segment.
    private var pending: (file: String, frame: UInt64, marks: Marks)?

    /// Lines with or without the file name.
    init(namesFiles: Bool) {
        self.namesFiles = namesFiles
    }

    /// Adds the `marks` of a segment of frame `frame`, and appends the previous frame.
    mutating func append(_ marks: Marks, frame: UInt64, file: String, to text: inout TextBuffer) {
        if pending?.frame == frame {
            pending?.marks.formUnion(marks)
        } else {
            flush(to: &text)
            pending = (file, frame, marks)
        }
    }

    /// Appends the last frame.
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
