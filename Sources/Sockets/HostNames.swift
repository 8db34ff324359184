import Dispatch
import Platform
import Synchronization
package import Wire

/// The host names of addresses, each looked up once.
///
/// A look-up may take long, and a live capture must go on: `name(of:)` waits two seconds for one address, and ten for all.
/// An address whose name comes later keeps its number for the rest of the report, so that a table has one width.
package final class HostNames: Sendable {
    private struct State {
        var names: [IPAddress: String?] = [:]
        var patience: Duration
    }

    private let state: Lock<State>
    private let lookUp: @Sendable (IPAddress) -> String?
    /// How long to wait for one address.
    private let wait: Duration

    /// The names that the system finds (getnameinfo(3)): in /etc/hosts, then from the DNS.
    package convenience init() {
        self.init { hostName(of: $0) }
    }

    /// The names that `lookUp` finds, which may block. Waits `wait` for one address, and `patience` for all together.
    package init(
        wait: Duration = .seconds(2), patience: Duration = .seconds(10),
        lookUp: @escaping @Sendable (IPAddress) -> String?
    ) {
        self.wait = wait
        self.lookUp = lookUp
        state = Lock(State(patience: patience))
    }

    /// The name of `address`; nil: it has none, or none came in time.
    package func name(of address: IPAddress) -> String? {
        state.withLock { state in
            if let known = state.names[address] { return known }
            let name = find(address, &state.patience)
            state.names.updateValue(name, forKey: address)
            return name
        }
    }

    private func find(_ address: IPAddress, _ patience: inout Duration) -> String? {
        if patience <= .zero { return nil }
        let answer = Answer()
        let done = DispatchSemaphore(value: 0)
        let lookUp = lookUp
        DispatchQueue.global().async {
            answer.set(lookUp(address))
            done.signal()
        }
        let start = ContinuousClock.now
        let limit = min(wait, patience)
        let milliseconds =
            Int(limit.components.seconds) * 1000 + Int(limit.components.attoseconds / 1_000_000_000_000_000)
        let result = done.wait(timeout: .now() + .milliseconds(milliseconds))
        patience -= ContinuousClock.now - start
        guard result == .success, let name = answer.value, Self.isPlain(name) else { return nil }
        return name
    }

    /// Whether `name` has only visible ASCII: the owner of a DNS zone could otherwise control the terminal.
    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private final class Answer: Sendable {
        private let name = Lock<String?>(nil)

        var value: String? { name.withLock { $0 } }

        func set(_ value: String?) { name.withLock { $0 = value } }
    }
}
