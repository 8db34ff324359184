import KeepAlive

/// What the drawings of a page share: where a time or a duration stands, and how it is labelled.
enum Drawing {
    /// The width of every drawing, in the units of its view box.
    static let width = 720.0

    /// A row of nanoseconds laid onto a row of places.
    struct Scale {
        private let origin: Int64
        private let left: Double
        private let right: Double
        private let perNanosecond: Double

        /// `range` (ns) from place `left` to place `right`.
        init(_ range: ClosedRange<Int64>, from left: Double, to right: Double) {
            origin = range.lowerBound
            (self.left, self.right) = (left, right)
            perNanosecond = (right - left) / max(1, Double(range.upperBound) - Double(range.lowerBound))
        }

        /// The place of `nanoseconds`; what lies outside, as after a clock was set back, stands at the edge.
        func place(_ nanoseconds: Int64) -> Double {
            min(right, max(left, left + (Double(nanoseconds) - Double(origin)) * perNanosecond))
        }
    }

    /// `place` to a tenth.
    static func text(_ place: Double) -> String {
        let tenths = Int((place * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths.magnitude % 10)"
    }

    /// `nanoseconds` as words of `append`.
    static func words(_ nanoseconds: Int64, _ append: (inout TextBuffer, Int64) -> Void) -> String {
        var text = TextBuffer()
        append(&text, nanoseconds)
        return text.string
    }

    /// A duration in seconds to the millisecond.
    static func precise(_ nanoseconds: Int64) -> String {
        words(nanoseconds) { $0.append(preciseDuration: $1) }
    }

    /// A duration in seconds without zeros at its end: `15.104 s`, `60 s`.
    static func seconds(_ nanoseconds: Int64) -> String {
        var text = precise(nanoseconds).dropLast(2)
        while text.hasSuffix("0") { text = text.dropLast() }
        return (text.hasSuffix(".") ? text.dropLast() : text) + " s"
    }

    // MARK: Ticks of a time axis

    private static let second: Int64 = 1_000_000_000
    private static let steps: [Int64] =
        [1, 2, 5, 10, 20, 50, 100, 200, 500].map { $0 * 1_000_000 }
        + [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200].map { $0 * second }
        + [1, 2, 5, 10, 30, 100, 400, 1000, 4000, 10_000].map { $0 * 86_400 * second }

    /// The places, in nanoseconds from its start, of the ticks of an axis that is `duration` long, and their labels.
    static func ticks(_ duration: Int64) -> [(offset: Int64, label: String)] {
        guard duration > 0, let step = steps.first(where: { duration / $0 <= 8 }), duration / step <= 100 else {
            return [(0, "0")]
        }
        return stride(from: 0, through: duration, by: Int64.Stride(step)).map { ($0, label($0, step)) }
    }

    private static func label(_ offset: Int64, _ step: Int64) -> String {
        if offset == 0 { return "0" }
        return switch step {
        case ..<second: "\(offset / 1_000_000) ms"
        case ..<(60 * second): "\(offset / second) s"
        case ..<(3600 * second): "\(offset / (60 * second)) min"
        case ..<(86_400 * second): "\(offset / (3600 * second)) h"
        default: "\(offset / (86_400 * second)) d"
        }
    }
}

extension SegmentKind {
    /// What it is, for people who read a drawing.
    var words: String {
        switch self {
        case .probe: "keep-alive probe"
        case .answer: "answer"
        case .zeroWindowProbe: "zero-window probe"
        case .zeroWindowAnswer: "answer to a zero-window probe"
        case .retransmission: "retransmission of one byte"
        case .acknowledgment: "unrelated ACK"
        case .middleboxProbe: "probe of a middlebox"
        case .data: "one byte of data"
        case .abortReset: "RST: gave up"
        case .peerReset: "RST of the peer"
        case .pathReset: "RST of the path"
        case .ownReset: "RST of the end itself"
        case .refusableReset: "RST out of order"
        case .challenge: "challenge ACK"
        case .icmpError: "ICMP error"
        }
    }

    /// Its shape, by the identifier in the page; RSTs of the ends share theirs.
    var shape: String {
        switch self {
        case .probe: "probe"
        case .answer: "answer"
        case .zeroWindowProbe: "zero-window-probe"
        case .zeroWindowAnswer: "zero-window-answer"
        case .retransmission: "retransmission"
        case .acknowledgment: "acknowledgment"
        case .middleboxProbe: "middlebox-probe"
        case .data: "retransmission"
        case .challenge: "acknowledgment"
        case .abortReset, .peerReset, .ownReset, .refusableReset: "reset"
        case .pathReset: "path-reset"
        case .icmpError: "icmp-error"
        }
    }
}
