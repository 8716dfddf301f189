import Policy
import Reasoning

/// A policy from its text.
func symbolic(_ text: String, _ type: PolicyType = .identity) throws -> SymbolicPolicy {
    SymbolicPolicy(
        CompiledPolicy(
            try PolicyDocument(parsing: text, as: type, strictness: .evaluable), source: PolicySource(type: type)))
}

/// A policy of these statements, which are written without their braces.
func policy(_ statements: String..., type: PolicyType = .identity) throws -> SymbolicPolicy {
    let text = statements.map { "{\($0)}" }.joined(separator: ",")
    return try symbolic(#"{"Version":"2012-10-17","Statement":[\#(text)]}"#, type)
}
