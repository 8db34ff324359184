import Sockets
import Testing

@Suite("The idle time of a connection, by a simulated clock")
struct PathIdleClockTests {
    private static let begin = ContinuousClock.now

    private static func at(_ seconds: Double) -> ContinuousClock.Instant { begin + .seconds(seconds) }

    /// A look at `seconds` after the beginning: whether data came, and all segments so far.
    private typealias Look = (seconds: Double, data: Bool, segments: UInt32?)

    private static func clock(planned: Double, _ looks: [Look]) -> IdleClock {
        var clock = IdleClock(planned: .seconds(planned), segments: 1, at: begin)
        for look in looks { clock.look(receivedData: look.data, segments: look.segments, at: at(look.seconds)) }
        return clock
    }

    @Test("Without a segment, the idle time is that since the connection began")
    func idle() {
        let clock = Self.clock(planned: 60, [(20, false, 1), (59, false, 1)])
        #expect(!clock.isOver(at: Self.at(59.9)) && clock.isOver(at: Self.at(60)) && clock.activity == nil)
        #expect(clock.idle(closedAt: Self.at(59.5)) == .seconds(59.5))
    }

    @Test("A keep-alive, which only the count of segments shows, begins the idle time again")
    func keepAlive() {
        let clock = Self.clock(planned: 60, [(20, false, 1), (50, false, 2), (60, false, 2)])
        #expect(!clock.isOver(at: Self.at(109)) && clock.isOver(at: Self.at(110)) && clock.activity == nil)
    }

    @Test("Keep-alives or data that come again and again are reported with their interval", arguments: [false, true])
    func regular(isData: Bool) {
        var looks: [Look] = [(75, isData, 2), (150, isData, 3)]
        #expect(Self.clock(planned: 100, looks).activity == nil)
        looks.append((225, isData, 4))
        let expected = PeerActivity(isData ? .data : .keepAlives, every: .seconds(75))
        #expect(Self.clock(planned: 100, looks).activity == expected)
        // Some systems do not count segments: data is seen nevertheless.
        let uncounted = Self.clock(planned: 100, looks.map { ($0.seconds, $0.data, nil) })
        #expect(uncounted.activity == (isData ? expected : nil))
    }

    @Test("A greeting in pieces is no regular data")
    func greeting() {
        let clock = Self.clock(
            planned: 60, [(0.1, true, 2), (0.2, true, 3), (0.3, true, 4), (0.8, true, 5), (1.5, true, 6)])
        #expect(clock.activity == nil && clock.start == Self.at(1.5) && !clock.isOver(at: Self.at(61)))
    }

    @Test("A server that never stops sending is noticed within seconds")
    func continual() {
        let looks = (1...400).map { (Double($0) / 100, true, UInt32($0)) as Look }
        #expect(Self.clock(planned: 60, looks).activity == PeerActivity(.data, every: .seconds(1)))
    }

    @Test("A count that wraps is a new segment")
    func wraps() {
        var clock = IdleClock(planned: .seconds(60), segments: .max, at: Self.begin)
        clock.look(receivedData: false, segments: 0, at: Self.at(10))
        #expect(clock.start == Self.at(10))
    }

    @Test("A farewell just before the end is no use of the connection")
    func farewell() {
        #expect(Self.clock(planned: 60, [(30, true, 2)]).idle(closedAt: Self.at(30.1)) == .seconds(30))
        #expect(Self.clock(planned: 60, [(0.25, true, 2)]).idle(closedAt: Self.at(10.25)) == .seconds(10))
        // A reason for the refusal, and the end.
        #expect(Self.clock(planned: 60, [(0.25, true, 2)]).idle(closedAt: Self.at(0.25)) == .seconds(0.25))
    }
}
