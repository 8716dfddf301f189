/// What of some policies bears on a target, found out once for each policy however many callers share it.
///
/// Lives as long as one question about callers, who keep the policies alive.
final class Relevance {
    /// The only actions that are asked about; nil: any.
    let actions: PatternSet?
    /// The only resources; nil: any.
    let resources: PatternSet?
    /// Of which services the actions are.
    let services: UInt64
    private var places: [Question: [Int]] = [:]
    private var accounts: [String: PatternSet] = [:]

    private struct Question: Hashable {
        let policy: ObjectIdentifier
        let isDeny: Bool
    }

    init(actions: PatternSet? = nil, resources: PatternSet? = nil) {
        self.actions = actions
        self.resources = resources
        services = actions?.services ?? .max
    }

    /// The places of a policy's statements of an effect that may match the target.
    func places(in policy: SymbolicPolicy, ofDenies isDeny: Bool) -> [Int] {
        // To find a short policy's again takes longer than to look at it.
        if policy.statements.count <= 4 { return policy.places(ofDenies: isDeny, self) }
        let question = Question(policy: ObjectIdentifier(policy), isDeny: isDeny)
        if let known = places[question] { return known }
        let found = policy.places(ofDenies: isDeny, self)
        places[question] = found
        return found
    }

    /// Whether some action that is asked about may be one of these, as far as a look at the patterns tells.
    func mayBe(_ set: PatternSet) -> Bool { actions.map { $0.mayMeet(set) } ?? true }

    /// That the resource is one of these, or the answer, if all resources that are asked about have the same.
    func isResource(_ set: PatternSet) -> Formula {
        guard let resources else { return .resource(set, true) }
        if !resources.mayMeet(set) { return .always(false) }
        return resources.isWithin(set) ? .always(true) : .resource(set, true)
    }

    /// The resources whose ARN has an account; "#" is a digit.
    func resources(of account: String) -> PatternSet {
        if let known = accounts[account] { return known }
        let set = PatternSet([
            Pattern(Pattern.wild("*:*:*:*:\(account):", bounded: true).symbols + [.many])
        ])
        accounts[account] = set
        return set
    }
}

extension PatternSet {
    /// A bit for each service that the patterns, of actions, begin with; all bits where that is not known of one of them.
    /// Two sets without a bit in common have nothing in common.
    var services: UInt64 {
        patterns.reduce(0) { $0 | ($1.indexKey.map { 1 << ($0 >> 32 & 63) } ?? .max) }
    }

    /// Whether there may be a text in both, as far as a look at the patterns tells. False is certain.
    func mayMeet(_ other: PatternSet) -> Bool {
        if matchesNone, other.matchesNone { return true }
        return patterns.contains { own in other.contains(near: own) { !$0.isClearlyApart(from: own) } }
    }

    /// Whether each text of this set is one of the other's, as far as a look at the patterns tells. True is certain.
    func isWithin(_ other: PatternSet) -> Bool {
        if matchesNone, !other.matchesNone { return false }
        return patterns.allSatisfy { own in other.contains(near: own) { $0.covers(own) } }
    }
}
