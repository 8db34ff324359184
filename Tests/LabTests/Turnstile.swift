import Synchronization

/// Lets in so many at once, and has the others wait in line.
final class Turnstile: Sendable {
    /// A place, given back with `deinit`.
    final class Place: Sendable {
        private let turnstile: Turnstile

        fileprivate init(of turnstile: Turnstile) {
            self.turnstile = turnstile
        }

        deinit { turnstile.leave() }
    }

    private struct State {
        var free: Int
        var line: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// With `places`, at least 1.
    init(places: Int) {
        state = Mutex(State(free: places))
    }

    /// Takes a place, once there is one.
    func enter() async -> Place {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.line.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        return Place(of: self)
    }

    /// Gives a place to the next in line, if any.
    private func leave() {
        let next = state.withLock { state in
            if state.line.isEmpty {
                state.free += 1
                return nil as CheckedContinuation<Void, Never>?
            }
            return state.line.removeFirst()
        }
        next?.resume()
    }
}
