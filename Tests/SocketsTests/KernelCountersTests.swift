import Sockets
import Testing

@Suite("Kernel counters")
struct KernelCountersTests {
    #if os(Linux)
        @Test("The kernel tells its counts")
        func known() {
            #expect(KernelCounters.now() != nil)
        }
    #endif

    @Test(
        "Where the wire shows other numbers than the kernel, a clause says what that means",
        arguments: [
            (4, UInt64(0), "never left the host"), (4, 4, nil), (4, 2, "fewer were seen (2)"),
            (4, 9, "more were seen (9)"), (0, 0, nil),
        ])
    func clauses(probes: Int, marked: UInt64, clause: String?) {
        let counters = KernelCounters(keepAliveProbes: probes, windowProbes: 0, abortsOnTimeout: 1)
        let sentence = counters.sentence(marked: marked)
        #expect(sentence.contains("\(probes) keep-alive probes"))
        #expect(clause.map { sentence.contains($0) } ?? !sentence.contains(";"), "\(sentence)")
    }

    @Test("What was counted meanwhile is the difference")
    func difference() {
        let before = KernelCounters(keepAliveProbes: 3, windowProbes: 1, abortsOnTimeout: 0)
        let after = KernelCounters(keepAliveProbes: 7, windowProbes: 1, abortsOnTimeout: 2)
        #expect(
            after.since(before) == KernelCounters(keepAliveProbes: 4, windowProbes: 0, abortsOnTimeout: 2))
    }
}
