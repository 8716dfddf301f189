import Mapping
import Synchronization

/// What endpoints have told, believed for a minute: things can be deleted and made anew past Gatehouse.
///
/// What a call that passes through Gatehouse changes is forgotten when the call begins and when it has ended, and nothing is
/// kept of a question that was open at either moment: its answer may be about what was there before.
final class Recollections: Sendable {
    /// What was told.
    enum Answer: Sendable, Equatable {
        case keys(TableKeys)
        case arn(String)
    }

    /// The moment before a question. ``note(_:of:at:asked:now:)`` tells by it whether the answer can be kept.
    struct Moment: Sendable, Equatable {
        fileprivate let changes: Int
    }

    private struct State {
        var known: [String: (answer: Answer, time: Double)] = [:]
        /// By ARN: how many calls are under way that change what the ARN names.
        var underWay: [String: Int] = [:]
        /// How often such calls have begun or ended.
        var changes = 0

        mutating func forget(_ arns: [String]) {
            changes += 1
            for key in known.keys where arns.contains(where: { key.hasSuffix(" \($0)") }) { known[key] = nil }
        }
    }

    private static let longest = 60.0
    private static let mostKnown = 10_000

    private let state = Mutex(State())

    /// What is known; nil where the endpoint is to be asked.
    /// - Parameters:
    ///   - arn: what the question is about.
    ///   - url: of the endpoint.
    ///   - now: in seconds since 1970.
    func answer(of arn: String, at url: String, now: Double) -> Answer? {
        guard let known = state.withLock({ $0.known[Self.key(arn, url)] }), known.time > now - Self.longest else {
            return nil
        }
        return known.answer
    }

    /// To be called before a question is asked.
    var moment: Moment { Moment(changes: state.withLock { $0.changes }) }

    /// Keeps an answer, unless what it is about may have changed since the question was asked.
    func note(_ answer: Answer, of arn: String, at url: String, asked: Moment, now: Double) {
        state.withLock { state in
            guard state.changes == asked.changes, state.underWay[arn] == nil else { return }
            if state.known.count >= Self.mostKnown { state.known.removeAll() }
            state.known[Self.key(arn, url)] = (answer, now)
        }
    }

    /// A call begins that changes what the ARNs name; ``changeEnds(of:)`` has to follow.
    func changeBegins(of arns: [String]) {
        guard !arns.isEmpty else { return }
        state.withLock { state in
            state.forget(arns)
            for arn in arns { state.underWay[arn, default: 0] += 1 }
        }
    }

    /// The call has ended, whatever has come of it: one that was not answered may have been done all the same.
    func changeEnds(of arns: [String]) {
        guard !arns.isEmpty else { return }
        state.withLock { state in
            state.forget(arns)
            for arn in arns {
                let count = state.underWay[arn, default: 1] - 1
                state.underWay[arn] = count > 0 ? count : nil
            }
        }
    }

    private static func key(_ arn: String, _ url: String) -> String { "\(url) \(arn)" }
}
