public import Policy
public import Reasoning

/// Policies made ready once for questions about all requests, however many users and roles share them.
public final class SymbolicCache {
    private var known: [ObjectIdentifier: SymbolicPolicy] = [:]

    /// Makes an empty cache.
    public init() {}

    /// The policy, made ready.
    public func symbolic(_ policy: CompiledPolicy) -> SymbolicPolicy {
        if let symbolic = known[ObjectIdentifier(policy)] { return symbolic }
        let symbolic = SymbolicPolicy(policy)
        known[ObjectIdentifier(policy)] = symbolic
        return symbolic
    }
}
