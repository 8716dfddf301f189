import Platform
import Synchronization
import WAF

/// Which tasks were answered, and who answers wrong too often. It is in memory alone.
final class Attempts: Sendable {
    /// Names this process in the tasks that it gives.
    let keeper = Identifiers.mixed(12)

    private struct Failures {
        var count = 0
        /// Until when they count, in seconds since 1970.
        let end: Double
    }

    private struct State {
        /// Until when each would be good.
        var answered: [String: Double] = [:]
        var failures: [IPAddress: Failures] = [:]
    }

    private let state = Mutex(State())

    private static let mostAnswered = 200_000
    private static let mostClients = 50_000
    /// Wrong answers within the window.
    private static let mostFailures = 10
    /// In seconds.
    private static let window = 300.0

    init() {}

    func forget() { state.withLock { $0 = State() } }

    /// A network that one client may have all of.
    private static func client(_ address: IPAddress) -> IPAddress {
        address.version == 6 ? address.masked(to: 64) : address
    }

    /// Whether a client may answer at all.
    func mayAnswer(_ address: IPAddress?, at time: Double) -> Bool {
        guard let address else { return true }
        return state.withLock { state in
            guard let failures = state.failures[Self.client(address)], failures.end > time else { return true }
            return failures.count < Self.mostFailures
        }
    }

    /// Takes note that a task is answered.
    /// - Returns: false: it was before, or there is no room to keep it in mind.
    func use(_ task: ClientTask, at time: Double) -> Bool {
        state.withLock { state in
            guard state.answered[task.id] == nil else { return false }
            if state.answered.count >= Self.mostAnswered {
                state.answered = state.answered.filter { $0.value > time }
                guard state.answered.count < Self.mostAnswered else { return false }
            }
            state.answered[task.id] = task.issued + ClientTask.lifetime
            return true
        }
    }

    /// Takes note of a wrong answer.
    func failed(_ address: IPAddress?, at time: Double) {
        guard let address else { return }
        state.withLock { state in
            if state.failures.count >= Self.mostClients {
                state.failures = state.failures.filter { $0.value.end > time }
                // Among so many nobody is told apart; each begins anew.
                if state.failures.count >= Self.mostClients { state.failures = [:] }
            }
            let key = Self.client(address)
            var failures = state.failures[key].flatMap { $0.end > time ? $0 : nil } ?? Failures(end: time + Self.window)
            failures.count += 1
            state.failures[key] = failures
        }
    }
}
