import Testing
import Wire

@testable import FuzzTargets

/// Tests of the checks in the fuzz targets: one that accepts everything would find nothing.
@Suite("Checks of the fuzz targets")
struct OracleTests {
    private static let ends = (Endpoint(IPAddress(v4: 1), 1), Endpoint(IPAddress(v4: 2), 2))

    private static func segment(
        _ isFirst: Bool, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgment: UInt32, length: UInt32 = 0,
        window: UInt16 = 500
    ) -> Segment {
        Segment(
            time: 0, from: isFirst ? ends.0 : ends.1, to: isFirst ? ends.1 : ends.0, flags, sequence: sequence,
            acknowledgment: acknowledgment, payloadLength: length, window: window)
    }

    @Test(
        "The model of Wireshark marks a keep-alive, its answer and a zero-window probe",
        arguments: WiresharkVersion.allCases)
    func model(_ version: WiresharkVersion) {
        var model = WiresharkModel(version: version)
        let conversation: [(Segment, WiresharkModel.Mark?)] = [
            (Self.segment(true, .syn, 999, 0), nil),
            (Self.segment(false, [.syn, .ack], 4999, 1000), nil),
            (Self.segment(true, .ack, 1000, 5000, length: 100), nil),
            (Self.segment(false, .ack, 5000, 1100), nil),
            (Self.segment(true, .ack, 1099, 5000), .keepAlive),
            (Self.segment(false, .ack, 5000, 1100), .keepAliveAck),
            (Self.segment(false, .ack, 5000, 1100, window: 0), nil),
            (Self.segment(true, .ack, 1100, 5000, length: 1), .zeroWindowProbe),
        ]
        for (index, (segment, expected)) in conversation.enumerated() {
            #expect(model.mark(segment) == expected, "segment \(index + 1)")
        }
    }

    @Test(
        "A SYN with the number of a connection that was reset begins a new one, except in 4.0",
        arguments: WiresharkVersion.allCases)
    func restart(_ version: WiresharkVersion) {
        var model = WiresharkModel(version: version)
        for segment in [
            Self.segment(true, .syn, 999, 0), Self.segment(false, [.syn, .ack], 4999, 1000),
            Self.segment(true, .ack, 1000, 5000, length: 100), Self.segment(false, .rst, 5000, 0),
            Self.segment(true, .syn, 999, 0),
        ] { _ = model.mark(segment) }
        let probe = Self.segment(true, .ack, version == .v4_0 ? 1099 : 999, 0)
        #expect(model.mark(probe) == .keepAlive)
    }

    @Test(
        "Text that is not JSON is rejected",
        arguments: [
            "", "{", "{}x", "[1,]", "{\"a\"}", "{\"a\":01}", "\"a", "\"\\x\"", "\"\\u12\"", "nil", "[1 2]", "-", "1.",
            "{\"a\":nil}", "\u{1B}[0m", "{\"a\":\"Optional(1)\"}",
        ])
    func notJSON(_ text: String) {
        #expect(throws: FuzzFailure.self) { try TextCheck.checkJSON(Array(text.utf8)) }
    }

    @Test(
        "JSON is accepted",
        arguments: [
            "{}\n", "[]", "[1, -2.5, true, false]", "{\"a\":{\"b\":[\"\\u00e9\\n é\"]}}", "0", "\"manila nilpotent\"",
        ])
    func json(_ text: String) throws {
        try TextCheck.checkJSON(Array(text.utf8))
    }

    @Test("A table whose rows differ in length is rejected", arguments: ["a,b\n1\n", "a,b\n1,\"2\n", "a,b", "", "a\n"])
    func notCSV(_ text: String) {
        #expect(throws: FuzzFailure.self) { try TextCheck.checkCSV(Array(text.utf8)) }
    }

    @Test("A table with quoted cells is accepted")
    func csv() throws {
        try TextCheck.checkCSV(Array("a,b\n1,\"x, \"\"y\"\"\"\n".utf8))
    }

    @Test("The bytes of an input make segments that Wireshark marks")
    func grammar() {
        // A handshake, data, its acknowledgment, a probe, the answer.
        var grammar = SegmentGrammar(
            InputReader([
                0x00, 0x30, 0x00, 0x00, 0x00, 0x48, 0x00, 0x00, 0x00, 0x10, 0x00, 0x06, 0x00, 0x18, 0x00, 0x00, 0x00,
                0x10,
                0x01, 0x00, 0x0A, 0x18, 0x00, 0x00, 0x03,
            ]))
        var model = WiresharkModel(version: .newest)
        let marks = grammar.all().map { model.mark($0) }
        #expect(marks.suffix(2) == [.keepAlive, .keepAliveAck], "\(marks)")
    }
}
