/// A part of the program that libFuzzer calls with arbitrary bytes (`make fuzz`), and `make test` with every committed input.
///
/// A target traps, does not end, or throws if the program has a fault. It has no state: the same bytes always do the same.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// A capture file, to reports in every format.
    case file
    /// Packets of one link type, to segments and to connections; the fast paths must agree with the general ones.
    case frame
    /// Segments of a few connections: the marks must be those of a second, plain model of Wireshark's rules.
    case segments
    /// Random stories with faults, and segments in any order: findings must be consistent and must render.
    case diagnosis
    /// Replies of the kernel: sock_diag, error queues, ICMP, counters.
    case netlink
    /// Compressed streams: decoded in pieces they must give what they give in one.
    case compressed
    /// Messages between the processes of `watch` and of `top`.
    case messages

    /// Runs the target with `input`. Throws if a result is wrong.
    package func run(_ input: [UInt8]) throws(FuzzFailure) {
        switch self {
        case .file: try FileTarget.run(input)
        case .frame: try FrameTarget.run(input)
        case .segments: try SegmentsTarget.run(input)
        case .diagnosis: try DiagnosisTarget.run(input)
        case .netlink: try NetlinkTarget.run(input)
        case .compressed: try CompressedTarget.run(input)
        case .messages: try MessagesTarget.run(input)
        }
    }
}

/// What is wrong with a result.
package struct FuzzFailure: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Throws `description` unless `condition` holds.
func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(FuzzFailure) {
    if !condition { throw FuzzFailure(description()) }
}
