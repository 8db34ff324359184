import KeepAlive

/// Coordinates and labels of times and durations, for all drawings of the page.
///
/// A drawing is as wide as the page allows: x coordinates are percentages, y coordinates and text have a fixed size. The page
/// hides labels of the class `wide` on a narrow screen.
enum Drawing {
    /// The smallest width of a drawing (px): on a narrow screen, and on any other or on paper.
    static let (narrow, wide) = (240.0, 560.0)

    /// A linear map from nanoseconds to percentages of the width.
    struct Scale {
        private let origin: Int64
        private let perNanosecond: Double

        /// Maps `range` (ns) to the whole width.
        init(_ range: ClosedRange<Int64>) {
            origin = range.lowerBound
            perNanosecond = 100 / max(1, Double(range.upperBound) - Double(range.lowerBound))
        }

        /// The coordinate of `nanoseconds`. Times outside the range, as after a clock was set back, are at the edge.
        func x(_ nanoseconds: Int64) -> Double {
            min(100, max(0, (Double(nanoseconds) - Double(origin)) * perNanosecond))
        }
    }

    /// `coordinate` to a tenth.
    static func text(_ coordinate: Double) -> String {
        let tenths = Int((coordinate * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths.magnitude % 10)"
    }

    /// `coordinate`, from 0 to 100, as a percentage to a hundredth.
    static func percent(_ coordinate: Double) -> String {
        let hundredths = Int((coordinate * 100).rounded())
        let (whole, rest) = (hundredths / 100, hundredths % 100)
        return rest == 0 ? "\(whole)%" : rest < 10 ? "\(whole).0\(rest)%" : "\(whole).\(rest)%"
    }

    /// The approximate width of `label` (px).
    static func width(of label: String) -> Double { Double(label.unicodeScalars.count) * 7 }

    /// A duration in seconds to the millisecond.
    static func precise(_ nanoseconds: Int64) -> String {
        TextBuffer.string { $0.append(preciseDuration: nanoseconds) }
    }

    /// A duration in seconds without trailing zeros: `15.104 s`, `60 s`.
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

    /// The ticks of an axis of length `duration` (ns): offsets from its start (ns), and labels.
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
    /// The name in drawings.
    var drawingText: String {
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
        case .ownReset: "RST of this end"
        case .refusableReset: "RST with an unexpected sequence number"
        case .challenge: "challenge ACK"
        case .icmpError: "ICMP error"
        }
    }

    /// The identifier of the shape in the page. Some kinds share a shape.
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
