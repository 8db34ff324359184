import Report
import Sockets
import Testing

@Suite("Kernel counters")
struct KernelCountersTests {
    #if os(Linux)
        @Test("The counters of the kernel can be read")
        func known() {
            #expect(KernelCounters.now() != nil)
        }
    #endif

    @Test(
        "If the packets show another number than the kernel, a clause says what that means",
        arguments: [
            (4, UInt64(0), "none was seen from this host: they went"), (4, 4, nil),
            (4, 2, "2 seen from this host: the others went"),
            (4, 9, "9 seen from this host: the others are not its kernel's"), (0, 0, nil),
        ])
    func clauses(probes: Int, seen: UInt64, clause: String?) {
        let counters = KernelCounters(keepAliveProbes: probes, windowProbes: 1, abortsOnTimeout: 1)
        let sentence = counters.sentence(probes: seen, windowProbes: 1)
        #expect(sentence.contains("\(probes) keep-alive probes (TCPKeepAlive"))
        #expect(sentence.contains("1 zero-window probe (TCPWinProbe), 1 connection timed out"))
        #expect(clause.map { sentence.contains($0) } ?? !sentence.contains(";"), "\(sentence)")
    }

    @Test("With a filter, the clause names it as a possible cause")
    func filtered() {
        let counters = KernelCounters(keepAliveProbes: 4, windowProbes: 2, abortsOnTimeout: 0)
        let sentence = counters.sentence(probes: 0, windowProbes: 1, isFiltered: true)
        #expect(sentence.contains("TCPKeepAlive; none was seen from this host: they did not match the filter, went"))
        #expect(sentence.contains("TCPWinProbe; 1 seen from this host: the others did not match the filter, went"))
        #expect(!counters.sentence(probes: 0, windowProbes: 1).contains("filter"))
    }

    @Test("since returns the difference")
    func difference() {
        let before = KernelCounters(keepAliveProbes: 3, windowProbes: 1, abortsOnTimeout: 0)
        let after = KernelCounters(keepAliveProbes: 7, windowProbes: 1, abortsOnTimeout: 2)
        #expect(
            after.since(before) == KernelCounters(keepAliveProbes: 4, windowProbes: 0, abortsOnTimeout: 2))
    }
}
