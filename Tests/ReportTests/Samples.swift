import Wire

@testable import KeepAlive
@testable import Report

/// Connections and findings to print.
enum Samples {
    static let second: Int64 = 1_000_000_000
    static let client = Endpoint(IPAddress(v4: 0xC000_020A), 40000)
    static let server = Endpoint(IPAddress(v6: 0x2001_0DB8_0000_0000, 1), 443)

    /// A diagnosis of connection `number`, which has no segments.
    static func diagnosis(
        _ number: UInt64 = 3, from originator: Endpoint = client, to responder: Endpoint = server
    ) -> Diagnosis {
        Diagnosis(
            of: Connection(
                number: number, originator: originator, responder: responder, handshakeSeen: true, firstTime: 0,
                lastTime: 1_000_000_000, ending: .open))
    }

    /// A finding with `frames`, each the index of a file and the number of a frame.
    static func finding(
        _ verdict: Verdict, _ confidence: Confidence = .medium, frames: [(UInt32, UInt64)] = []
    ) -> Finding {
        var finding = Finding(verdict, confidence, .originator)
        for (file, frame) in frames { finding.frames.append(FrameReference(file: file, frame: frame)) }
        return finding
    }

    /// The text that `write` appends.
    static func text(_ write: (inout TextBuffer) -> Void) -> String {
        TextBuffer.string(write)
    }
}
