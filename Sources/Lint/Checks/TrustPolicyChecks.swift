import Catalogue
import Policy

// What makes a role trust policy work, and what makes it trust more than was meant.

extension Checker {
    mutating func checkTrust(of statement: LooseStatement) {
        checkSessions(of: statement)
        guard statement.effect == .allow else { return }
        checkActionForPrincipals(of: statement)
        checkActionsForKeys(of: statement)
        checkRolesAnywhere(statement)
        checkIdentityProviders(of: statement)
        checkClaims(of: statement)
    }

    private func entries(_ statement: LooseStatement) -> [LooseStatement.Principals.Entry] {
        statement.principals?.entries ?? []
    }

    /// A session is already trusted through its role.
    private mutating func checkSessions(of statement: LooseStatement) {
        let names = Set(entries(statement).map(\.value.value))
        for entry in entries(statement) where entry.kind == "AWS" {
            let arn = ARNParts(pattern: entry.value.value)
            let parts = arn.resource.split(separator: "/")
            guard arn.service == "sts", parts.count == 3, parts[0] == "assumed-role" else { continue }
            let role = "arn:\(arn.partition):iam::\(arn.account):role/\(parts[1])"
            if names.contains(role) {
                report(
                    .redundantPrincipalInRoleTrustPolicy, entry.value.place,
                    "Remove the session: its role \(role) is trusted already.")
            }
        }
    }

    /// Each kind of principal assumes a role by an action of its own.
    private mutating func checkActionForPrincipals(of statement: LooseStatement) {
        guard let actions = statement.actions, !actions.isNegated else { return }
        for entry in entries(statement) {
            let own = Self.assumingAction(of: entry)
            let wrong = actions.values.first { action in
                !action.value.hasWildcards
                    && Self.assumeRoleActions.contains { action.covers($0) && $0 != own }
            }
            let isServed = actions.values.contains { $0.covers(own) }
            if let wrong, !isServed {
                report(
                    .mismatchedActionForPrincipal, wrong.place,
                    "\"\(entry.value.value)\" can't call \(wrong.value): write \(own), or name another principal.")
            }
        }
    }

    private static let assumeRoleActions = [
        "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity",
    ]

    private static func assumingAction(of entry: LooseStatement.Principals.Entry) -> String {
        guard entry.kind == "Federated" else { return assumeRoleActions[0] }
        return entry.value.value.contains(":saml-provider/") ? assumeRoleActions[1] : assumeRoleActions[2]
    }

    /// What a session is given must be allowed by an action of its own.
    private mutating func checkActionsForKeys(of statement: LooseStatement) {
        let needs = [
            ("sts:SourceIdentity", "sts:SetSourceIdentity"), ("sts:TransitiveTagKeys", "sts:TagSession"),
            ("aws:RequestTag/", "sts:TagSession"),
        ]
        for (key, action) in needs {
            guard let condition = statement.conditions.first(where: { $0.isAbout(key) }), !statement.names(action)
            else { continue }
            report(
                .missingActionForConditionKey, condition.key.place,
                "Add \(action) to the actions: without it no request can set \(condition.key.value).")
        }
    }

    private mutating func checkRolesAnywhere(_ statement: LooseStatement) {
        let name = "rolesanywhere.amazonaws.com"
        guard let entry = entries(statement).first(where: { $0.value.value == name }) else { return }
        let missing = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"].filter { !statement.names($0) }
        if !missing.isEmpty {
            report(
                .missingActionForRolesAnywhereTrustPolicy, entry.value.place,
                "Add \(missing.joined(separator: " and ")) to the actions: Roles Anywhere needs all three.")
        }
    }

    /// Without a condition on its claims, a public provider lets in all of its users, not only one's own.
    private mutating func checkIdentityProviders(of statement: LooseStatement) {
        guard statement.names("sts:AssumeRoleWithWebIdentity") else { return }
        for entry in entries(statement) where entry.kind == "Federated" {
            let text = entry.value.value
            guard !text.contains(":saml-provider/") else { continue }
            let provider = text.firstRange(of: ":oidc-provider/").map { String(text[$0.upperBound...]) } ?? text
            if provider == Self.github {
                let keys = ["sub", "job_workflow_ref", "repository", "repository_id"].map { "\(provider):\($0)" }
                if !statement.conditions.contains(where: { condition in keys.contains { condition.isAbout($0) } }) {
                    report(
                        .missingGithubRepoConditionKey, entry.value.place,
                        "Every repository on GitHub could assume the role: add a condition on \(provider):sub.")
                }
            } else if !statement.conditions.contains(where: {
                $0.key.value.lowercased().hasPrefix(provider.lowercased() + ":")
            }) {
                report(
                    .missingConditionKeyForOIDCPrincipal, entry.value.place,
                    "Every user of \(provider) could assume the role: add a condition on \(provider):aud or :sub.")
            }
        }
    }

    private static let github = "token.actions.githubusercontent.com"

    private mutating func checkClaims(of statement: LooseStatement) {
        for condition in statement.conditions {
            guard let operation = condition.operation, !operation.isNegated else { continue }
            let key = condition.key.value.lowercased()
            let isProvider = key.contains(".") || key.contains("/")
            if isProvider, key.hasSuffix(":aud"), operation.qualifier == .forAnyValue {
                report(
                    .foranyvalueWithAudienceClaimType, condition.key.place,
                    "Remove ForAnyValue: the audience is one value, of which ForAnyValue tests too little.")
            }
            if isProvider, key.hasSuffix(":aud"), operation.qualifier == nil, operation.family == .string {
                report(
                    .confirmAudienceClaimType, condition.key.place,
                    "See whether the provider's aud claim is one value, as this takes it to be, or a list.")
            }
            guard isProvider, key.hasSuffix(":sub") else { continue }
            for value in condition.values {
                checkVariables(inSubject: value)
                if key == "\(Self.github):sub", !Self.namesRepositoryAndBranch(value.value, operation) {
                    report(
                        .specificGithubRepoAndBranchRecommended, value.place,
                        "Name the repository and what may run: repo:OWNER/NAME:ref:refs/heads/BRANCH.")
                }
                if operation.isLike { checkWildcards(of: value) }
            }
        }
    }

    /// A variable stands for whatever the caller's token says: what comes before must name the caller's own.
    private mutating func checkVariables(inSubject value: Text) {
        guard let start = value.value.firstRange(of: "${")?.lowerBound, value.value[..<start].count < 6 else { return }
        report(
            .variableUsageTooPermissive, value.place,
            "Write at least six characters before the variable in \"\(value.value)\": it lets in too many.")
    }

    private static func namesRepositoryAndBranch(_ subject: String, _ operation: OperatorName) -> Bool {
        guard operation.isLike else { return true }
        let parts = subject.split(separator: ":", maxSplits: 2)
        return parts.count == 3 && parts[0] == "repo" && parts[1].contains("/") && !parts[1].hasWildcards
            && !parts[2].isAllWildcard
    }

    /// AWS asks for six characters before each wildcard of a subject.
    private mutating func checkWildcards(of value: Text) {
        var literal = 0
        for character in value.value {
            guard character == "*" || character == "?" else {
                literal += 1
                continue
            }
            if literal < 6 {
                report(
                    .wildcardUsageTooPermissive, value.place,
                    "Write at least six characters before each wildcard of \"\(value.value)\": it lets in too many.")
                return
            }
            literal = 0
        }
    }
}
