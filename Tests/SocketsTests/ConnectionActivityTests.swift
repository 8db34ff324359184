import Report
import Sockets
import Testing

@Suite("Answered probes, from samples of TCP_INFO")
struct ConnectionActivityTests {
    /// Samples of a connection whose state changes in between.
    private struct Script {
        var activity = ConnectionActivity()
        var now = ContinuousClock.now
        var heardAt: ContinuousClock.Instant
        var dataAt: ContinuousClock.Instant
        var received: UInt64 = 0
        var sent: UInt64 = 0
        var acknowledged: UInt64 = 1
        var segments: UInt32 = .max  // The count wraps.
        var unanswered = 0
        var backoff = 0
        var isWindowClosed = false
        var state: UInt8 = 1

        init() {
            heardAt = now
            dataAt = now
            sample(after: 0)
        }

        mutating func sample(after milliseconds: Int) {
            now += .milliseconds(milliseconds)
            let information = ConnectionInformation(
                state: state, unansweredProbes: unanswered, retransmissions: 0, unacknowledgedSegments: 0,
                sinceDataReceived: dataAt.duration(to: now), sinceAckReceived: heardAt.duration(to: now),
                roundTrip: .zero, bytesAcknowledged: acknowledged, bytesReceived: received,
                sinceDataSent: dataAt.duration(to: now), backoff: backoff, emptySegmentsSent: segments)
            activity.record(
                information, bytesSent: sent, isWindowClosed: isWindowClosed, period: .seconds(1), at: now)
        }

        /// A probe goes out and its answer comes in.
        mutating func answer(after milliseconds: Int) {
            heardAt = now + .milliseconds(milliseconds)
            segments &+= 1
        }
    }

    @Test("Each answer to a probe is counted once, with its time")
    func answers() {
        var script = Script()
        for _ in 1...3 {
            script.sample(after: 500)
            script.answer(after: 510)
            script.sample(after: 550)
            script.sample(after: 10)
        }
        #expect(script.activity.answeredProbes == 3 && script.activity.answeredSinceData == 3)
        #expect(script.activity.lastAnswer == script.heardAt)
        #expect(!script.activity.mayMissAnswers)
    }

    @Test("A sample between a probe and its answer does not hide the answer")
    func between() {
        var script = Script()
        for _ in 1...3 {
            script.sample(after: 950)
            script.segments &+= 1
            script.unanswered = 1
            script.sample(after: 51)
            script.heardAt = script.now + .milliseconds(5)
            script.unanswered = 0
            script.sample(after: 10)
        }
        #expect(script.activity.answeredProbes == 3)
    }

    @Test("An unsolicited acknowledgment, such as a window update, is not an answer")
    func unasked() {
        var script = Script()
        script.sample(after: 900)
        script.heardAt = script.now + .milliseconds(300)
        script.sample(after: 400)
        #expect(script.activity.answeredProbes == 0)
    }

    @Test("Answering a probe of the peer does not count as an answer")
    func peerProbes() {
        var script = Script()
        for _ in 1...5 {
            script.segments &+= 1
            script.sample(after: 900)
        }
        #expect(script.activity.answeredProbes == 0)
    }

    @Test("Data is not an answer, and resets the count since data", arguments: [true, false])
    func data(isReceived: Bool) {
        var script = Script()
        script.sample(after: 900)
        script.answer(after: 200)
        script.sample(after: 800)
        script.sample(after: 900)
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
        script.sample(after: 400)
        #expect(script.activity.answeredProbes == 1 && script.activity.answeredSinceData == 0)
        #expect(script.activity.idleBeforeData == .milliseconds(2900))
    }

    @Test("If samples are further apart than probes, the count is a minimum")
    func rareSamples() {
        var script = Script()
        script.answer(after: 3000)
        script.sample(after: 3500)
        #expect(script.activity.answeredProbes == 1 && script.activity.mayMissAnswers)
        let next = NextProbe.probe(after: .milliseconds(500), number: 1)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now)
                == "at least 1 probe answered, last 0.5 s ago; next in 0.5 s")
    }

    @Test("While the window is closed, window probes are counted, and no answered keep-alives")
    func window() {
        var script = Script()
        script.isWindowClosed = true
        for probe in 1...3 {
            script.answer(after: 700)
            script.backoff = probe
            script.sample(after: 800)
        }
        #expect(script.activity.answeredProbes == 0 && script.activity.windowProbes == 3)
        let next = NextProbe.windowProbe(after: .seconds(2), unanswered: 0)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now)
                == "waiting; the peer's window has been closed for 1.6 s, so no keep-alive probes; 3 window probes, "
                + "next in 2.0 s")
        script.backoff = 15  // The limit of the system.
        script.sample(after: 100)
        #expect(
            script.activity.waitingText(next: next, reply: nil, at: script.now).contains("at least 15 window probes,"))
        script.isWindowClosed = false
        script.backoff = 0
        script.sample(after: 100)
        #expect(script.activity.windowClosedSince == nil)
    }

    @Test("Window probes are counted anew when the window closes again; while it is open, the last count remains")
    func windowTwice() {
        var script = Script()
        for (isClosed, backoff, count) in [(true, 3, 3), (false, 0, 3), (true, 1, 1), (false, 0, 1)] {
            script.isWindowClosed = isClosed
            script.backoff = backoff
            script.sample(after: 800)
            #expect(script.activity.windowProbes == count)
        }
    }

    @Test("Fields that the kernel clears at the end of the connection are ignored")
    func ended() {
        var script = Script()
        script.isWindowClosed = true
        script.sample(after: 100)
        script.isWindowClosed = false
        script.state = 7
        script.sample(after: 100)
        #expect(script.activity.windowClosedSince != nil && script.activity.last?.state == 1)
    }

    @Test("The line about an answered probe has the reply time only if packets show it")
    func latency() {
        var script = Script()
        script.sample(after: 900)
        script.answer(after: 200)
        script.sample(after: 700)
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
            let begin = ContinuousClock.now
            var ends = try Loopback(host, options: KeepAliveOptions(idle: 1, interval: 1, count: 3))
            let deadline = Loopback.deadline
            while ends.client.activity.answeredProbes < 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(100))
            }
            let number = ends.client.activity.answeredProbes
            // A process that had to wait for a processor finds several new ones; they come at least a second apart.
            #expect(number >= 2 && .seconds(number) <= ContinuousClock.now - begin)
            let text = ends.client.activity.waitingText(next: ends.client.nextProbe(), reply: nil, at: .now)
            #expect(text.contains("\(number) probes answered, last ") && text.contains(" s ago; next in "), "\(text)")
            #expect(ends.client.endContext().stateText.contains("\(number) probes."))
        }

        @Test("A FIN does not reset the count since data")
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
            // This end answers each with one segment.
            var sent = before
            while sent < before + 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(100))
                sent = try #require(try ends.client.information().emptySegmentsSent)
            }
            #expect(sent >= before + 2)
            #expect(ends.client.activity.answeredProbes == 0)
        }

        @Test("Window probes to a peer that does not read are counted")
        func liveWindow() throws {
            var ends = try Loopback(options: KeepAliveOptions(idle: 60, interval: 15, count: 4), reads: false)
            ends.client.send([UInt8](repeating: 1, count: 8_000_000))
            let deadline = Loopback.deadline
            while ends.client.activity.windowProbes < 2, ContinuousClock.now < deadline {
                _ = try ends.client.wait(tick: .milliseconds(50))
            }
            let known = ends.client.endContext()
            #expect(known.windowClosed != nil && known.windowProbes >= 2)
            #expect(known.stateText.hasPrefix(" The peer is alive but does not read: window closed for "))
            #expect(known.stateText.hasSuffix("\(known.windowProbes) window probes."))
            let text = ends.client.activity.waitingText(next: ends.client.nextProbe(), reply: nil, at: .now)
            #expect(text.contains("so no keep-alive probes; \(known.windowProbes) window probes, next in "))
        }
    #endif
}
