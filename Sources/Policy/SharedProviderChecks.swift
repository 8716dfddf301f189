// What IAM asks of trust policies that trust an identity provider of everybody's.

extension DocumentParser {
    /// Whoever trusts GitHub's provider must say whose workflows: by the token's `sub` or `job_workflow_ref`, with at
    /// least one value that is not all wildcard. (`repo:*` passes, as it does on AWS.)
    ///
    /// AWS: "Configuring a role for GitHub OIDC identity provider", `id_roles_create_for-idp_oidc.html`.
    func checkSharedProviders(_ statement: DraftStatement) throws(PolicyError) {
        guard type == .roleTrust, statement.effect?.value == Statement.Effect.allow.rawValue,
            let principals = statement.principals
        else { return }
        for entry in principals.entries where entry.type == "Federated" {
            guard let range = entry.value.firstRange(of: ":oidc-provider/") else { continue }
            let provider = String(entry.value[range.upperBound...])
            guard provider == Self.github || provider.hasPrefix(Self.github + "/") else { continue }
            let keys = ["\(provider):sub", "\(provider):job_workflow_ref"]
            let isLimited = statement.conditions.contains { condition in
                keys.contains(condition.key.value.lowercasedASCII) && condition.limitsByName
            }
            guard isLimited else { throw error(.openToEveryWorkflow(entry.value, keys), entry.position) }
        }
    }

    private static var github: String { "token.actions.githubusercontent.com" }
}

extension Statement.Condition {
    /// Whether the operator is one of those that AWS's message names, and a value is not all wildcard.
    fileprivate var limitsByName: Bool {
        guard let condition = ConditionOperator(operatorName.value), !condition.isNegated, !condition.ifExists else {
            return false
        }
        switch condition.comparison {
        case .stringEquals, .stringEqualsIgnoreCase, .stringLike:
            return values.contains { value in !value.value.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
        default: return false
        }
    }
}
