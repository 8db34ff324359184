import Platform
import Report
import Sockets
import Testing
import Wire

@Suite("Explanations of the end")
struct EndContextTests {
    private static let options = KeepAliveOptions(idle: 60, interval: 15, count: 4, userTimeout: 0)

    private static func known(_ change: (inout EndContext) -> Void) -> EndContext {
        var known = EndContext(options: options)
        change(&known)
        return known
    }

    @Test("A FIN after a long idle time is explained as an idle timeout that keep-alives do not refresh")
    func idleClose() {
        let known = Self.known {
            $0.idle = .seconds(75)
            $0.answeredProbes = 9
            $0.answeredSinceData = 3
        }
        #expect(
            EndCause.closedByPeer.explanation(known)
                == "Closed by the peer (FIN): no data for 75.0 s, only 3 answered probes. This looks like an idle timeout of "
                + "the application or of a proxy. Keep-alives do not refresh it: make it longer, or send data.")
        let silent = Self.known { $0.idle = .seconds(30) }
        let sentence = EndCause.closedByPeer.explanation(silent)
        #expect(sentence.contains("no data for 30.0 s. This looks like an idle timeout"))
    }

    @Test(
        "An end has the C name of its error",
        arguments: [
            (EndCause(.networkUnreachable), "ENETUNREACH"), (EndCause(.hostUnreachable), "EHOSTUNREACH"),
            (EndCause(.timedOut), "ETIMEDOUT"), (EndCause(.brokenPipe), "ECONNRESET"), (.closedByPeer, nil),
        ] as [(EndCause, String?)])
    func errorName(cause: EndCause, name: String?) {
        #expect(cause.errorName == name)
    }

    @Test("A FIN soon after data is explained as a normal end")
    func orderlyClose() {
        let known = Self.known { $0.idle = .milliseconds(29_900) }
        #expect(EndCause.closedByPeer.explanation(known).contains("closed the connection normally"))
        let unread = Self.known { $0.unacknowledgedBytes = 1 }
        #expect(EndCause.closedByPeer.explanation(unread).contains("before it acknowledged 1 byte sent from here"))
    }

    @Test(
        "The explanation of a RST that answers a probe has the silence before it, the limit for TCP_KEEPIDLE"
    )
    func resetOfProbe() {
        let known = Self.known {
            $0.unansweredProbes = 1
            $0.silence = .milliseconds(61_400)
            $0.idle = .seconds(300)
        }
        let text = EndCause.reset.explanation(known)
        #expect(text.contains("a keep-alive probe was answered with RST. The peer restarted"))
        #expect(text.contains("after the same 61.4 s of silence, it is the path: set TCP_KEEPIDLE below that"))
        #expect(!text.contains("idle timeout"))
    }

    @Test("The explanation of a RST that answers data has the idle time before the data, if it was long")
    func resetOfData() {
        let known = Self.known {
            $0.unacknowledgedBytes = 6
            $0.idleBeforeData = .seconds(400)
        }
        #expect(
            EndCause.reset.explanation(known).contains("the first after 400.0 s without any, was answered with RST"))
        let soon = Self.known {
            $0.unacknowledgedBytes = 6
            $0.idleBeforeData = .seconds(3)
        }
        #expect(!EndCause.reset.explanation(soon).contains("3.0 s"))
    }

    @Test(
        "An unsolicited RST is explained as an idle timeout after a long idle time, and as an abort after a short one")
    func unpromptedReset() {
        let known = Self.known { $0.idle = .seconds(350) }
        #expect(
            EndCause.reset.explanation(known).contains("idle timeout of the application, of a proxy, or of a middlebox")
        )
        let soon = Self.known { $0.idle = .seconds(2) }
        #expect(EndCause.reset.explanation(soon).contains("the application there aborted the connection"))
    }

    @Test("The explanation of a timeout has the number of unanswered probes and the ICMP errors")
    func timeout() {
        let error = ICMPError(router: IPAddress(v4: 0xC633_6401), type: 3, code: 13)
        let known = Self.known {
            $0.unansweredProbes = 4
            $0.silence = .seconds(120)
            for _ in 1...3 { $0.reports.add(error) }
            $0.ignoredICMPErrors = 3
        }
        let text = EndCause.timedOut.explanation(known)
        #expect(
            text.contains("4 keep-alive probes unanswered. With these options that takes 60 s idle + 4 × 15 s = 120 s.")
        )
        #expect(
            text.hasSuffix(
                "198.51.100.1 reported 3 times: communication administratively prohibited (filter) (ICMP type 3 code 13). "
                    + "Check the filter of that router: a rule rejects the connection."))
    }

    @Test("ICMP errors that were only counted are not attributed to this connection")
    func counted() {
        let known = Self.known { $0.ignoredICMPErrors = 2 }
        let text = EndCause.timedOut.explanation(known)
        #expect(text.contains("ignored 2 ICMP errors meanwhile (OutOfWindowIcmps, all connections of this network"))
        #expect(!text.contains("reported"))
    }

    @Test(
        "If the window is closed, every explanation says so",
        arguments: [EndCause.closedByPeer, .reset, .timedOut])
    func window(cause: EndCause) {
        let known = Self.known {
            $0.windowClosed = .seconds(28)
            $0.windowProbes = 7
            $0.unansweredProbes = 0
            $0.unacknowledgedBytes = 100_000
        }
        #expect(
            cause.explanation(known).contains(
                "The peer is alive but does not read: window closed for 28 s, 7 window probes."))
        // A peer that does not answer is not called alive.
        let dead = Self.known {
            $0.windowClosed = .seconds(28)
            $0.windowProbes = 7
            $0.unansweredProbes = 3
        }
        #expect(
            cause.explanation(dead).contains(
                "The peer's window closed for 28 s, 7 window probes, the last 3 unanswered."))
    }

    @Test("A connection closed from this end has its state explained")
    func state() {
        #expect(Self.known { _ in }.stateText.isEmpty)
        #expect(Self.known { $0.unacknowledgedBytes = 6 }.stateText == " 6 bytes sent and not acknowledged.")
        #expect(
            Self.known {
                $0.unansweredProbes = 2
                $0.silence = .seconds(80)
            }.stateText == " 2 probes unanswered. The peer was last heard 80.0 s ago.")
        let answered = Self.known {
            $0.answeredProbes = 1
            $0.mayMissAnswers = true
        }
        #expect(answered.stateText == " The peer answered at least 1 probe.")
    }
}
