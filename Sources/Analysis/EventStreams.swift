public import Capture
import Dispatch
public import KeepAlive
import Platform
import Synchronization

extension KeepAliveAnalyzer {
    /// The events of the capture at `path`, in order, read on demand.
    ///
    /// `filter` is a BPF expression (pcap-filter(7)); nil: all packets. Each batch of packets blocks the task that reads the
    /// sequence for a moment. Throws if the file cannot be opened; the sequence throws if it cannot be read.
    public static func events(
        inFile path: String, filter: String? = nil, _ settings: AnalysisSettings = AnalysisSettings()
    ) throws(CaptureError) -> AsyncThrowingStream<SegmentEvent, any Error> {
        let reader = try FileReader(path, filter, settings)
        return AsyncThrowingStream { try reader.next() }
    }

    /// The events of the packets that pass on `interfaces` (`any`: on all) from now on.
    ///
    /// `filter` is a BPF expression; nil: all packets. The capture ends when the task that reads the sequence is cancelled
    /// or stops reading, or when an interface is removed. Events wait in memory until they are read. The sequence throws
    /// `CaptureError` if the interfaces cannot be opened.
    public static func events(
        on interfaces: [String], filter: String? = nil, _ settings: AnalysisSettings = AnalysisSettings()
    ) -> AsyncThrowingStream<SegmentEvent, any Error> {
        let (events, continuation) = AsyncThrowingStream.makeStream(of: SegmentEvent.self, throwing: (any Error).self)
        let end = EndFlag()
        continuation.onTermination = { _ in end.set() }
        DispatchQueue.global().async {
            do {
                var liveSettings = LiveSettings()
                liveSettings.filter = filter
                liveSettings.isImmediate = true
                var live = try LiveCapture(on: interfaces, liveSettings)
                var analysis = CaptureAnalysis(settings)
                // Each `advance` waits for packets at most for the timeout of the settings.
                while !live.isOver, !end.isSet {
                    analysis.advance(&live)
                    for event in analysis.events { continuation.yield(event) }
                }
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        return events
    }

    private final class EndFlag: Sendable {
        private let flag = Lock(false)

        var isSet: Bool { flag.withLock { $0 } }

        func set() { flag.withLock { $0 = true } }
    }

    /// Reads a file event by event.
    private final class FileReader: Sendable {
        private struct State: ~Copyable {
            var file: CaptureFile
            var analysis: CaptureAnalysis
            var passed = 0
        }

        private let state: Lock<State>

        init(_ path: String, _ filter: String?, _ settings: AnalysisSettings) throws(CaptureError) {
            state = Lock(
                State(file: try CaptureFile(path: path, filter: filter), analysis: CaptureAnalysis(settings)))
        }

        func next() throws -> SegmentEvent? {
            try state.withLock { state in
                while state.passed == state.analysis.events.count {
                    guard try state.analysis.advance(&state.file) else { return nil }
                    state.passed = 0
                }
                state.passed += 1
                return state.analysis.events[state.passed - 1]
            }
        }
    }
}
