import KeepAlive
import Testing

/// Stories at random, whose truth is known. Nothing that is found with high confidence may contradict it.
///
/// `TCPALIVE_STORIES` is how many there are, `TCPALIVE_STORY_SEED` the seed of the first, and `TCPALIVE_STORY` the only one.
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
        // How many of the stories with contradictions are printed whole.
        var dumps = Self.number("TCPALIVE_STORY_DUMPS") ?? 5
        var statistics = StoryStatistics()
        var seeds: [UInt64] = []
        for seed in first..<first + count {
            let story = Story(seed: seed)
            let diagnoses = story.diagnoses()
            let contradictions = statistics.add(story, diagnoses)
            guard !contradictions.isEmpty else { continue }
            seeds.append(seed)
            if dumps > 0 {
                dumps -= 1
                print(StoryDump(story: story).text(diagnoses, contradictions: contradictions) + "\n")
            }
        }
        print(statistics.text)
        print("Seeds with contradictions: \(seeds.prefix(200).map(String.init).joined(separator: " "))")
        let contradicted = seeds.count
        #expect(contradicted == 0, "\(contradicted) of \(count) stories from seed \(first) on are contradicted")
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
