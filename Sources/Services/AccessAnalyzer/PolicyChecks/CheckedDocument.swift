import CustomChecks
import Lint
import Policy
import Reasoning
import Wire

/// A policy that a request hands in, read and ready for questions.
struct CheckedDocument {
    let type: PolicyType
    let symbolic: SymbolicPolicy

    /// - Parameters:
    ///   - text: the document.
    ///   - member: the member of the request that it is.
    ///   - policyType: AWS's word for the type. A role's trust policy is a resource policy, too.
    /// - Throws: InvalidParameterException for what is no policy of that type.
    init(_ text: String, _ member: String, _ policyType: String) throws(ServiceError) {
        let isIdentity = policyType == "IDENTITY_POLICY"
        try self.init(
            text, member, as: isIdentity ? .identity : Linter.type(of: text) == .roleTrust ? .roleTrust : .resource)
    }

    /// - Parameters: see the other initializer.
    init(_ text: String, _ member: String, as type: PolicyType) throws(ServiceError) {
        self.type = type
        do throws(PolicyError) {
            let document = try PolicyDocument(parsing: text, as: type, strictness: .evaluable)
            symbolic = SymbolicPolicy(CompiledPolicy(document, source: PolicySource(type: type, name: member)))
        } catch {
            throw .invalidParameter("The value of \(member) is not a valid policy document: \(error)")
        }
    }
}
