package import KeepAlive
package import Sockets
package import Wire

/// The verification of one end's probes, and the endpoints.
package struct ProbeVerification: Sendable {
    /// The end that sent the probes; nil: no connection was found.
    package var prober: Endpoint?
    /// The other end; nil: no connection was found.
    package var peer: Endpoint?
    /// The result.
    package var verification: Verification
    /// The socket of the prober, whose options are the expected ones; nil: the user gave them.
    package var socket: InspectedSocket?

    /// The result `verification` for the probes of `prober`, which has `socket`, to `peer`.
    package init(prober: Endpoint?, peer: Endpoint?, verification: Verification, socket: InspectedSocket? = nil) {
        self.prober = prober
        self.peer = peer
        self.verification = verification
        self.socket = socket
    }
}

extension TextBuffer {
    /// Appends a `tcpalive.verification/2`.
    package mutating func appendRecord(_ verified: ProbeVerification) {
        beginRecord("tcpalive.verification/2")
        if let prober = verified.prober { members("prober_", prober) }
        if let peer = verified.peer { members("peer_", peer) }
        if let socket = verified.socket { members("", socket) }
        let verification = verified.verification
        member("outcome", verification.obstacle != nil ? "not_judged" : verification.passes ? "pass" : "fail")
        if let obstacle = verification.obstacle { member("reason", obstacle.text) }
        member("checks")
        appendArray(verification.checks) { text, check in
            text.append("{\"field\":")
            text.append(json: check.quantity.text)
            text.member("expected", check.expectedText)
            if let tolerance = check.toleranceText { text.member("tolerance", tolerance) }
            text.member("actual", check.actualText)
            if check.outcome != .notJudged { text.member("passes", check.passes) }
            if let reason = check.reason { text.member("reason", reason.text) }
            text.append("}")
        }
        append("}")
    }
}
