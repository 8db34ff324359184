import Testing

@Suite("Stories")
struct StoryTests {
    @Test("dump")
    func dump() {
        let first = UInt64(Environment.value("TCPALIVE_STORY") ?? "1") ?? 1
        let story = Story(seed: first)
        print(StoryDump(story: story).text(story.diagnoses(), contradictions: []))
    }
}
