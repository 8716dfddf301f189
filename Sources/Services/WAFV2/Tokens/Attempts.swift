import Platform
import Synchronization
import WAF

/// Which tasks were answered, and who answers wrong, or at all, too often. It is in memory alone.
final class Attempts: Sendable {
    /// Names this process in the tasks that it gives.
    let keeper = Identifiers.mixed(12)

    private struct Counts {
        var wrong = 0
        var right = 0
        /// Until when they count, in seconds since 1970.
        let end: Double
    }

    private struct State {
        var answered: Generations<String, Void>
        var clients = Generations<IPAddress, Counts>(span: Attempts.window, most: Attempts.mostClients)
    }

    private let state: Mutex<State>
    private let mostAnswered: Int

    private static let mostClients = 50_000
    /// Wrong answers within the window, and right ones: many may be behind one address.
    private static let mostWrong = 10
    private static let mostRight = 300
    /// In seconds.
    private static let window = 300.0

    /// - Parameter mostAnswered: how many tasks are kept in mind at most. Of more than that the first are forgotten: whoever
    ///   has had so many answered has paid for what those may be used again for, and nobody else is kept from answering.
    init(mostAnswered: Int = 200_000) {
        self.mostAnswered = mostAnswered
        state = Mutex(State(answered: Self.answered(mostAnswered)))
    }

    private static func answered(_ most: Int) -> Generations<String, Void> {
        Generations(span: ClientTask.lifetime, most: most)
    }

    func forget() { state.withLock { $0 = State(answered: Self.answered(mostAnswered)) } }

    /// A network that one client may have all of.
    private static func client(_ address: IPAddress) -> IPAddress {
        address.version == 6 ? address.masked(to: 64) : address
    }

    /// Why a client may not answer now, as it is told; nil: it may.
    func refusal(of address: IPAddress?, at time: Double) -> String? {
        guard let address else { return nil }
        let counts = state.withLock { $0.clients[Self.client(address)] }
        guard let counts, counts.end > time else { return nil }
        if counts.wrong >= Self.mostWrong {
            return "Too many answers were wrong. Wait five minutes, then try again."
        }
        return counts.right >= Self.mostRight
            ? "Too many answers came from your address. Wait five minutes, then try again." : nil
    }

    /// Takes note that a task is answered.
    /// - Returns: false: it was before.
    func use(_ task: ClientTask, at time: Double) -> Bool {
        let (isNew, gone) = state.withLock { state -> (Bool, [String: Void]) in
            guard state.answered[task.id] == nil else { return (false, [:]) }
            return (true, state.answered.set((), for: task.id, at: time))
        }
        // What is forgotten is freed when nobody waits for the lock any more.
        _ = consume gone
        return isNew
    }

    /// Takes note of an answer.
    func note(isRight: Bool, from address: IPAddress?, at time: Double) {
        guard let address else { return }
        let key = Self.client(address)
        let gone = state.withLock { state in
            var counts = state.clients[key].flatMap { $0.end > time ? $0 : nil } ?? Counts(end: time + Self.window)
            if isRight { counts.right += 1 } else { counts.wrong += 1 }
            return state.clients.set(counts, for: key, at: time)
        }
        _ = consume gone
    }
}

/// A table whose entries are kept for a time at least, unless there are too many. Nobody looks for those that are too old: half of
/// the table is let go at once.
private struct Generations<Key: Hashable & Sendable, Value: Sendable> {
    /// For how long entries are kept at least, in seconds.
    let span: Double
    let most: Int
    private var new: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private var began = 0.0

    init(span: Double, most: Int) {
        self.span = span
        self.most = most
    }

    subscript(key: Key) -> Value? { new[key] ?? old[key] }

    /// Keeps a value in place of the one before.
    /// - Returns: what is not kept any more.
    mutating func set(_ value: Value, for key: Key, at time: Double) -> [Key: Value] {
        var gone: [Key: Value] = [:]
        if time - began >= span || new.count >= max(1, most / 2) {
            gone = old
            (old, new, began) = (new, [:], time)
        }
        new[key] = value
        return gone
    }
}
