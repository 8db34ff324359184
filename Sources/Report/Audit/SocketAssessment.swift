package import KeepAlive
package import Sockets

/// What is wrong with the keep-alive of a socket of this host at one moment: the verdicts of the diagnosis that are
/// possible without packets, each with a severity. It is a pure function of what the kernel reports.
package struct SocketAssessment: Sendable, Equatable {
    /// The verdicts that an assessment can have, the most important first.
    package static let verdicts: [Verdict] = [
        .unresponsive, .dataInFlight, .receiverStalled, .closeWait, .tooLateForPath, .noKeepalive, .userTimeout,
        .intervalExceedsIdle,
    ]

    /// Bits of `verdicts`.
    private var warnings: UInt8 = 0
    private var notices: UInt8 = 0

    /// Nothing is wrong, or nothing is known.
    package init() {}

    /// How severe it is: `ok`, `notice` or `warning`. A socket that still exists has not failed.
    package var severity: Severity { warnings != 0 ? .warning : notices != 0 ? .notice : .ok }

    /// The verdicts, the most severe and important first.
    package var findings: [(verdict: Verdict, severity: Severity)] {
        Self.list(warnings).map { ($0, .warning) } + Self.list(notices).map { ($0, .notice) }
    }

    /// The first of `findings`; nil: there is none.
    package var verdict: Verdict? {
        let bits = warnings != 0 ? warnings : notices
        return bits == 0 ? nil : Self.verdicts[bits.trailingZeroBitCount]
    }

    /// The place of the first verdict among all, from 0, the most important.
    var rank: Int { (warnings != 0 ? warnings : notices).trailingZeroBitCount }

    /// How many verdicts there are.
    package var count: Int { (warnings | notices).nonzeroBitCount }

    private static func list(_ bits: UInt8) -> [Verdict] {
        verdicts.enumerated().filter { bits & 1 << UInt8($0.offset) != 0 }.map(\.element)
    }

    private mutating func add(_ verdict: Verdict, _ severity: Severity) {
        guard let index = Self.verdicts.firstIndex(of: verdict) else { return }
        if severity == .warning { warnings |= 1 << UInt8(index) } else { notices |= 1 << UInt8(index) }
    }

    /// The shortest and the longest idle timeout (s) of common paths that a keep-alive refreshes, from the catalogue: those of
    /// clouds and load balancers. Firewalls with half an hour or more are not common enough to be assumed.
    package static let commonPathTimeouts: ClosedRange<Int> = {
        let seconds = commonPaths.map { Int($0.seconds) }
        return (seconds.min() ?? 240)...(seconds.max() ?? 900)
    }()

    /// The paths of `commonPathTimeouts`, the shortest timeout first.
    static let commonPaths = IdleTimeout.catalogue.filter {
        $0.role == .path && $0.isRefreshed.hasPrefix("yes") && $0.seconds <= 900
    }

    /// The assessment of `socket`, whose options were read (`options`) or inferred (`reading`). `pathTimeout`: the idle time (s)
    /// after which its path forgets it; nil: unknown, so common paths count.
    ///
    /// - No path can forget a connection within the host, so there an idle time cannot be too long, and keep-alive may be off.
    /// - A retransmission or a probe may be lost. From the third retransmission and the second unanswered probe on it is a
    ///   warning.
    /// - A program that has not closed a minute after its peer did probably never will.
    package init(
        _ socket: HostSocket, _ reading: TimerReading, _ options: KeepAliveOptions?, pathTimeout: Int?
    ) {
        guard SocketStates.open.contains(socket.state) else { return }
        let idleNow = Int((socket.idleNow ?? 0) / 1000)
        switch socket.timer {
        case .retransmission where socket.unanswered > 0:
            add(.dataInFlight, socket.unanswered >= 3 ? .warning : .notice)
        case .windowProbe:
            add(.receiverStalled, socket.unanswered >= 3 || idleNow >= 60 ? .warning : .notice)
        case .keepAlive where socket.unanswered > 0:
            add(.unresponsive, socket.unanswered >= 2 ? .warning : .notice)
        default: break
        }
        let closed = max(idleNow, reading.inCloseWait / 1000)
        if socket.state == .closeWait, closed >= 60 { add(.closeWait, closed >= 3600 ? .warning : .notice) }
        guard let isOn = options?.isEnabled ?? socket.isKeepAliveOn else { return }
        let common = Self.commonPathTimeouts
        let least = pathTimeout ?? common.lowerBound
        guard isOn else {
            // What a program that leaks the socket would do with it is another question.
            if !socket.isOnHost, socket.state != .closeWait { add(.noKeepalive, idleNow >= least ? .warning : .notice) }
            return
        }
        let idle = options?.idle ?? reading.idle
        if let silence = idle ?? reading.silence.map({ $0 / 1000 }), silence >= least, !socket.isOnHost {
            add(.tooLateForPath, silence >= pathTimeout ?? common.upperBound ? .warning : .notice)
        }
        if let idle, let interval = options?.interval ?? reading.interval, interval > idle {
            add(.intervalExceedsIdle, .notice)
        }
        if let options, let schedule = ProbeSchedule(options), schedule.isByUserTimeout,
            let count = options.count, schedule.probes != count
        {
            add(.userTimeout, schedule.probes == 1 && count > 1 ? .warning : .notice)
        }
    }
}
