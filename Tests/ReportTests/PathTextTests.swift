import Testing

@testable import Report

@Suite("Idle timeouts of paths")
struct PathTextTests {
    private static let second: Int64 = 1_000_000_000

    private static func path(_ survived: Double, _ failed: Double, safe: Int64? = nil) -> PathText {
        PathText(
            first: "10.0.0.0/24", second: "192.0.2.0/24", survived: Int64(survived * 1e9), failed: Int64(failed * 1e9),
            safeIdle: safe)
    }

    @Test("A path has sentences with the number to set, and possible causes")
    func block() {
        #expect(
            Samples.text { $0.append(Self.path(240.5, 350.25, safe: 224)) } == """

                The path between 10.0.0.0/24 and 192.0.2.0/24 survived an idle period of 240.500 s and dropped a connection \
                after one of 350.250 s. Set TCP_KEEPIDLE to 224 s or less: probes then come within an idle period that was \
                survived.
                   Possible causes, by their documented idle timeouts:
                   270 s: Cloudflare Gateway (refreshed by keep-alives: no)
                   300 s: Cisco Meraki NAT (refreshed by keep-alives: yes)
                   300 s: F5 BIG-IP, TCP profile by default (refreshed by keep-alives: yes)
                   350 s: AWS Network Load Balancer and NAT gateway (refreshed by keep-alives: yes; through a TLS listener \
                only probes without data)

                """)
    }

    @Test(
        "Only an idle period that connections survived is called safe",
        arguments: [
            (
                0.0, 90.5, nil,
                "dropped a connection after an idle period of 90.500 s; none of 30 s or more was survived. "
                    + "Set TCP_KEEPIDLE to 85 s or less; the path may need a shorter one, as none was tested."
            ),
            (
                60, 0, 55,
                "survived an idle period of 60.000 s; none failed. "
                    + "So a TCP_KEEPIDLE of up to 55 s is known to be safe."
            ),
        ] as [(Double, Double, Int64?, String)])
    func oneSided(survived: Double, failed: Double, safe: Int64?, words: String) {
        #expect(
            Self.path(survived, failed, safe: safe).sentences
                == "The path between 10.0.0.0/24 and 192.0.2.0/24 " + words)
    }

    @Test(
        "Contradictions are reported",
        arguments: [(400.0, 350.0, true), (350, 350, true), (349, 350, false), (9, 0, false)])
    func conflict(survived: Double, failed: Double, isConflicting: Bool) {
        let path = Self.path(survived, failed)
        #expect(path.isConflicting == isConflicting)
        #expect(path.sentences.contains("The evidence conflicts") == isConflicting)
    }

    @Test("Possible causes are path devices between the survived and the failed idle period")
    func candidates() {
        let names = { IdleTimeout.candidates(survived: $0 * Self.second, failed: $1 * Self.second).map(\.seconds) }
        #expect(names(241, 299) == [270])
        #expect(names(0, 250) == [240])
        #expect(names(400, 299) == [240, 270], "a conflict: only the failed period counts")
        #expect(names(400, 0).isEmpty && names(0, 60).isEmpty)
        #expect(!IdleTimeout.candidates(survived: 0, failed: .max).contains { $0.role == .application })
    }

    @Test(
        "The nearest timeouts are within 2 % plus 1.5 s",
        arguments: [
            (60.0, [60, 60]), (62.7, [60, 60]), (62.71, []), (57.3, [60, 60]), (75, [75]), (5, [5, 5]), (181, [180]),
            (185.1, [180]), (185.2, []), (900.3, [900, 900]), (3600, [3600]), (0, []), (9e9, []), (-60, []),
        ] as [(Double, [Int64])])
    func nearest(seconds: Double, expected: [Int64]) {
        #expect(IdleTimeout.nearest(to: Int64(seconds * 1e9), among: .application).map(\.seconds) == expected)
    }

    @Test("The nearest timeout comes first, and roles are separate")
    func roles() {
        #expect(IdleTimeout.nearest(to: 300 * Self.second, among: .path).map(\.seconds) == [300, 300])
        #expect(IdleTimeout.nearest(to: 300 * Self.second, among: .application).isEmpty)
        #expect(
            IdleTimeout.nearest(to: .max, among: .path).isEmpty && IdleTimeout.nearest(to: .min, among: .path).isEmpty)
    }

    @Test("Every line of the catalogue is read, in order, with its source")
    func catalogue() {
        let lines = String(decoding: PackageResources.idle_timeouts_tsv, as: UTF8.self).split(separator: "\n")
        let catalogue = IdleTimeout.catalogue
        #expect(catalogue.count == lines.count - 1)
        #expect(catalogue.map(\.seconds) == catalogue.map(\.seconds).sorted())
        #expect(catalogue.allSatisfy { !$0.source.isEmpty && !$0.name.isEmpty })
        #expect(catalogue.allSatisfy { $0.isRefreshed.hasPrefix("yes") || $0.isRefreshed.hasPrefix("no") })
    }
}
