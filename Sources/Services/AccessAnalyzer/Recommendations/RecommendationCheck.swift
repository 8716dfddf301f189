import Learning
import Policy
import Reasoning

/// Proves that a policy may take another's place: it allows nothing new, and everything that was used and allowed.
struct RecommendationCheck: Sendable {
    /// What was used.
    let accesses: [ObservedAccess]

    /// - Parameters:
    ///   - new: nil: nothing takes the other's place.
    ///   - old: the policy as it is.
    /// - Throws: an internal error where it is not so, or nobody can tell.
    func confirm(_ new: String?, inPlaceOf old: String) throws(FindingRecommendation.Failure) {
        guard let before = compiled(old) else { throw .internalError("A policy can't be read.") }
        let after = new.flatMap(compiled)
        guard (after == nil) == (new == nil) else { throw .internalError("A policy can't be read.") }
        if let after {
            switch Checks().newAccess(from: SymbolicPolicy(before), to: SymbolicPolicy(after)) {
            case .no: break
            case .yes: throw .internalError("The recommended policy would allow something new.")
            // What was taken out can't allow anything; the search was too long.
            case .unknown: break
            }
        }
        for access in accesses where allows(access, before) {
            guard let after, allows(access, after) else {
                throw .internalError("The recommended policy would not allow \(access.action) on \(access.resource).")
            }
        }
    }

    private func compiled(_ text: String) -> CompiledPolicy? {
        guard let document = try? PolicyDocument(parsing: text, as: .identity, strictness: .evaluable) else {
            return nil
        }
        return CompiledPolicy(document, source: PolicySource(type: .identity, name: "policy"))
    }

    private func allows(_ access: ObservedAccess, _ policy: CompiledPolicy) -> Bool {
        var inputs = PolicyInputs(identity: [policy])
        // What a resource's own policy says does not change.
        inputs.ignoresResourceSide = true
        return PolicyEvaluator.evaluate(Coverage.request(access), inputs, DictionaryContext(access.context)).isAllowed
    }
}
