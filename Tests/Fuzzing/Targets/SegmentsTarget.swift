import Wire

@testable import KeepAlive

/// Segments to marks: the fast path, the full path and the plain model must agree, in every version of Wireshark.
enum SegmentsTarget {
    static func run(_ input: [UInt8]) throws(FuzzFailure) {
        var reader = InputReader(input)
        let choice = reader.byte()
        let version = WiresharkVersion.allCases[Int(choice) % WiresharkVersion.allCases.count]
        var grammar = SegmentGrammar(reader)
        let segments = grammar.all()
        let isLight = choice & 0x80 != 0
        let events = try TrackerComparison.compare(segments, version, isLight: isLight)
        // A light capture lacks segments, so its marks are others.
        if !isLight { try compareWithModel(segments, events, version) }
    }

    private static func compareWithModel(
        _ segments: [Segment], _ events: [SegmentEvent], _ version: WiresharkVersion
    ) throws(FuzzFailure) {
        var marks = [Marks](repeating: [], count: segments.count)
        for event in events { marks[Int(event.segment.record)] = event.marks }
        var model = WiresharkModel(version: version)
        for (index, segment) in segments.enumerated() {
            let expected: Marks =
                switch model.mark(segment) {
                case .keepAlive: .keepAlive
                case .keepAliveAck: .keepAliveAck
                case .zeroWindowProbe: .zeroWindowProbe
                case nil: []
                }
            try check(
                marks[index] == expected,
                "segment \(index + 1) of \(segments.count) has the marks \(names(marks[index])), and in the model of "
                    + "Wireshark \(version.name) \(names(expected)): \(segment)")
        }
    }

    private static func names(_ marks: Marks) -> [String] {
        Marks.named.filter { marks.contains($0.mark) }.map(\.name)
    }
}
