import Testing
import Wire

@testable import KeepAlive

extension ConnectionTracker {
    /// The probe that a complete pass over the connections expects next.
    borrowing func nextProbe(after time: Int64) -> ExpectedProbe? {
        var forecast = ProbeForecast()
        forecast.advance(over: self, at: time)
        return forecast.next
    }
}

@Suite("Forecast of the next probe")
struct ProbeForecastTests {
    /// A tracker of `count` connections, each probed twice, 10 s apart; connection n is 1 ms later than connection n - 1.
    private static func probed(_ count: Int, isVersion6: Bool) -> ConnectionTracker {
        var tracker = ConnectionTracker(seed: 1)
        var events: [SegmentEvent] = []
        func end(_ number: Int, _ port: UInt16) -> Endpoint {
            Endpoint(isVersion6 ? IPAddress(v6: 1, UInt64(number)) : IPAddress(v4: UInt32(number)), port)
        }
        var batch = SegmentBatch()
        for number in 0..<count {
            let (client, server) = (end(number + 2, 40000), end(1, 443))
            func add(_ seconds: Int64, fromServer: Bool, _ sequence: UInt32, _ acknowledgment: UInt32) {
                var segment = Segment(
                    time: seconds * 1_000_000_000 + Int64(number) * 1_000_000, source: fromServer ? server : client,
                    destination: fromServer ? client : server)
                segment.sequence = SequenceNumber(sequence)
                segment.acknowledgment = SequenceNumber(acknowledgment)
                (segment.flags, segment.window) = (.ack, 500)
                batch.append(segment)
            }
            add(0, fromServer: false, 1000, 5000)
            add(0, fromServer: true, 5000, 1000)
            for seconds in [60, 70] as [Int64] {
                add(seconds, fromServer: false, 999, 5000)
                add(seconds, fromServer: true, 5000, 1000)
            }
        }
        tracker.track(batch, events: &events)
        return tracker
    }

    @Test(
        "One call describes a limited number of connections, and a pass over all finds the soonest probe",
        arguments: [false, true])
    func isBounded(isVersion6: Bool) {
        let count = 3 * ProbeForecast.describedLimit + 17
        let tracker = Self.probed(count, isVersion6: isVersion6)
        var forecast = ProbeForecast()
        let now: Int64 = 75_000_000_000
        for _ in 0..<3 {
            #expect(forecast.advance(over: tracker, at: now) == ProbeForecast.describedLimit)
            #expect(forecast.next == nil, "the pass is not complete")
        }
        #expect(forecast.advance(over: tracker, at: now) == 17)
        #expect(forecast.next?.time == 80_000_000_000 && forecast.next?.prober.port == 40000)
        // By the next call that probe is overdue: it is no longer expected.
        forecast.advance(over: tracker, at: 80_000_000_001)
        #expect(forecast.next == nil)
    }
}
