import Synchronization

/// Answers that were given lately: to sign one takes a hundred times as long as to give it again.
public final class RecentAnswers: Sendable {
    /// In seconds.
    private static let lifetime = 3600.0
    private static let most = 1000

    private struct Answer {
        let states: [RevocationQuery.State]
        let bytes: [UInt8]
        let time: Double
    }

    private struct State {
        var answers: [[UInt8]: Answer] = [:]
        /// When an event was last recorded for a certificate.
        var recorded: [String: Double] = [:]
    }

    private let state = Mutex(State())

    /// None yet.
    public init() {}

    /// The answer to a question while states are as they were; nil: there is none, or it is an hour old.
    public func answer(to question: [UInt8], _ states: [RevocationQuery.State], at time: Double) -> [UInt8]? {
        state.withLock { state in
            guard let answer = state.answers[question], answer.states == states,
                (answer.time..<answer.time + Self.lifetime).contains(time)
            else { return nil }
            return answer.bytes
        }
    }

    /// Keeps an answer, which is to nobody in particular: its question has no nonce.
    public func keep(_ bytes: [UInt8], to question: [UInt8], _ states: [RevocationQuery.State], at time: Double) {
        state.withLock { state in
            if state.answers.count >= Self.most { state.answers = [:] }
            state.answers[question] = Answer(states: states, bytes: bytes, time: time)
        }
    }

    /// Whether a certificate has not been asked about for an hour.
    public func isFirst(_ serial: String, at time: Double) -> Bool {
        state.withLock { state in
            if let last = state.recorded[serial], (last..<last + Self.lifetime).contains(time) { return false }
            if state.recorded.count >= 100 * Self.most { state.recorded = [:] }
            state.recorded[serial] = time
            return true
        }
    }
}
