extension PolicyDocument {
    /// Whether S3 counts this bucket policy as public: a statement allows anybody, and no condition limits it to fixed
    /// values of a key that says who asks or from where.
    ///
    /// S3's Block Public Access asks this when a policy is put (BlockPublicPolicy) and when one is evaluated
    /// (``PolicyInputs/restrictsPublicBuckets``). Values with wildcards or variables are not fixed, and neither are
    /// address ranges wider than /8 (IPv4) and /32 (IPv6).
    ///
    /// AWS: "The meaning of public", `access-control-block-public-access.html` in the S3 User Guide.
    /// - Complexity: linear in the size of the document.
    public var isPublic: Bool {
        statements.contains { statement in
            guard statement.effect == .allow, let principals = statement.principals else { return false }
            let isForAll =
                principals.isNegated
                || principals.entries.contains { $0.value == "*" && ($0.type == "AWS" || $0.type == "*") }
            return isForAll && !statement.conditions.contains(where: \.namesFixedCallers)
        }
    }
}

extension Statement.Condition {
    private static let callerKeys: Set<String> = [
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:sourcearn", "aws:sourcevpc",
        "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid", "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    ]

    /// Whether the condition holds only for fixed values of a key that limits the callers.
    fileprivate var namesFixedCallers: Bool {
        let key = key.value.lowercasedASCII
        guard let condition = ConditionOperator(operatorName.value), !condition.isNegated, !condition.ifExists,
            condition.quantifier != .forAllValues, !values.isEmpty
        else { return false }
        switch condition.comparison {
        case .ipAddress: return key == "aws:sourceip" && values.allSatisfy { Self.isNarrow($0.value) }
        case .stringEquals, .stringEqualsIgnoreCase, .stringLike, .arnLike:
            guard Self.callerKeys.contains(key) else { return false }
            // Of an access point only the account must be fixed.
            if key == "s3:dataaccesspointarn" { return values.allSatisfy { Self.hasFixedAccount($0.value) } }
            return values.allSatisfy { Self.isFixed($0.value) }
        default: return false
        }
    }

    private static func isFixed(_ value: some StringProtocol) -> Bool {
        !value.isEmpty && !value.contains("*") && !value.contains("?") && !value.contains("${")
    }

    private static func hasFixedAccount(_ arn: String) -> Bool {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        return parts.count == 6 && isFixed(parts[4])
    }

    private static func isNarrow(_ range: String) -> Bool {
        guard isFixed(range) else { return false }
        guard let slash = range.firstIndex(of: "/") else { return true }
        guard let length = Int(range[slash...].dropFirst()) else { return false }
        return length >= (range.contains(":") ? 32 : 8)
    }
}
