import KeepAlive
import Testing

@testable import Stories

/// Tests of the rules that check findings: without them, a rule that accepts everything or nothing would not be noticed.
@Suite("Rules of stories")
struct StoryRuleTests {
    @Test("A rule accepts the finding that a story deserves, and rejects it in other stories")
    func rules() {
        var rejected: [Verdict: Int] = [:]
        var accepted: [Verdict: Int] = [:]
        for seed in UInt64(1)...900 {
            let story = Story(seed: seed)
            for diagnosis in story.diagnoses() {
                guard let view = StoryView(story, diagnosis) else { continue }
                for verdict in Verdict.allCases {
                    let reason = StoryRules(view: view, finding: Finding(verdict, .high)).falsehood()
                    if reason == nil { accepted[verdict, default: 0] += 1 } else { rejected[verdict, default: 0] += 1 }
                }
                guard let expected = StoryRecall(view: view).expectation() else { continue }
                let reasons = expected.verdicts.filter { $0 != .userTimeout }.map {
                    StoryRules(view: view, finding: Finding($0, .high)).falsehood()
                }
                let isAccepted = reasons.isEmpty || reasons.contains(nil)
                #expect(isAccepted, "story \(seed), \(expected.name): \(reasons)")
            }
        }
        for verdict in Verdict.allCases where verdict != .unknown {
            #expect(rejected[verdict, default: 0] > 0, "\(verdict) is never false")
            // No ICMP errors yet; a user timeout is never sure.
            guard verdict != .peerUnreachable, verdict != .userTimeout else { continue }
            #expect(accepted[verdict, default: 0] > 0, "\(verdict) is always false")
        }
        if Environment.value("TCPALIVE_STORY_RULES") != nil {
            for verdict in Verdict.allCases {
                print(verdict.rawValue, accepted[verdict, default: 0], rejected[verdict, default: 0])
            }
        }
    }
}
