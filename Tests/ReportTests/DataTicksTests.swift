import KeepAlive
import Testing
import Wire

@testable import Report

@Suite("Data ticks")
struct DataTicksTests {
    /// Sequences of times.
    enum Times: CaseIterable {
        case dense, sparse, backwards, scattered, farEnds, doublingDown, doublingUp

        func time(_ index: Int64) -> Int64 {
            switch self {
            case .dense: index
            case .sparse: index * 1_000_000_000
            case .backwards: -index * 7_000_000_000
            case .scattered: index &* 6_364_136_223_846_793_005
            case .farEnds: index % 2 == 0 ? .min : .max
            case .doublingDown: .min >> (index % 64)
            case .doublingUp: .max >> (63 - index % 64)
            }
        }
    }

    private static let first = Endpoint(IPAddress(v4: 1), 1)
    private static let second = Endpoint(IPAddress(v4: 2), 2)

    /// Segments at `times`, in one connection or each in its own.
    private static func ticks(
        _ times: [Int64], connections: UInt64 = 1, limit: Int = 48, bound: Int = 400_000
    ) -> DataTicks {
        var ticks = DataTicks(limit: limit, bound: bound)
        for (index, time) in times.enumerated() {
            var batch = SegmentBatch()
            var segment = Segment(time: time, source: first, destination: second)
            segment.payloadLength = 10
            batch.append(segment)
            ticks.take(batch, [SegmentOrigin(connection: UInt64(index) % connections, side: 0)], [])
        }
        return ticks
    }

    private static func row(_ times: [Int64], limit: Int = 48) -> DataTicks.Row? {
        ticks(times, limit: limit).ends(of: 0)?.row(of: first)
    }

    @Test("A few segments have one tick each, at their times")
    func few() {
        let times: [Int64] = [0, 1_000_000_000, 60_000_000_000, 3_600_000_000_000]
        #expect(Self.row(times)?.ticks == times.map { DataTicks.Tick(first: $0, last: $0, count: 1) })
    }

    @Test(
        "The ticks of any segments are few, count all of them, and cover the first to the last time",
        arguments: Times.allCases, [4, 48])
    func many(times: Times, limit: Int) throws {
        let times = (0..<2000).map(times.time)
        let row = try #require(Self.row(times, limit: limit))
        #expect(row.ticks.count <= limit && row.count == UInt64(times.count))
        #expect(row.ticks.map(\.count).reduce(0, +) == UInt64(times.count))
        #expect(row.ticks.map(\.first).min() == times.min() && row.ticks.map(\.last).max() == times.max())
        #expect(row.ticks.allSatisfy { $0.first <= $0.last })
    }

    @Test("Only ticks near each other are merged")
    func apart() throws {
        let second: Int64 = 1_000_000_000
        // A burst, and an hour later one segment.
        let row = try #require(Self.row((0..<1000).map { $0 * second / 100 } + [3600 * second]))
        let last = try #require(row.ticks.max { $0.first < $1.first })
        #expect(last == DataTicks.Tick(first: 3600 * second, last: 3600 * second, count: 1))
        #expect(row.ticks.count > 12 && row.ticks.allSatisfy { $0.last - $0.first < second })
    }

    @Test("The number of ticks is bounded for any number of connections", arguments: [1, 4, 8, 9, 40] as [UInt64])
    func bounded(connections: UInt64) {
        let times = (0..<3960).map { Int64($0) * 1_000_000_000 }
        let ticks = Self.ticks(times, connections: connections, bound: 64)
        let rows = (0..<connections).compactMap { ticks.ends(of: $0)?.row(of: Self.first) }
        #expect(rows.count == min(Int(connections), 8) && ticks.isFull == (connections > 8))
        #expect(rows.map(\.ticks.count).reduce(0, +) <= 64)
        #expect(rows.allSatisfy { $0.count == 3960 / connections })
    }

    @Test("Each end has its own ticks, SYN and FIN; empty, quoted and unassigned segments and events have none")
    func kinds() throws {
        var ticks = DataTicks()
        var batch = SegmentBatch()
        func append(_ time: Int64, from side: Int, _ flags: TCPFlags, _ length: UInt32, role: Segment.Role = .whole) {
            var segment = Segment(
                time: time, source: side == 0 ? Self.first : Self.second,
                destination: side == 0 ? Self.second : Self.first)
            (segment.flags, segment.payloadLength, segment.role) = (flags, length, role)
            segment.record = UInt32(batch.segments.count)
            batch.append(segment)
        }
        append(1, from: 1, .syn, 0)
        append(2, from: 1, .syn, 0)
        append(3, from: 0, [.syn, .ack], 0)
        append(4, from: 1, .ack, 0)
        append(5, from: 1, [.ack, .fin], 10)
        append(6, from: 0, .ack, 1)
        append(7, from: 0, .ack, 10, role: .quoted)
        append(8, from: 0, .ack, 10)
        let origins: [SegmentOrigin?] = batch.segments.map {
            SegmentOrigin(connection: 7, side: $0.source == Self.first ? 0 : 1)
        }
        let probe = SegmentEvent(segment: batch.segments[5], marks: .keepAlive, kind: .probe, connection: 7)
        ticks.take(batch, origins.dropLast() + [nil], [probe])
        let ends = try #require(ticks.ends(of: 7))
        let (first, second) = (ends.row(of: Self.first), ends.row(of: Self.second))
        #expect(first.count == 0 && first.opened == 3 && first.closed == nil)
        #expect(second.ticks.map(\.first) == [5] && second.opened == 1 && second.closed == 5)
    }
}
