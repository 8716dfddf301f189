/// How much work an answer may take.
///
/// Work is counted in steps, not in time, so that an answer is the same on every machine.
public struct Budget: Sendable, Hashable {
    /// The steps for one question.
    public var steps: Int

    /// Makes a budget.
    public init(steps: Int) { self.steps = steps }

    func times(_ factor: Int) -> Budget { Budget(steps: steps.multipliedReportingOverflow(by: factor).partialValue) }

    /// A million steps: a fraction of a second.
    public static let standard = Budget(steps: 1_000_000)
}

/// What is left of a budget while one question is worked on.
final class Meter {
    private(set) var left: Int
    /// Why an answer was given up, the first time that it was.
    private(set) var doubt: Doubt?

    init(_ budget: Budget) { left = budget.steps }

    var isExhausted: Bool { left <= 0 }

    func spend(_ steps: Int) {
        left -= steps
        if left <= 0 { note(.budget) }
    }

    func note(_ doubt: Doubt) { if self.doubt == nil { self.doubt = doubt } }
}

/// Why a question has no answer: the corner cases in which the reasoning gives up.
public enum Doubt: Sendable, Hashable {
    /// The ``Budget`` is used up.
    case budget
    /// Variables tie values together, and no values that were tried fit; the keys that they name.
    case variables([String])
    /// Conditions compare the same key as texts and as numbers, dates or addresses; the key.
    case mixedTypes(String)
    /// A grant of a KMS key with an encryption context is among the policies.
    case encryptionContext
    /// The evaluator did not agree with the request that was found: an error of Gatehouse's.
    case disagreement
}

extension Doubt: CustomStringConvertible {
    /// A sentence without its full stop.
    public var description: String {
        switch self {
        case .budget: "the policies take more steps than the budget has"
        case .variables(let keys):
            "the policies tie values together by variables (\(keys.joined(separator: ", "))), and none that were tried fit"
        case .mixedTypes(let key):
            "conditions on \(key) compare it both as text and as a number, a date or an address"
        case .encryptionContext: "a grant depends on an encryption context"
        case .disagreement: "the policy engine disagrees with the request that was found; please report this"
        }
    }
}
