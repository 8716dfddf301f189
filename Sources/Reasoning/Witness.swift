public import Policy

/// A request that proves an answer.
///
/// The policy engine itself has decided it before anybody sees it.
public struct Witness: Sendable {
    /// Who asks for what.
    public let request: AuthorizationRequest
    /// The condition keys that the request has to have, by their names in lower case.
    public let context: [String: ContextValue]
    /// The condition keys that the request must not have, by their names in lower case.
    public let absentKeys: [String]
    /// What the engine says of it: by the policy that it is a request of, such as the new one of two.
    public let decision: Decision

    /// The witness for a reader who knows anyway that some condition keys are absent.
    ///
    /// - Parameter keys: their names in lower case.
    public func leavingOut(_ keys: [String]) -> Witness {
        Witness(
            request: request, context: context, absentKeys: absentKeys.filter { !keys.contains($0) }, decision: decision
        )
    }
}

/// An answer about all requests at once.
public enum Answer: Sendable {
    /// There is such a request.
    case yes(Witness)
    /// There is none: certainly.
    case no
    /// It was given up, in one of the corner cases that a ``Doubt`` names.
    case unknown(Doubt)

    /// Whether it is certain that there is no such request.
    public var isNo: Bool { if case .no = self { true } else { false } }

    /// The request that was found.
    public var witness: Witness? { if case .yes(let witness) = self { witness } else { nil } }
}
