import KeepAlive
import Testing

@testable import Stories

/// Random stories whose truth is known. No finding of high confidence may contradict it.
///
/// Inferred settings have no confidence. They may be false if another host probes, or an application aborts, at the moment
/// when a keep-alive timer would fire: at most one story in 3,000 shows that, and none of those in `make test`.
///
/// `TCPALIVE_STORIES` is the number of stories, `TCPALIVE_STORY_SEED` the seed of the first, and `TCPALIVE_STORY` the seed
/// of a single story to print.
@Suite("Stories")
struct StoryTests {
    private static func number(_ name: String) -> UInt64? { Environment.value(name).flatMap { UInt64($0) } }

    @Test("No finding of high confidence contradicts the truth")
    func truth() {
        if let seed = Self.number("TCPALIVE_STORY") {
            printStory(seed)
            return
        }
        let count = Self.number("TCPALIVE_STORIES") ?? 2000
        let first = Self.number("TCPALIVE_STORY_SEED") ?? 1
        // How many of the stories with contradictions are printed in full.
        var dumps = Self.number("TCPALIVE_STORY_DUMPS") ?? 5
        var statistics = StoryStatistics()
        var seeds: [UInt64] = []
        var misread: [UInt64] = []
        for seed in first..<first + count {
            let story = Story(seed: seed)
            let diagnoses = story.diagnoses()
            let contradictions = statistics.add(story, diagnoses)
            guard !contradictions.isEmpty else { continue }
            if contradictions.contains(where: { !$0.isSettings }) { seeds.append(seed) } else { misread.append(seed) }
            if dumps > 0 {
                dumps -= 1
                print(StoryDump(story: story).text(diagnoses, contradictions: contradictions) + "\n")
            }
        }
        print(statistics.text)
        func text(_ seeds: [UInt64]) -> String {
            "\(seeds.count) of \(count), seeds \(seeds.prefix(200).map(String.init).joined(separator: " "))"
        }
        print("Stories in which a finding of high confidence is false: \(text(seeds))")
        print("Stories in which only inferred settings are false: \(text(misread))")
        #expect(seeds.isEmpty, "Findings contradict \(seeds.count) of \(count) stories from seed \(first) on")
        #expect(
            misread.count <= Int(count) / 3000,
            "Settings contradict \(misread.count) of \(count) stories from seed \(first) on")
    }

    private func printStory(_ seed: UInt64) {
        let story = Story(seed: seed)
        let diagnoses = story.diagnoses()
        var statistics = StoryStatistics()
        let contradictions = statistics.add(story, diagnoses)
        print(StoryDump(story: story).text(diagnoses, contradictions: contradictions))
        #expect(contradictions.isEmpty)
    }
}
