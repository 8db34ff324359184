import Benchmark
import KeepAlive
import Wire

/// Times the stages of the path of a packet separately, in memory.
///
/// The printed microseconds are for a thousand packets or verdicts, so they are nanoseconds for one. The data stays in the
/// cache; `make bench` measures the whole.
let benchmarks: @Sendable () -> Void = {
    // A measurement has a thousand rounds; the printed times are for one.
    let rounds = Benchmark.Configuration(
        metrics: [.wallClock], timeUnits: .microseconds, scalingFactor: .kilo, maxDuration: .seconds(3),
        maxIterations: 200)

    for version in [IPVersion.v4, .v6] {
        Benchmark("decode IP\(version)", configuration: rounds) { benchmark in
            let batch = Frames.batch(packets: 1000, connections: 64, version)
            var decoder = SegmentDecoder()
            var segments = SegmentBatch()
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                segments.removeAll()
                decoder.decode(batch, into: &segments)
            }
            benchmark.stopMeasurement()
            expect(segments.segments.count, 1000, of: benchmark)
        }

        Benchmark("track IP\(version)", configuration: rounds) { benchmark in
            let batch = Frames.batch(packets: 1000, connections: 64, version)
            var decoder = SegmentDecoder()
            var segments = SegmentBatch()
            decoder.decode(batch, into: &segments)
            var tracker = ConnectionTracker(seed: 1)
            var events: [SegmentEvent] = []
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                events.removeAll(keepingCapacity: true)
                tracker.track(segments, events: &events)
            }
            benchmark.stopMeasurement()
            expect(Int(tracker.tally.connections), 64, of: benchmark)
        }
    }

    let once = Benchmark.Configuration(
        metrics: [.wallClock], timeUnits: .microseconds, maxDuration: .seconds(3), maxIterations: 200)
    Benchmark("analyse, a verdict on each of 1,000 connections", configuration: once) { benchmark in
        var tracker = ConnectionTracker(seed: 1)
        var events: [SegmentEvent] = []
        tracker.track(Frames.segments(packets: 8000, connections: 1000, .v4), events: &events)
        var verdicts = 0
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            verdicts += tracker.diagnoses(all: true).count
        }
        benchmark.stopMeasurement()
        expect(verdicts, 1000 * benchmark.scaledIterations.count, of: benchmark)
    }
}

/// Fails if the work was not done, because its time would mean nothing.
private func expect(_ actual: Int, _ expected: Int, of benchmark: Benchmark) {
    if actual != expected { benchmark.error("expected \(expected), actual \(actual)") }
}
