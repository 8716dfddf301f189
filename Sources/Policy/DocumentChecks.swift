// What AWS checks in a document whose structure is right. The checks are in the order of AWS's parsers.
// Documentation/PolicyRules.md says how much of that order is known; rules are numbered as there.

extension DocumentParser {
    /// One check of the whole document.
    enum Check {
        /// Managed policies are of the newer version.
        case version
        /// What the older of IAM's two parsers refuses, with one message for everything.
        case legacy
        case sids
        /// What each statement must have, and must not.
        case elements
        case resources
        case actions
        case principals
        case conditions
        /// What Organizations asks of resource control policies.
        case controls
    }

    /// The checks in their order of precedence. Permission policies, which have no principals, go through IAM's older
    /// parser; what a document says of resources is refused before what it says of actions.
    var checks: [Check] {
        if strictness == .evaluable { return [.elements] }
        if type.hasPrincipal {
            return [.legacy, .elements, .actions, .resources, .principals, .conditions, .controls, .sids]
        }
        return [.version, .legacy, .sids, .elements, .resources, .actions]
    }

    func check(_ check: Check, _ draft: Draft) throws(PolicyError) {
        switch check {
        case .version:
            guard strictness != .managed || draft.version != .v2008 else {
                throw error(.oldVersion, draft.versionPosition ?? draft.position)
            }
        case .legacy: try checkLegacy(draft)
        case .sids: try checkSids(draft.statements.compactMap(\.sid))
        case .elements: try checkElements(draft.statements)
        case .resources:
            for resource in draft.statements.flatMap({ $0.resources?.values ?? [] }) { try checkResource(resource) }
        case .actions:
            for action in draft.statements.flatMap({ $0.actions?.values ?? [] }) { try checkAction(action) }
        case .principals:
            for statement in draft.statements {
                if let principals = statement.principals { try checkPrincipals(principals) }
                try checkSharedProviders(statement)
            }
        case .conditions:
            for condition in draft.statements.flatMap(\.conditions) {
                try checkKey(condition)
                try checkDates(condition)
            }
        case .controls:
            guard type == .resourceControl else { return }
            for statement in draft.statements { try checkResourceControl(statement) }
        }
    }

    // MARK: The older parser

    private func checkLegacy(_ draft: Draft) throws(PolicyError) {
        if type.refusesLeadingSpace, let first = draft.text.utf8.first, first.isJSONWhitespace {
            throw error(.leadingSpace, SourcePosition(line: 1, column: 1, offset: 0))
        }
        if type.hasPrincipal { return }
        for statement in draft.statements {
            if let effect = statement.effect, Statement.Effect(rawValue: effect.value) == nil {
                throw error(.badEffect(.string(effect.value)), effect.position)
            }
            for condition in statement.conditions { try checkDates(condition) }
            for resource in statement.resources?.values ?? [] where !isWellFormed(resource.value) {
                throw error(.malformedARN(resource.value), resource.position)
            }
        }
    }

    /// Whether an ARN has the form that the older parser asks for: a service, in a short one no part that is empty, and
    /// no placeholder that somebody forgot (`<account>`, `{region}`) in the place of region or account. A text that is
    /// not an ARN, or has an unknown partition, is for another check.
    private func isWellFormed(_ resource: String) -> Bool {
        let resource = ResourceParts(resource)
        let parts = resource.parts
        guard parts.count > 2, parts[0] == "arn", isPartition(parts[1]) else { return true }
        if parts[2].isEmpty { return false }
        if parts.count < 6, parts.contains(where: \.isEmpty) { return false }
        guard !resource.isShifted else { return true }
        return parts.dropFirst(3).prefix(2).allSatisfy { part in
            !part.utf8.contains { "<>{} ".utf8.contains($0) }
        }
    }

    private func isPartition(_ text: Substring) -> Bool {
        text == "aws" || text.hasPrefix("aws-") || text.hasWildcard
    }

    private func checkDates(_ condition: Statement.Condition) throws(PolicyError) {
        guard case .date = ConditionOperator(condition.operatorName.value)?.comparison else { return }
        for value in condition.values where PointInTime(value.value.utf8.span) == nil {
            throw error(.badDate(value.value), value.position)
        }
    }

    // MARK: Statements

    /// Sids are unique in a document; in IAM's and Organizations' policies they are letters and digits only
    /// (`reference_policies_elements_sid.html`). Other services allow more.
    private func checkSids(_ sids: [Located]) throws(PolicyError) {
        var seen: Set<String> = []
        for sid in sids where !sid.value.isEmpty {
            let isPlain = sid.value.utf8.allSatisfy { $0.isLetter || $0.isDigit }
            if !isPlain, type != .resource, type != .endpoint { throw error(.badSid(sid.value), sid.position) }
            guard seen.insert(sid.value).inserted else { throw error(.duplicateSid(sid.value), sid.position) }
        }
    }

    private func checkElements(_ statements: [DraftStatement]) throws(PolicyError) {
        for statement in statements {
            if let principals = statement.principals, !type.hasPrincipal {
                throw error(.prohibited(principals.isNegated ? "NotPrincipal" : "Principal"), principals.position)
            }
            if let resources = statement.resources, type == .roleTrust {
                throw error(.prohibited(resources.isNegated ? "NotResource" : "Resource"), resources.position)
            }
        }
        for statement in statements { try require(statement.actions, "Action", in: statement) }
        if strictness != .evaluable, type.hasPrincipal {
            for statement in statements where statement.principals == nil {
                throw error(.missing("Principal"), statement.position)
            }
        }
        guard type != .roleTrust else { return }
        // A resource's own policy may leave it out, as those of ECR's repositories do: it is about what it is attached to.
        let isOptional = type == .resource && strictness == .evaluable
        for statement in statements where statement.resources != nil || !isOptional {
            try require(statement.resources, "Resource", in: statement)
        }
    }

    private func require(
        _ patterns: Statement.Patterns?, _ name: String, in statement: DraftStatement
    ) throws(PolicyError) {
        guard let patterns else { throw error(.missing(name), statement.position) }
        guard !patterns.values.isEmpty else {
            throw error(.empty(patterns.isNegated ? "Not\(name)" : name), patterns.position)
        }
    }

    private func checkAction(_ action: Located) throws(PolicyError) {
        if type == .roleTrust {
            guard Self.isAssumeRole(action.value) else { throw error(.notAssumeRole(action.value), action.position) }
            return
        }
        if action.value == "*" { return }
        let parts = action.value.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw error(.actionWithoutVendor(action.value), action.position)
        }
        guard parts.count == 2 else { throw error(.actionWithColons(action.value), action.position) }
        let isVendor = parts[0].allSatisfy { $0.isLetter || $0.isDigit || "-.*?".utf8.contains($0) }
        guard isVendor else { throw error(.badVendor(String(Substring(parts[0]))), action.position) }
    }

    /// The actions that a role trust policy may name: the ways to assume a role, and what goes with them.
    private static let assumeRoleActions = [
        "sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity",
        "sts:TagSession", "sts:SetContext",
    ]

    /// Whether an action is one of them, or has wildcards and matches one.
    private static func isAssumeRole(_ action: String) -> Bool {
        if assumeRoleActions.contains(action) { return true }
        guard action.lowercasedASCII.hasPrefix("sts:") else { return false }
        let memory = PolicyMemory()
        let pattern = Glob(ActionMatcher.pattern(action), in: memory)
        return withExtendedLifetime(memory) {
            assumeRoleActions.contains { pattern.matchesIgnoringCase($0.utf8.span) }
        }
    }

    private func checkResource(_ resource: Located) throws(PolicyError) {
        let text = resource.value
        if text == "*" { return }
        let whole = ResourceParts(text)
        let parts = whole.parts
        guard parts.count > 1 else { throw error(.badResource(text), resource.position) }
        guard isPartition(parts[1]) else {
            throw error(.badPartition(String(parts[1]), resource: whole.filledUp), resource.position)
        }
        guard parts[0] == "arn" else { throw error(.badResource(text), resource.position) }
        if parts.count > 2, parts[2].isEmpty { throw error(.malformedARN(text), resource.position) }
        // A short ARN is filled up with `*`, and the service can't be a wildcard.
        guard parts.count > 2, !parts[2].hasWildcard else { throw error(.wildcardVendor(text), resource.position) }
        if parts.count < 6 { return try checkShortResource(resource) }
        if whole.isShifted { return }
        try checkPlace(resource, parts)
        if parts[2] == "iam" { try checkIAMPath(resource, parts[5]) }
    }

    /// Resources whose ARNs have no region, or no account. In S3, buckets and objects have neither; everything else has
    /// an account.
    private func checkPlace(_ resource: Located, _ parts: [Substring]) throws(PolicyError) {
        let hasRegion = !parts[3].isEmpty && !parts[3].hasWildcard
        let hasAccount = !parts[4].isEmpty && !parts[4].hasWildcard
        switch parts[2] {
        case "iam" where hasRegion: throw error(.iamResourceWithRegion(resource.value), resource.position)
        case "s3" where hasRegion && parts[4].isEmpty, "route53" where hasRegion:
            throw error(.resourceWithRegion(resource.value), resource.position)
        case "route53" where hasAccount: throw error(.resourceWithAccount(resource.value), resource.position)
        default: break
        }
    }

    /// Rule 50: which types of policy accept ARNs with fewer than six parts.
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

    private func checkIAMPath(_ resource: Located, _ written: Substring) throws(PolicyError) {
        // Only what stands before a wildcard or a variable can be wrong.
        let path = written.prefix { $0 != "*" && $0 != "?" && $0 != "$" }
        let isWhole = path == written
        let kinds =
            "user/ federated-user/ role/ group/ instance-profile/ mfa/ server-certificate/ policy/ sms-mfa/ "
            + "saml-provider/ oidc-provider/ report/ access-report/ delegation-request/"
        let isKnown = kinds.split(separator: " ").contains {
            path.hasPrefix($0) || (!isWhole && $0.hasPrefix(path))
        }
        // Delegation requests are in IAM's reference, but not in AWS's message.
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

    private func checkKey(_ condition: Statement.Condition) throws(PolicyError) {
        guard condition.key.value.utf8.contains(UInt8(ascii: ":")) else {
            throw error(.keyWithoutVendor(condition.key.value), condition.key.position)
        }
    }

    /// Rule 26: customers' resource control policies deny, to everybody, by name, and never all services at once. AWS's
    /// own RCPFullAWSAccess, which allows everything, is the one exception.
    private func checkResourceControl(_ statement: DraftStatement) throws(PolicyError) {
        let isEverybody =
            statement.principals?.entries.allSatisfy { $0.value == "*" && ($0.type == "*" || $0.type == "AWS") }
            ?? false
        guard isEverybody, statement.principals?.isNegated == false else {
            throw error(.controlPolicyRule("the principal must be \"*\""), statement.position)
        }
        if let actions = statement.actions, actions.isNegated {
            throw error(.controlPolicyRule("NotAction is not supported"), actions.position)
        }
        if statement.allowsEverything { return }
        guard statement.effect?.value == Statement.Effect.deny.rawValue else {
            throw error(.controlPolicyRule("the effect must be Deny"), statement.position)
        }
        for action in statement.actions?.values ?? [] where action.value.utf8.allSatisfy({ $0 == UInt8(ascii: "*") }) {
            throw error(.controlPolicyRule("an action must be of a service: \"*\" is not supported"), action.position)
        }
    }
}

extension DocumentParser.DraftStatement {
    fileprivate var allowsEverything: Bool {
        effect?.value == Statement.Effect.allow.rawValue && actions?.values.map(\.value) == ["*"]
            && resources?.values.map(\.value) == ["*"] && resources?.isNegated == false && conditions.isEmpty
    }
}

/// A resource, taken apart at its first five colons.
private struct ResourceParts {
    let parts: [Substring]

    init(_ text: String) {
        parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 5, omittingEmptySubsequences: false)
            .map { Substring($0) }
    }

    /// A variable before the fifth colon is only text, but its own colon shifts the parts.
    var isShifted: Bool {
        parts.prefix(5).contains { $0.utf8.contains(UInt8(ascii: "$")) && $0.contains("${") }
    }

    /// The ARN as AWS's message shows it: its first word is taken to be `arn`, and missing parts to be `*`.
    var filledUp: String {
        (["arn"] + parts.dropFirst() + Array(repeating: "*", count: max(0, 6 - parts.count))).joined(separator: ":")
    }
}

extension StringProtocol {
    var hasWildcard: Bool { utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") } }
}
