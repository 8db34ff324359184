import Testing

@testable import Sockets

/// Settings from the keep-alive timer.
@Suite("Settings from timers")
struct TimerReadingTests {
    private static func reading(idle: Int? = nil, interval: Int? = nil, either: Int? = nil) -> TimerReading {
        var reading = TimerReading()
        (reading.idle, reading.interval, reading.idleOrInterval) = (idle, interval, either)
        return reading
    }

    @Test(
        "One look reads a setting if it is certain, and otherwise none",
        arguments: [
            // Nothing was received since the handshake.
            (HostSocket.sample(expires: 59_000, heard: 1000), reading(idle: 60)),
            (.sample(expires: 59_012, heard: 1000), reading(idle: 60)),
            (.sample(expires: 59_016, heard: 1000), reading()),
            (.sample(expires: 58_996, heard: 1000), reading()),
            (.sample(expires: 1, heard: 999, state: .closeWait), reading(idle: 1)),
            // It is due, and was due before.
            (.sample(expires: 0, heard: 60_000), reading()),
            // A segment may have come after the timer was armed.
            (.sample(expires: 50_000, heard: 1000, received: 10), reading()),
            (.sample(expires: 50_000, heard: 1000, data: 9000, sent: 1000, received: 10), reading()),
            (.sample(expires: 50_000, heard: 1000, data: 9000, sent: 2100, received: 10), reading()),
            // The last segment answers a probe: the timer was armed for the interval, or after it for the idle time. A window
            // update looks the same, so a sum that is not of whole seconds is neither.
            (.sample(expires: 50_000, heard: 10_000, data: 90_000), reading(either: 60)),
            (.sample(expires: 50_004, heard: 9992, data: 90_000, received: 10), reading(either: 60)),
            (.sample(expires: 50_004, heard: 9960, data: 90_000), reading()),
            (.sample(expires: 14_100, heard: 900, data: 90_000), reading(either: 15)),
            (.sample(expires: 4_950, heard: 10_000, data: 90_000, roundTrip: 50_000), reading()),
            (.sample(expires: 5_000, heard: 10_000, data: 90_000, roundTrip: 50_000), reading(either: 15)),
            // The last segment may be the FIN.
            (.sample(expires: 54_000, heard: 1000, data: 6000, received: 1, state: .closeWait), reading()),
            (.sample(expires: 53_000, heard: 2000, data: 7000, received: 20, state: .closeWait), reading()),
            // Probes are unanswered, or another timer runs.
            (.sample(expires: 5_000, heard: 70_000, data: 90_000, unanswered: 1), reading()),
            (.sample(expires: 5_000, heard: 10_000, timer: .retransmission), reading()),
            (.sample(expires: 5_000, heard: 10_000, timer: nil), reading()),
            (.sample(expires: 5_000, heard: 10_000, state: .finWait2), reading()),
        ])
    func oneLook(socket: HostSocket, expected: TimerReading) {
        var reading = TimerReading(socket)
        reading.silence = nil
        #expect(reading == expected)
    }

    @Test("No probe leaves before the time that the timer leaves to it, whatever the settings are")
    func silence() {
        #expect(TimerReading(.sample(expires: 50_000, heard: 1234, received: 10)).silence == 51_234)
        #expect(TimerReading(.sample(expires: 0, heard: 1234)).silence == nil)
        #expect(TimerReading(.sample(expires: 50_000, heard: 1234, unanswered: 2)).silence == nil)
    }

    /// What a reader knows after looks at `sockets`.
    private static func look(_ sockets: HostSocket...) -> TimerReading {
        var reader = TimerReader()
        var reading = TimerReading()
        for socket in sockets {
            reader.beginLook()
            reading = reader.read(socket)
        }
        reading.silence = nil
        return reading
    }

    @Test("A timer that fired without a probe was armed again for the idle time")
    func firedWithoutProbe() {
        // Data came 10 s after the timer was armed for 60 s.
        let first = HostSocket.sample(expires: 500, heard: 49_500, received: 10)
        let second = HostSocket.sample(
            expires: 9500, heard: 50_500, received: 10, at: HostSocket.start + .seconds(1))
        #expect(Self.look(first) == Self.reading())
        #expect(Self.look(first, second) == Self.reading(idle: 60))
        // Without firing, nothing is learned: the sum is a coincidence.
        let same = HostSocket.sample(
            expires: 300, heard: 49_700, received: 10, at: HostSocket.start + .milliseconds(200))
        #expect(Self.look(first, same) == Self.reading())
    }

    @Test("An answered probe shows the interval, and what was known stays known")
    func answeredProbe() {
        let first = HostSocket.sample(expires: 100, heard: 59_900, received: 10)
        let second = HostSocket.sample(
            expires: 14_300, heard: 700, data: 60_900, received: 10, at: HostSocket.start + .seconds(1))
        let third = HostSocket.sample(
            expires: 44_000, heard: 16_000, data: 76_200, received: 10, at: HostSocket.start + .milliseconds(16_300))
        #expect(Self.look(first, second) == Self.reading(interval: 15))
        #expect(Self.look(first, second, third) == Self.reading(idle: 60, interval: 15))
        let data = HostSocket.sample(expires: 14_300, heard: 700, received: 20, at: HostSocket.start + .seconds(1))
        #expect(Self.look(first, data) == Self.reading())
    }

    @Test("Unanswered probes narrow the interval down to one number of seconds")
    func unansweredProbes() {
        let first = HostSocket.sample(expires: 100, heard: 59_900, received: 10)
        let second = HostSocket.sample(
            expires: 14_400, heard: 60_900, received: 10, unanswered: 1, at: HostSocket.start + .seconds(1))
        #expect(Self.look(first, second) == Self.reading(interval: 15))
        // The looks are too far from each other.
        let late = HostSocket.sample(
            expires: 11_400, heard: 63_900, received: 10, unanswered: 1, at: HostSocket.start + .seconds(4))
        #expect(Self.look(first, late) == Self.reading())
    }

    @Test("A program that sets another idle time, or enables keep-alive late, is not misread")
    func changes() {
        let first = HostSocket.sample(expires: 59_000, heard: 1000)
        let shorter = HostSocket.sample(expires: 28_000, heard: 2000, at: HostSocket.start + .seconds(1))
        let later = HostSocket.sample(expires: 27_000, heard: 3000, received: 10, at: HostSocket.start + .seconds(2))
        #expect(Self.look(first, shorter) == Self.reading(idle: 30))
        #expect(Self.look(first, shorter, later) == Self.reading(idle: 30))
        let off = HostSocket.sample(expires: 0, heard: 1000, timer: nil)
        // Enabled with 60 s, two seconds after the handshake.
        let late = HostSocket.sample(expires: 59_500, heard: 2500, at: HostSocket.start + .milliseconds(1500))
        let due = HostSocket.sample(expires: 100, heard: 61_900, at: HostSocket.start + .milliseconds(60_900))
        #expect(Self.look(late) == Self.reading(idle: 62), "the known exception")
        #expect(Self.look(off, late) == Self.reading())
        #expect(Self.look(off, late, due) == Self.reading())
        // Data comes, and the timer fires before 60 s of silence.
        let fired = HostSocket.sample(
            expires: 58_900, heard: 1100, received: 10, at: HostSocket.start + .milliseconds(61_200))
        let again = HostSocket.sample(
            expires: 59_000, heard: 1000, received: 10, at: HostSocket.start + .milliseconds(61_100))
        #expect(Self.look(off, again, fired) == Self.reading())
    }

    @Test("An idle time that the program raises replaces the one that was read")
    func raised() {
        let first = HostSocket.sample(expires: 56_700, heard: 3300)
        let raised = HostSocket.sample(
            expires: 599_500, heard: 500, received: 10, at: HostSocket.start + .seconds(1))
        #expect(Self.look(first) == Self.reading(idle: 60))
        #expect(Self.look(first, raised) == Self.reading())
        // Nothing was received since the old timer was armed.
        let silent = HostSocket.sample(expires: 595_700, heard: 4300, at: HostSocket.start + .seconds(1))
        #expect(Self.look(first, silent) == Self.reading(idle: 600))
    }

    @Test("A window update answers no probe: the timer did not fire")
    func windowUpdate() {
        let first = HostSocket.sample(expires: 54_000, heard: 6000, received: 10)
        let update = HostSocket.sample(
            expires: 53_000, heard: 1, data: 7000, received: 10, at: HostSocket.start + .seconds(1))
        let later = HostSocket.sample(
            expires: 52_000, heard: 1001, data: 8000, received: 10, at: HostSocket.start + .seconds(2))
        #expect(Self.look(update) == Self.reading(either: 53), "one look does not see it")
        #expect(Self.look(first, update) == Self.reading())
        #expect(Self.look(first, update, later) == Self.reading())
        // The answer to a probe that was still unanswered is no window update.
        let probe = HostSocket.sample(expires: 14_950, heard: 60_050, data: 60_050, received: 10, unanswered: 1)
        let answered = HostSocket.sample(
            expires: 13_950, heard: 1050, data: 61_050, received: 10, at: HostSocket.start + .seconds(1))
        #expect(Self.look(probe, answered) == Self.reading(either: 15))
    }

    @Test("Looks whose time is not exact say nothing about when the timer fired", arguments: [0, 1])
    func inexact(index: Int) {
        // The second look seems to be 0.5 s later than it was, or the first, and the timer to be set anew.
        for shift in [Duration.milliseconds(500), .milliseconds(-500)] {
            var looks = [
                HostSocket.sample(expires: 55_000, heard: 4000, received: 10),
                HostSocket.sample(
                    expires: 54_000, heard: 5000, received: 10, at: HostSocket.start + .seconds(1) + shift),
            ]
            #expect(Self.look(looks[0], looks[1]).idle == (shift < .zero ? 59 : nil), "with exact times")
            looks[index].isTimeExact = false
            #expect(Self.look(looks[0], looks[1]) == Self.reading())
        }
    }

    @Test("Repeated looks know for how long the peer has closed")
    func inCloseWait() {
        var reader = TimerReader()
        for (second, state, expected) in [
            (0, SocketState.established, 0), (1, .closeWait, 0), (61, .closeWait, 60_000),
        ] {
            reader.beginLook()
            let socket = HostSocket.sample(
                expires: 9000, heard: 1000, data: 90_000, received: 20, state: state,
                at: HostSocket.start + .seconds(second))
            #expect(reader.read(socket).inCloseWait == expected)
        }
    }

    @Test("A socket that is not seen in a look is forgotten")
    func forgotten() {
        var reader = TimerReader()
        reader.beginLook()
        _ = reader.read(.sample(expires: 500, heard: 49_500, received: 10))
        reader.beginLook()
        reader.beginLook()
        let again = HostSocket.sample(
            expires: 9500, heard: 50_500, received: 10, at: HostSocket.start + .seconds(1))
        #expect(reader.read(again).idle == nil)
    }
}
