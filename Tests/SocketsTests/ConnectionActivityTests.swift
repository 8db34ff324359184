import Testing

@testable import Sockets

@Suite("What looks at a connection reveal")
struct ConnectionActivityTests {
    /// Looks at a connection, of which one field or another changes in between.
    private struct Script {
        var activity = ConnectionActivity()
        var now = ContinuousClock.now
        var heardAt: ContinuousClock.Instant
        var dataAt: ContinuousClock.Instant
        var received: UInt64 = 0
        var sent: UInt64 = 0
        var acknowledged: UInt64 = 1
        var segments: UInt32 = .max  // The count wraps.
        var backoff = 0
        var isWindowClosed = false
        var state: UInt8 = 1

        init() {
            heardAt = now
            dataAt = now
            look(after: 0)
        }

        mutating func look(after milliseconds: Int) {
            now += .milliseconds(milliseconds)
            let information = ConnectionInformation(
                state: state, unansweredProbes: 0, retransmissions: 0, unacknowledgedSegments: 0,
                sinceDataReceived: dataAt.duration(to: now), sinceAckReceived: heardAt.duration(to: now),
                roundTrip: .zero, bytesAcknowledged: acknowledged, bytesReceived: received,
                sinceDataSent: dataAt.duration(to: now), backoff: backoff, emptySegmentsSent: segments)
            activity.note(
                information, bytesSent: sent, isWindowClosed: isWindowClosed, period: .seconds(1), at: now)
        }

        /// A probe goes out and its answer comes in.
        mutating func answer(after milliseconds: Int) {
            heardAt = now + .milliseconds(milliseconds)
            segments &+= 1
        }
    }

    @Test("Each answer to a probe is counted once, with the time when it came")
    func answers() {
        var script = Script()
        for _ in 1...3 {
            script.look(after: 500)
            script.answer(after: 510)
            script.look(after: 550)
            script.look(after: 10)
        }
        #expect(script.activity.answeredProbes == 3 && script.activity.answeredSinceData == 3)
        #expect(script.activity.lastAnswer == script.heardAt)
        #expect(!script.activity.mayMissAnswers)
    }

    @Test("An acknowledgement that answers nothing of ours is no answer, such as a window update")
    func unasked() {
        var script = Script()
        script.look(after: 900)
        script.heardAt = script.now + .milliseconds(300)
        script.look(after: 400)
        #expect(script.activity.answeredProbes == 0)
    }

    @Test("An answer to a probe of the peer is no answer: the clock goes on")
    func peerProbes() {
        var script = Script()
        for _ in 1...5 {
            script.segments &+= 1
            script.look(after: 900)
        }
        #expect(script.activity.answeredProbes == 0)
    }

    @Test("Data is no answer, and ends the count since data", arguments: [true, false])
    func data(isReceived: Bool) {
        var script = Script()
        script.look(after: 900)
        script.answer(after: 200)
        script.look(after: 800)
        script.look(after: 900)
        #expect(script.activity.answeredSinceData == 1)
        script.heardAt = script.now + .milliseconds(300)
        script.dataAt = script.heardAt
        script.segments &+= 1
        if isReceived {
            script.received = 5
        } else {
            script.sent = 5
            script.acknowledged = 6
        }
        script.look(after: 400)
        #expect(script.activity.answeredProbes == 1 && script.activity.answeredSinceData == 0)
        #expect(script.activity.idleBeforeData == .milliseconds(2900))
    }

    @Test("If looks are further apart than probes, the count is a least one")
    func rareLooks() {
        var script = Script()
        script.answer(after: 3000)
        script.look(after: 3500)
        #expect(script.activity.answeredProbes == 1 && script.activity.mayMissAnswers)
        let next = NextProbe.probe(after: .milliseconds(500), number: 1)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now)
                == "at least 1 probe answered, last 0.5 s ago; next in 0.5 s")
    }

    @Test("While the window is closed, window probes are counted and no keep-alives")
    func window() {
        var script = Script()
        script.isWindowClosed = true
        for probe in 1...3 {
            script.answer(after: 700)
            script.backoff = probe
            script.look(after: 800)
        }
        #expect(script.activity.answeredProbes == 0 && script.activity.windowProbes == 3)
        let next = NextProbe.windowProbe(after: .seconds(2), unanswered: 0)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now)
                == "waiting; the peer's window has been closed for 1.6 s, so no keep-alive probes; 3 window probes, "
                + "next in 2.0 s")
        script.backoff = 15  // No further by the system's limit.
        script.look(after: 100)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now).contains("at least 15 window probes,"))
        script.isWindowClosed = false
        script.backoff = 0
        script.look(after: 100)
        #expect(script.activity.windowClosedSince == nil)
    }

    @Test("What the kernel clears when the connection ends is not taken for news")
    func ended() {
        var script = Script()
        script.isWindowClosed = true
        script.look(after: 100)
        script.isWindowClosed = false
        script.state = 7
        script.look(after: 100)
        #expect(script.activity.windowClosedSince != nil && script.activity.last?.state == 1)
    }

    @Test("The line for an answered probe has the latency only if packets show it")
    func latency() {
        var script = Script()
        script.look(after: 900)
        script.answer(after: 200)
        script.look(after: 700)
        let next = NextProbe.probe(after: .milliseconds(500), number: 1)
        func text(_ reply: Duration?) -> String {
            script.activity.waitingText(next: next, reply: reply, at: script.now)
        }
        #expect(text(nil) == "1 probe answered, last 0.5 s ago; next in 0.5 s")
        #expect(text(.microseconds(21)) == "1 probe answered, last in 0.021 ms, 0.5 s ago; next in 0.5 s")
        #expect(text(.microseconds(9)) == "1 probe answered, last in 0.009 ms, 0.5 s ago; next in 0.5 s")
        #expect(text(.microseconds(420)) == "1 probe answered, last in 0.4 ms, 0.5 s ago; next in 0.5 s")
        let unanswered = NextProbe.probe(after: .milliseconds(200), number: 3)
        #expect(
            script.activity.waitingText(next: unanswered, reply: nil, at: script.now)
                == "waiting; 2 probes unanswered, next in 0.2 s")
    }

    #if os(Linux)
        @Test("The answers of a live peer are counted", arguments: ["127.0.0.1", "::1"])
        func live(host: String) throws {
            var ends = try Loopback(host, options: KeepAliveOptions(idle: 1, interval: 1, count: 3))
            let deadline = Loopback.deadline
            while ends.client.activity.answeredProbes < 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(100))
            }
            #expect(ends.client.activity.answeredProbes == 2)
            let text = ends.client.waitingText()
            #expect(text.contains("2 probes answered, last ") && text.contains(" s ago; next in "), "\(text)")
            #expect(ends.client.endContext().stateText.contains("2 probes."))
        }

        @Test("A FIN does not end the count since data")
        func closed() throws {
            var ends = try Loopback(options: KeepAliveOptions(idle: 1, interval: 1, count: 3))
            let deadline = Loopback.deadline
            while ends.client.activity.answeredProbes < 1, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(100))
            }
            ends.listener.close(ends.number)
            let (pieces, cause) = try ends.readToEnd()
            #expect(pieces.isEmpty && cause == .closedByPeer)
            let known = ends.client.endContext()
            #expect(known.answeredSinceData == known.answeredProbes && known.answeredProbes >= 1)
            let idle = try #require(known.idle)
            #expect(idle >= .seconds(1))
        }

        @Test("The probes of the peer are not counted")
        func livePeerProbes() throws {
            var ends = try Loopback(
                options: KeepAliveOptions(idle: 600), accepting: KeepAliveOptions(idle: 1, interval: 1, count: 3))
            let before = try #require(try ends.client.information().emptySegmentsSent)
            let deadline = Loopback.deadline
            // Each is answered by one segment.
            while try ends.client.information().emptySegmentsSent ?? 0 < before + 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(100))
            }
            #expect(try ends.client.information().emptySegmentsSent == before + 2)
            #expect(ends.client.activity.answeredProbes == 0)
        }

        @Test("A peer that does not read is alive, and its window probes are counted")
        func liveWindow() throws {
            var ends = try Loopback(options: KeepAliveOptions(idle: 60, interval: 15, count: 4), reads: false)
            ends.client.send([UInt8](repeating: 1, count: 8_000_000))
            let deadline = Loopback.deadline
            while ends.client.activity.windowProbes < 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(50))
            }
            let known = ends.client.endContext()
            #expect(known.windowClosed != nil && known.windowProbes == 2)
            #expect(known.stateText.hasPrefix(" The peer is alive but does not read: window closed for "))
            #expect(known.stateText.hasSuffix("2 window probes."))
            #expect(ends.client.waitingText().contains("so no keep-alive probes; 2 window probes, next in "))
        }
    #endif
}
