import KeepAlive
import Testing
import Wire

@testable import Stories

/// Compares the simulator with TCP and real kernels: a wrong truth would make right findings look wrong.
@Suite("Physics of stories")
struct StoryPhysicsTests {
    private static let stories = (UInt64(1)...200).map { $0 * 7 }

    @Test("No end acknowledges what was not sent, and none receives more than was sent")
    func numbers() {
        for seed in Self.stories {
            let story = Story(seed: seed)
            for connection in story.world.ends where connection[0].count == 1 && connection[1].count == 1 {
                let (client, server) = (connection[0][0], connection[1][0])
                for (own, peer) in [(client, server), (server, client)] {
                    #expect(own.unacknowledged <= own.next, "story \(seed)")
                    // A byte beyond the window may have been accepted, and its acknowledgment lost.
                    #expect(own.establishedAt == nil || own.expected <= peer.next + 1, "story \(seed)")
                    #expect(own.expected >= peer.unacknowledged || peer.establishedAt == nil, "story \(seed)")
                }
            }
        }
    }

    @Test(
        "Packets of one direction pass the capture point in the order in which they were sent, with a possible TTL"
    )
    func order() {
        for seed in Self.stories {
            let story = Story(seed: seed)
            var latest: [Int: Int64] = [:]
            for packet in story.world.packets {
                guard let time = packet.passedAt else { continue }
                #expect(time >= packet.sentAt, "story \(seed)")
                #expect(packet.deliveredAt.map { $0 > time } ?? true, "story \(seed)")
                if !packet.isForged {
                    let lane = packet.connection * 2 + packet.side.rawValue
                    #expect(time > latest[lane] ?? .min, "story \(seed)")
                    latest[lane] = time
                    let initial = story.plan.hosts[packet.side.rawValue]
                    #expect(
                        packet.timeToLiveAtPass <= max(initial.timeToLive, initial.socketTimeToLive)
                            || story.plan.path.device?.answersHandshake == true, "story \(seed)")
                }
            }
        }
    }

    @Test(
        "Unanswered probes of Linux come one interval apart, late by up to one bucket of the timer wheel and never early"
    )
    func intervals() {
        var count = 0
        for seed in Self.stories {
            let story = Story(seed: seed)
            for (number, connection) in story.world.ends.enumerated() {
                for side in [Side.client, .server] {
                    guard case .linux(let rate) = story.plan.hosts[side.rawValue].stack,
                        let policy = connection[side.rawValue][0].policy
                    else { continue }
                    var last: Int64?
                    for packet in story.world.packets where packet.connection == number {
                        if packet.side == side, packet.purpose == .probe, !packet.isForged {
                            if let last {
                                count += 1
                                let gap = packet.sentAt - last
                                let late = TimerWheel.bucket(policy.interval, tickRate: rate) + Nanoseconds.millisecond
                                #expect(gap >= policy.interval, "story \(seed)")
                                #expect(gap <= policy.interval + late, "story \(seed)")
                            }
                            last = packet.sentAt
                        } else if packet.deliveredAt != nil || packet.side == side {
                            // An answer, or something else: the next probe waits for more than the interval.
                            last = nil
                        }
                    }
                }
            }
        }
        #expect(count > 50)
    }
}
