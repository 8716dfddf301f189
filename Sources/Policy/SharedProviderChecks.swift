// What IAM asks of trust policies that trust an identity provider of everybody's.

extension DocumentParser {
    /// Whoever trusts GitHub's provider must say whose workflows: by the token's `sub` or `job_workflow_ref`, with at
    /// least one value that is not all wildcard. (`repo:*` passes, as it does on AWS.) Whoever trusts Cognito's identity pools
    /// must say which: by `aud`.
    ///
    /// AWS: "Configuring a role for GitHub OIDC identity provider", `id_roles_create_for-idp_oidc.html`; "Set up a trust
    /// policy", Amazon Cognito Developer Guide, `iam-roles.html`.
    func checkSharedProviders(_ statement: DraftStatement) throws(PolicyError) {
        guard type == .roleTrust, statement.effect?.value == Statement.Effect.allow.rawValue,
            let principals = statement.principals
        else { return }
        for entry in principals.entries where entry.type == "Federated" {
            guard let keys = Self.limitingKeys(of: entry.value) else { continue }
            let isLimited = statement.conditions.contains { condition in
                keys.contains(condition.key.value.lowercasedASCII) && condition.limitsByName
            }
            guard isLimited else { throw error(.openToEverybody(entry.value, keys), entry.position) }
        }
    }

    /// The condition keys of which one has to limit whom a principal stands for; nil: none has to.
    private static func limitingKeys(of principal: String) -> [String]? {
        if principal == identityPools { return ["\(identityPools):aud"] }
        guard let range = principal.firstRange(of: ":oidc-provider/") else { return nil }
        let provider = String(principal[range.upperBound...])
        guard provider == github || provider.hasPrefix(github + "/") else { return nil }
        return ["\(provider):sub", "\(provider):job_workflow_ref"]
    }

    private static var github: String { "token.actions.githubusercontent.com" }
    private static var identityPools: String { "cognito-identity.amazonaws.com" }
}

extension CompiledPolicy {
    /// Whether each statement of a trust policy that may let in tokens of a provider's names values of a key that tokens must have.
    /// - Parameters:
    ///   - key: the condition key, in lower case.
    ///   - provider: as `Federated` names it.
    ///   - action: such as `sts:AssumeRoleWithWebIdentity`.
    public func limits(_ key: String, ofTokensFrom provider: String, for action: String) -> Bool {
        let action = action.lowercasedASCII.utf8
        return withExtendedLifetime(self) {
            statements.allSatisfy { compiled in
                guard !compiled.isDeny, compiled.actions.matches(action.span),
                    document.statements.indices.contains(compiled.index)
                else { return true }
                let statement = document.statements[compiled.index]
                guard statement.principals?.mayBe(provider) ?? false else { return true }
                return statement.conditions.contains { condition in
                    condition.key.value.lowercasedASCII == key && condition.limitsByName
                        && ConditionOperator(condition.operatorName.value)?.quantifier != .forAllValues
                }
            }
        }
    }
}

extension Statement.Principals {
    /// Whether users of a provider may be among them.
    fileprivate func mayBe(_ provider: String) -> Bool {
        isNegated || entries.contains { $0.value == "*" || $0.value == provider }
    }
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
