import Testing
import Wire

@testable import KeepAlive

@Suite("Host activity")
struct HostActivityTests {
    private static let host = IPAddress(v4: 0xC000_0201)

    @Test("A host that was heard before it was watched is recorded from then on")
    func watchedLater() {
        var activity = HostActivity()
        activity.record(Self.host, at: 10, since: 0, longestPause: nil)
        #expect(!activity.wasHeard(Self.host, after: 0, until: 100))
        activity.watch(Self.host)
        activity.record(Self.host, at: 20, since: 0, longestPause: nil)
        activity.sort()
        #expect(activity.wasHeard(Self.host, after: 10, until: 20))
        // The start is exclusive, the end inclusive.
        #expect(!activity.wasHeard(Self.host, after: 20, until: 30))
        #expect(!activity.wasHeard(Self.host, after: 5, until: 19))
    }

    @Test("A connection that lasts all the time shows that its host is alive, if its pauses are short")
    func spans() {
        var activity = HostActivity()
        activity.watch(Self.host)
        activity.record(Self.host, at: 1000, since: 0, longestPause: 40)
        activity.sort()
        #expect(activity.wasHeard(Self.host, after: 100, until: 200))
        #expect(!activity.wasHeard(Self.host, after: 100, until: 170))
    }
}
