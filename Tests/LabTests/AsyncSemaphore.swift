import Synchronization

/// A semaphore for tasks, which wait in order.
final class AsyncSemaphore: Sendable {
    /// Permission to continue, returned in `deinit`.
    final class Permit: Sendable {
        private let semaphore: AsyncSemaphore

        fileprivate init(of semaphore: AsyncSemaphore) {
            self.semaphore = semaphore
        }

        deinit { semaphore.signal() }
    }

    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    /// A semaphore with `count` permits, at least 1.
    init(count: Int) {
        state = Mutex(State(free: count))
    }

    /// Waits for a permit.
    func wait() async -> Permit {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        return Permit(of: self)
    }

    /// Passes a permit to the next waiting task, if any.
    private func signal() {
        let next = state.withLock { state in
            if state.waiting.isEmpty {
                state.free += 1
                return nil as CheckedContinuation<Void, Never>?
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
