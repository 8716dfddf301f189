import Policy

extension Checks {
    /// Whether a resource's policy grants anything to the public: the question of `CheckNoPublicAccess`.
    ///
    /// The public is whoever the policy does not know: an anonymous caller, and the users and roles of an account that it
    /// does not name, whose organization, VPC, VPC endpoint, source account, source ARN and address are none of those that
    /// the policy names. A value that the policy names counts only where it is a fixed one: no wildcard (but in the name
    /// of an ARN whose account is fixed), no variable, and no range of addresses wider than /8 (IPv4) or /32 (IPv6).
    /// AWS's services are not the public, and neither are users of identity providers.
    ///
    /// AWS: "The meaning of public", `access-control-block-public-access.html` in the S3 User Guide, which
    /// "IAM Access Analyzer custom policy checks" follow for other resources too.
    /// - Parameter statement: the place, from 0, of the statement that grants it; nil: any.
    public func publicAccess(by policy: SymbolicPolicy, by statement: Int? = nil) -> Answer {
        let meter = Meter(domain.budget)
        guard var callers = Caller.all(named: [policy], domain, meter, outsidersOnly: true) else {
            return .unknown(.budget)
        }
        let trusted = Self.trustedValues(policy)
        for index in callers.indices { callers[index].keys.add(trusted) }
        return Question(allowedBy: [policy], statement: statement).answer(callers, domain, meter)
    }

    /// The keys that say who asks or from where.
    static let callerKeys: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:sourcearn",
        "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc",
        "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourceip",
        "aws:vpcsourceip", "aws:userid", "kms:calleraccount", "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn", "aws:principalservicename", "sns:endpoint",
    ]

    /// What must be so of a caller from outside: it has none of the fixed values that the policy names.
    static func trustedValues(_ policy: SymbolicPolicy) -> KeyFacts {
        // Neither is it of the resource's own account or organization.
        var facts = KeyFacts()
        for (key, other) in [
            ("aws:principalaccount", "aws:resourceaccount"), ("aws:principalorgid", "aws:resourceorgid"),
        ] where policy.keys.contains(key) && policy.keys.contains(other) {
            let own = Pattern.reading([.variable(key: other, fallback: nil)], as: .plain)
            facts.add(KeyTest(key: key, isOneOf: [own].compactMap { $0 }), false)
        }
        for statement in policy.document.statements {
            for condition in statement.conditions {
                let key = condition.key.value.lowercasedASCII
                guard callerKeys.contains(key), let parsed = ConditionOperator(condition.operatorName.value) else {
                    continue
                }
                let values = condition.values.map(\.value)
                switch parsed.comparison {
                case .ipAddress:
                    let ranges = values.compactMap { AddressRange($0.utf8.span) }.filter(\.isNarrow)
                    if !ranges.isEmpty { facts.add(KeyTest(key: key, liesIn: ranges), false) }
                case .stringEquals, .stringEqualsIgnoreCase, .stringLike, .arnLike:
                    let isExact = parsed.comparison == .stringEquals || parsed.comparison == .stringEqualsIgnoreCase
                    let fixed = values.filter { isFixed($0, key: key, isExact: isExact) }
                    guard !fixed.isEmpty else { continue }
                    let patterns = fixed.map { value in
                        isExact
                            ? Pattern.text(value, ignoringCase: parsed.comparison == .stringEqualsIgnoreCase)
                            : Pattern.wild(value)
                    }
                    facts.add(KeyTest(key: key, hasOneOf: patterns), false)
                default: break
                }
            }
        }
        return facts
    }

    private static func isFixed(_ value: String, key: String, isExact: Bool) -> Bool {
        guard !value.isEmpty, !value.contains("${") else { return false }
        let hasWildcard = !isExact && value.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
        guard hasWildcard else { return true }
        // A path of an organization's is fixed by the organization, an ARN by the account.
        if key.hasSuffix("orgpaths") { return value.prefix { $0 != "/" }.allSatisfy { $0 != "*" && $0 != "?" } }
        let parts = value.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && PrincipalName.isAccountID(parts[4])
    }
}

extension AddressRange {
    /// Whether S3 takes the range for a fixed one.
    fileprivate var isNarrow: Bool {
        let ones = highMask.nonzeroBitCount + lowMask.nonzeroBitCount
        return isVersion6 ? ones >= 32 : ones - 96 >= 8
    }
}
