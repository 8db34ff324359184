import Testing

@testable import KeepAlive

@Suite("Hop distances")
struct HopHistoryTests {
    @Test(
        "Two hops are a difference and one is not, for each initial TTL",
        arguments: [
            (64, 64, false), (64, 63, false), (64, 62, true), (128, 64, false), (127, 61, true), (127, 62, false),
            (255, 64, false),
            (254, 64, false), (253, 64, true), (32, 30, true), (33, 64, true),
        ] as [(UInt8, UInt8, Bool)])
    func differ(one: UInt8, other: UInt8, isDifferent: Bool) {
        #expect(HopHistory.differ(one, other) == isDifferent && HopHistory.differ(other, one) == isDifferent)
    }

    @Test("A TTL is foreign only if it differs from what proved its origin, now and before")
    func foreign() {
        var hops = HopHistory()
        #expect(!hops.isForeign(64))
        hops.record(60, proves: false)
        #expect(!hops.isForeign(61) && hops.isForeign(58))
        hops.record(50, proves: true)
        #expect(!hops.isForeign(50) && hops.isForeign(60))
        // The route changed: both distances belong to the end, and it is not known which one is current.
        hops.record(55, proves: true)
        #expect(!hops.isForeign(55) && !hops.isForeign(50) && hops.isForeign(60) && hops.isAmbiguous)
    }
}
