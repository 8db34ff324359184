/// What a verification compares, and what it finds.
extension Verification {
    /// The name of an error in C, such as `ETIMEDOUT`.
    package struct ErrorName: Sendable, Equatable, RawRepresentable {
        /// The name.
        package let rawValue: String

        /// The error that C calls `rawValue`.
        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The probes, or sent data, had no answer.
        package static let timedOut = Self(rawValue: "ETIMEDOUT")
        /// The peer sent a RST.
        package static let connectionReset = Self(rawValue: "ECONNRESET")
    }

    /// How the connection ended for the program that held it.
    package struct Ending: Sendable, Equatable {
        /// The error that recv(2) returned; nil: none.
        package var error: ErrorName?
        /// When recv(2) returned (ns since 1970).
        package var time: Int64

        /// The end at `time` (ns since 1970), with `error` if any.
        package init(error: ErrorName?, time: Int64) {
            self.error = error
            self.time = time
        }
    }

    /// What a check compares.
    package enum Quantity: Sendable, Equatable {
        /// The idle time before a first probe.
        case firstProbe
        /// The time between a probe without an answer and the next one.
        case interval
        /// The time between an answered probe and the next one.
        case period
        /// The longest idle period, in which a probe was due.
        case idlePeriod
        /// The payload of the probes.
        case probeLength
        /// Unanswered probes before the prober gives up.
        case probesBeforeGivingUp
        /// The time between the last probe and the RST of the prober.
        case resetAfterLastProbe
        /// The time between the last segment of the peer and the error.
        case errorTime
        /// The error that recv(2) returns.
        case error
        /// Which probes have an answer.
        case answers
        /// Probes that the kernel sent, by its own counter.
        case kernelProbes
    }

    /// An expected or a measured value.
    package enum Value: Sendable, Equatable {
        /// Nothing: no such segment was captured.
        case nothing
        /// A duration (ns).
        case duration(Int64)
        /// The shortest and the longest of several durations (ns).
        case durations(shortest: Int64, longest: Int64)
        /// An idle period (ns) in which this end sent no probe.
        case noProbe(idle: Int64)
        /// An idle period (ns) in which neither end sent a probe.
        case neitherProbed(idle: Int64)
        /// A number of probes.
        case count(Int64)
        /// A number of probes between these two.
        case counts(least: Int64, most: Int64)
        /// How many of `probes` carry one byte; all others carry none.
        case probesWithByte(UInt64, of: UInt64)
        /// Every probe has an answer.
        case allAnswered
        /// How many of `probes` have an answer; the last `pending` have none yet.
        case answered(UInt64, of: UInt64, pending: UInt64)
        /// An error of recv(2); nil: none.
        case error(ErrorName?)
    }

    /// Why a check fails or cannot be decided.
    package enum Reason: Sendable, Equatable {
        /// The peer probed meanwhile, which restarts the timer of some systems.
        case peerProbed
        /// The wait may be the idle time, which is not given.
        case mayBeIdleTime
        /// The wait may be the interval, which is not given.
        case mayBeInterval
        /// The counter of the kernel includes other connections that probe.
        case otherConnectionsProbe
        /// The options of the socket were changed during the capture.
        case optionsChanged
        /// The options of the socket may have been set when the connection was idle already.
        case mayBeSetLate
        /// The kernel counted more probes than were captured: the others never left the host.
        case probesNeverSent(counted: UInt64, captured: UInt64)
    }

    /// The comparison of one quantity.
    package struct Check: Sendable, Equatable {
        /// What is compared.
        package var quantity: Quantity
        /// The value that the options imply.
        package var expected: Value
        /// The value on the wire.
        package var actual: Value
        /// How much later than expected the actual time may be (ns); nil: the values must be equal.
        package var lateness: Int64?
        /// How much earlier than expected it may seem (ns).
        package var earliness: Int64 = 0
        /// Whether the values agree.
        package var outcome: Outcome
        /// Why the check fails or is not decided, if that is known.
        package var reason: Reason?

        /// Whether the check was decided and the values agree.
        package var passes: Bool { outcome == .passes }
    }

    /// The result of a check.
    package enum Outcome: Sendable, Equatable {
        /// The values agree.
        case passes
        /// The values differ.
        case fails
        /// Undecided.
        case notJudged
    }

    /// Why there is no result.
    package enum Obstacle: Sendable, Equatable {
        /// The capture has no segment of the connection.
        case connectionNotCaptured
        /// The kernel dropped this many packets of the capture.
        case packetsDropped(UInt64)
        /// The capture has no segment of the peer.
        case peerNotCaptured
        /// The peer's window was zero, so the prober sent this many zero-window probes instead of keep-alives.
        case zeroWindow(probes: UInt64)
        /// Data was unacknowledged, so no keep-alive was due.
        case dataInFlight
        /// A FIN was unacknowledged, so no keep-alive was due.
        case closeInFlight
        /// No probe was sent, and the idle time after which one is due is not given.
        case idleTimeUnknown
        /// No connection was idle for the expected idle time (s).
        case notYetDue(idle: Int64)
        /// The capture begins after the segment from which the prober's timer counts.
        case beganTooLate
        /// The capture has no probe, and no connection is known to have been idle for longer than this (ns); nil: the idle
        /// time is not given.
        case noProbes(idle: Int64?)
        /// No check was decided.
        case undecided(Reason)
        /// Nothing in the capture depends on the options of this expectation.
        case nothingToCompare(Expectation)
    }
}
