import Policy

/// Questions about a policy, or about two, that Access Analyzer's custom policy checks ask too.
///
/// ```swift
/// switch Checks().newAccess(from: old, to: new) {
/// case .yes(let witness): print(witness.request.action, witness.request.resource)
/// case .no: print("nothing new")
/// case .unknown(let doubt): print("not decided: \(doubt)")
/// }
/// ```
///
/// A policy is asked about by itself: what its caller may do provided that every other policy allows it.
///
/// AWS: "Validate policies with custom policy checks", `access-analyzer-custom-policy-checks.html`.
public struct Checks: Sendable {
    /// The requests that count.
    public var domain: Domain

    /// Makes the checks for a domain; without one, that of AWS's requests.
    public init(_ domain: Domain = .aws) { self.domain = domain }

    /// Whether a policy grants a request that an older one does not: the question of `CheckNoNewAccess`.
    ///
    /// - Parameters:
    ///   - old: the policy as it was; its type decides how both are read.
    ///   - new: the policy as it is to be.
    ///   - statement: the place, from 0, of the statement of the new policy that grants it; nil: any.
    /// - Complexity: on policies as people write them, microseconds; see ``Budget``.
    public func newAccess(
        from old: SymbolicPolicy, to new: SymbolicPolicy, by statement: Int? = nil
    ) -> Answer {
        Question(allowedBy: [new], notAllowedBy: [old], statement: statement).answer(domain)
    }

    /// Whether a policy grants any of some actions on any of some resources: the question of `CheckAccessNotGranted`.
    ///
    /// - Parameters:
    ///   - actions: patterns such as "s3:Delete*"; none: any action.
    ///   - resources: patterns as in an element `Resource`; none: any resource.
    ///   - statement: the place, from 0, of the statement that grants it; nil: any.
    public func access(
        by policy: SymbolicPolicy, to actions: [String], on resources: [String], by statement: Int? = nil
    ) -> Answer {
        var other: [Formula] = []
        if !actions.isEmpty { other.append(.action(PatternSet(actions.map { Pattern.action($0) }), true)) }
        if !resources.isEmpty { other.append(.resource(.resources(resources), true)) }
        return Question(allowedBy: [policy], other: other, statement: statement).answer(domain)
    }

    /// Whether a policy grants any request at all.
    public func access(by policy: SymbolicPolicy) -> Answer { access(by: policy, to: [], on: []) }
}

extension PatternSet {
    /// Resources as in a policy of a resource.
    static func resources(_ texts: [String]) -> PatternSet {
        let patterns = texts.flatMap { PatternPlace.resource(.identity).tokens(of: $0, version: .v2008) }
            .compactMap { Pattern.reading($0, as: .plain) }
        return PatternSet(patterns, matchesNone: patterns.contains(where: \.isAnything))
    }
}
