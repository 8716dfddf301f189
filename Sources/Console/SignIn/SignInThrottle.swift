import Synchronization

/// Slows guessing down, without giving anybody the means to keep others out.
///
/// Guesses are counted for each account's user and for each address. A browser in which a user has signed in before has a
/// cookie that says so, and its guesses are counted apart: so a stranger's guesses at a name stop strangers, and not the
/// person who signs in from the usual browser.
/// <https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies>
final class SignInThrottle: Sendable {
    /// Who guesses, and at what.
    struct Attempt: Sendable {
        /// The account and name that were typed; they need not exist.
        let name: String
        let address: String
        /// The id of the browser's cookie for that name; nil: it has none.
        let device: String?
    }

    /// So many wrong guesses are free within ``span``.
    private static let mostOfName = 10
    private static let mostOfDevice = 10
    private static let mostOfAddress = 60
    /// In seconds.
    private static let span = 600.0
    /// How many names and addresses are remembered; then the oldest are forgotten.
    private static let mostRemembered = 50_000
    /// How many passwords of one address are checked at the same time: each costs a quarter of a second.
    private static let mostAtOnce = 4

    private struct State {
        var guesses: [String: [Double]] = [:]
        var underWay: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// Counts a guess before it is looked at, so that simultaneous ones all count.
    /// - Returns: false if there were too many: then it must not be looked at.
    func begin(_ attempt: Attempt, at time: Double) -> Bool {
        state.withLock { state in
            guard state.underWay[attempt.address, default: 0] < Self.mostAtOnce else { return false }
            let counters = Self.counters(attempt)
            for (key, most) in counters {
                let recent = (state.guesses[key] ?? []).filter { $0 > time - Self.span }
                state.guesses[key] = recent.isEmpty ? nil : recent
                guard recent.count < most else { return false }
            }
            if state.guesses.count > Self.mostRemembered {
                state.guesses = state.guesses.filter { $0.value.contains { $0 > time - Self.span } }
                if state.guesses.count > Self.mostRemembered { state.guesses.removeAll() }
            }
            for (key, _) in counters { state.guesses[key, default: []].append(time) }
            state.underWay[attempt.address, default: 0] += 1
            return true
        }
    }

    /// Takes note of what came of a guess that had begun.
    /// - Parameter isRight: then it was no guess, and is not counted.
    func end(_ attempt: Attempt, isRight: Bool) {
        state.withLock { state in
            let underWay = state.underWay[attempt.address, default: 1] - 1
            state.underWay[attempt.address] = underWay > 0 ? underWay : nil
            guard isRight else { return }
            for (key, _) in Self.counters(attempt) where !(state.guesses[key]?.isEmpty ?? true) {
                state.guesses[key]?.removeLast()
                if state.guesses[key]?.isEmpty == true { state.guesses[key] = nil }
            }
        }
    }

    /// Forgets everything.
    func reset() { state.withLock { $0 = State() } }

    private static func counters(_ attempt: Attempt) -> [(key: String, most: Int)] {
        if let device = attempt.device { return [("device \(device)", mostOfDevice)] }
        return [("name \(attempt.name)", mostOfName), ("address \(attempt.address)", mostOfAddress)]
    }
}
