// What AWS checks in a document whose structure is right.

extension DocumentParser {
    /// Sids are unique in a document; in IAM's and Organizations' policies they are letters and digits only
    /// (`reference_policies_elements_sid.html`). Other services allow more.
    func checkSids(_ statements: [Statement]) throws(PolicyError) {
        var seen: Set<String> = []
        for case let sid? in statements.map(\.sid) where !sid.value.isEmpty {
            let isPlain = sid.value.utf8.allSatisfy { $0.isLetter || $0.isDigit }
            if !isPlain, type != .resource, type != .endpoint { throw error(.badSid(sid.value), sid.position) }
            guard seen.insert(sid.value).inserted else { throw error(.duplicateSid(sid.value), sid.position) }
        }
    }

    func check(_ statement: Statement) throws(PolicyError) {
        for action in statement.actions.values { try checkAction(action) }
        for resource in statement.resources?.values ?? [] { try checkResource(resource) }
        if let principals = statement.principals { try checkPrincipals(principals) }
        try checkSharedProviders(statement)
        for condition in statement.conditions { try checkCondition(condition) }
        if type == .resourceControl { try checkResourceControl(statement) }
    }

    private func checkAction(_ action: Located) throws(PolicyError) {
        if type == .roleTrust {
            guard Self.isAssumeRole(action.value) else { throw error(.notAssumeRole(action.value), action.position) }
            return
        }
        if action.value == "*" { return }
        let parts = action.value.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw error(.actionWithoutVendor(action.value), action.position)
        }
        guard parts.count == 2 else { throw error(.actionWithColons(action.value), action.position) }
        let isVendor = parts[0].utf8.allSatisfy { $0.isLetter || $0.isDigit || "-.*?".utf8.contains($0) }
        guard isVendor else { throw error(.badVendor(String(parts[0])), action.position) }
    }

    /// What a role trust policy may name: the ways to assume a role, and what comes along with them.
    private static func isAssumeRole(_ action: String) -> Bool {
        guard action.lowercasedASCII.hasPrefix("sts:") else { return false }
        let memory = PolicyMemory()
        let pattern = Glob(ActionMatcher.pattern(action), in: memory)
        let names = "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity SetSourceIdentity TagSession SetContext"
        return withExtendedLifetime(memory) {
            names.split(separator: " ").contains { name in
                let action = "sts:\(name)".utf8
                return pattern.matchesIgnoringCase(action.span)
            }
        }
    }

    private func checkResource(_ resource: Located) throws(PolicyError) {
        let text = resource.value
        if text == "*" { return }
        guard text.hasPrefix("arn:") else { throw error(.badResource(text), resource.position) }
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        let partition = parts.count > 1 ? String(parts[1]) : ""
        guard partition == "aws" || partition.hasPrefix("aws-") || partition.hasWildcard else {
            throw error(.badPartition(partition, resource: text), resource.position)
        }
        guard parts.count > 2, !parts[2].isEmpty || parts.count == 6 else {
            throw error(.shortResource(text), resource.position)
        }
        let vendor = String(parts[2])
        guard !vendor.hasWildcard else { throw error(.wildcardVendor(text), resource.position) }
        if parts.count < 6 { try checkShortResource(resource) }
        if vendor == "iam" { try checkIAMResource(resource, parts.map(String.init)) }
    }

    /// Rule 50: which types of policy take ARNs with fewer than six parts.
    private func checkShortResource(_ resource: Located) throws(PolicyError) {
        let isLegal =
            switch type {
            case .identity, .permissionsBoundary, .session, .roleTrust: true
            case .resource, .endpoint: resource.value.hasWildcard
            case .serviceControl: resource.value.hasSuffix("*")
            case .resourceControl: false
            }
        guard isLegal else { throw error(.shortResource(resource.value), resource.position) }
    }

    private func checkIAMResource(_ resource: Located, _ parts: [String]) throws(PolicyError) {
        // A variable before the fifth colon is only text, but its own colon shifts the parts.
        guard parts.count == 6, !parts[..<5].contains(where: { $0.contains("${") }) else { return }
        guard parts[3].isEmpty || parts[3].hasWildcard else {
            throw error(.iamResourceWithRegion(resource.value), resource.position)
        }
        // Only what stands before a wildcard or a variable can be wrong.
        let path = String(parts[5].prefix { $0 != "*" && $0 != "?" && $0 != "$" })
        let isWhole = path == parts[5]
        let kinds =
            "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ sms-mfa/ "
            + "saml-provider/ oidc-provider/ report/ access-report/"
        let isKnown = kinds.split(separator: " ").contains {
            path.hasPrefix($0) || (!isWhole && $0.hasPrefix(path))
        }
        if path == "root" { return }
        guard isKnown else { throw error(.iamResourceWithBadPath(resource.value), resource.position) }
    }

    private func checkPrincipals(_ principals: Statement.Principals) throws(PolicyError) {
        if principals.isNegated, type == .roleTrust || type == .resourceControl {
            throw error(.prohibited("NotPrincipal"), principals.position)
        }
        guard !principals.entries.isEmpty || type != .roleTrust else {
            throw error(.empty("Principal"), principals.position)
        }
        for entry in principals.entries {
            guard isPrincipal(entry) else {
                let problem: PolicyProblem =
                    entry.type == "Federated"
                    ? .badFederatedPrincipal(entry.value) : .badPrincipal(entry.type, entry.value)
                throw error(problem, entry.position)
            }
        }
    }

    /// Whether a principal has the form of its kind. Whether it exists is for the service to find out.
    private func isPrincipal(_ entry: PrincipalEntry) -> Bool {
        let value = entry.value
        if value == "*" { return type != .roleTrust || entry.type == "*" || entry.type == "AWS" }
        // Rule 29: a wildcard stands alone.
        guard !value.isEmpty, !value.hasWildcard else { return false }
        switch entry.type {
        case "AWS":
            if PrincipalName.isAccountID(value) { return true }
            guard value.hasPrefix("arn:") else {
                // A unique id, which takes the place of a principal that was deleted (rule 28).
                return value.utf8.count >= 16 && value.utf8.allSatisfy { $0.isDigit || $0.isUppercaseASCII }
            }
            let parts = value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, parts[3].isEmpty, !parts[4].isEmpty else { return false }
            // Groups are no principals (rule 29).
            let kinds =
                parts[2] == "iam" ? "user/ role/ root" : parts[2] == "sts" ? "assumed-role/ federated-user/" : ""
            return kinds.split(separator: " ").contains { parts[5] == $0 || ($0 != "root" && parts[5].hasPrefix($0)) }
        case "Service":
            return value.utf8.allSatisfy { $0.isLetter || $0.isDigit || "-._/".utf8.contains($0) }
        case "Federated":
            return value.hasPrefix("arn:") || value.utf8.contains(UInt8(ascii: "."))
        case "CanonicalUser": return true
        default: return false
        }
    }

    private func checkCondition(_ condition: Statement.Condition) throws(PolicyError) {
        guard condition.key.value.utf8.contains(UInt8(ascii: ":")) else {
            throw error(.keyWithoutVendor(condition.key.value), condition.key.position)
        }
        guard case .date = ConditionOperator(condition.operatorName.value)?.comparison else { return }
        for value in condition.values where PointInTime(value.value.utf8.span) == nil {
            throw error(.badDate(value.value), value.position)
        }
    }

    /// Rule 26: customers' resource control policies deny, to everybody, by name. AWS's own RCPFullAWSAccess, which
    /// allows everything, is the one exception.
    private func checkResourceControl(_ statement: Statement) throws(PolicyError) {
        let isEverybody =
            statement.principals?.entries.allSatisfy { $0.value == "*" && ($0.type == "*" || $0.type == "AWS") }
            ?? false
        guard isEverybody else {
            throw error(.controlPolicyRule("the principal must be \"*\""), statement.position)
        }
        guard !statement.actions.isNegated else {
            throw error(.controlPolicyRule("NotAction is not supported"), statement.actions.position)
        }
        guard statement.effect == .deny || statement.allowsEverything else {
            throw error(.controlPolicyRule("the effect must be Deny"), statement.position)
        }
    }
}

extension Statement {
    fileprivate var allowsEverything: Bool {
        actions.values.map(\.value) == ["*"] && resources?.values.map(\.value) == ["*"]
            && resources?.isNegated == false && conditions.isEmpty
    }
}

extension String {
    var hasWildcard: Bool { utf8.contains(UInt8(ascii: "*")) || utf8.contains(UInt8(ascii: "?")) }
}
