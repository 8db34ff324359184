// Explains a connection whose segments it makes itself: a client probes a server that is gone, and gives up.
import Analysis
import Report
import Wire

let client = Endpoint(IPAddress(v4: 0xC000_0201), 40000)
let server = Endpoint(IPAddress(v4: 0xC633_6414), 443)

func sent(at second: Int64, _ flags: TCPFlags, _ sequence: UInt32, _ acknowledgment: UInt32) -> Segment {
    Segment(
        time: second * 1_000_000_000, from: client, to: server, flags, sequence: sequence,
        acknowledgment: acknowledgment)
}

var segments = [sent(at: 0, .syn, 999, 0)]
segments.append(Segment(time: 1_000_000, from: server, to: client, [.syn, .ack], sequence: 4999, acknowledgment: 1000))
segments.append(sent(at: 1, .ack, 1000, 5000))
for second in [60, 75, 90, 105] as [Int64] { segments.append(sent(at: second, .ack, 999, 5000)) }
segments.append(sent(at: 120, [.rst, .ack], 1000, 5000))

var analyzer = KeepAliveAnalyzer()
_ = analyzer.add(segments)
for finding in analyzer.findings { print(finding, finding.advice, separator: "\n") }
