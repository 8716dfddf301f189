/// What a rule looks for in a request.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statements-list.html>
public indirect enum Statement: Sendable, Equatable {
    /// A part of the request, after transformations, fulfils a criterion.
    case match(FieldMatch)
    /// The address is of one of these countries, by their two letters. Every request that is looked at gets labels of its own
    /// country and region.
    case geo(countries: [String], forwarded: ForwardedAddress?)
    /// The address is of one of these autonomous systems.
    case asn([Int], forwarded: ForwardedAddress?)
    /// The address is in an IP set, named by its ARN.
    case ipSet(arn: String, forwarded: ForwardedAddress?)
    /// A rule before this one has given the request a label.
    case label(LabelMatch)
    /// There are too many requests.
    case rateBased(RateBasedStatement)
    /// Rules of another kind find something.
    case inspection(Inspection)
    /// A managed rule group's rules.
    case managedRuleGroup(ManagedRuleGroupStatement)
    /// An own rule group's rules.
    case ruleGroup(RuleGroupStatement)
    /// All of them.
    case and([Statement])
    /// At least one of them.
    case or([Statement])
    /// Not this one.
    case not(Statement)

    /// The statements that it consists of, itself first.
    public var all: [Statement] {
        switch self {
        case .and(let parts), .or(let parts): [self] + parts.flatMap(\.all)
        case .not(let part): [self] + part.all
        case .rateBased(let statement): [self] + (statement.scopeDown?.all ?? [])
        case .managedRuleGroup(let statement): [self] + (statement.scopeDown?.all ?? [])
        default: [self]
        }
    }
}

/// A part of the request, what is done to it, and what it is compared with.
public struct FieldMatch: Sendable, Equatable {
    /// What is looked at.
    public var field: FieldToMatch
    /// What is done to it before, in this order.
    public var transformations: [TextTransformation]
    /// What it is compared with.
    public var criterion: Criterion

    /// What a text has to fulfil.
    public enum Criterion: Sendable, Equatable {
        /// It has these bytes.
        case bytes([UInt8], Position)
        /// Any part of it matches a regular expression.
        case regex(String)
        /// Any part of it matches one of a regex pattern set's expressions; the set is named by its ARN.
        case regexSet(arn: String)
        /// It has so many bytes.
        case size(Comparison, Int)
        /// It is SQL that was injected.
        case sqlInjection(Sensitivity)
        /// It is markup that was injected.
        case crossSiteScripting
    }

    /// Where the bytes have to be.
    public enum Position: String, Sendable {
        case exactly = "EXACTLY"
        case startsWith = "STARTS_WITH"
        case endsWith = "ENDS_WITH"
        case contains = "CONTAINS"
        /// Anywhere, with no letter, digit or underscore beside them.
        case containsWord = "CONTAINS_WORD"
    }

    /// How a size is compared.
    public enum Comparison: String, Sendable {
        case equal = "EQ"
        case notEqual = "NE"
        case lessOrEqual = "LE"
        case less = "LT"
        case greaterOrEqual = "GE"
        case greater = "GT"
    }

    /// How much is taken for SQL.
    public enum Sensitivity: String, Sendable {
        case low = "LOW"
        case high = "HIGH"
    }

    /// - Parameters: see the properties of the same names.
    public init(_ field: FieldToMatch, _ transformations: [TextTransformation] = [], _ criterion: Criterion) {
        self.field = field
        self.transformations = transformations
        self.criterion = criterion
    }
}

/// What happens where something can't be looked at.
public enum Fallback: String, Sendable {
    /// The statement matches.
    case match = "MATCH"
    /// It does not.
    case noMatch = "NO_MATCH"
}

/// An address in a header, in place of the connection's.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-forwarded-ip-address.html>
public struct ForwardedAddress: Sendable, Equatable {
    /// The header's name. A request without it is none that the rule applies to.
    public var header: String
    /// For a header that has no address where one is looked for.
    public var fallback: Fallback
    /// Which of several addresses counts.
    public var position: Position

    /// Which of several addresses counts.
    public enum Position: String, Sendable {
        case first = "FIRST"
        case last = "LAST"
        /// Each of the last ten.
        case any = "ANY"
    }

    /// - Parameters: see the properties of the same names.
    public init(header: String, fallback: Fallback, position: Position = .first) {
        self.header = header
        self.fallback = fallback
        self.position = position
    }
}

/// A label that is looked for.
public struct LabelMatch: Sendable, Equatable {
    /// Whether a whole label is meant, or what stands before its name.
    public enum Scope: String, Sendable {
        case label = "LABEL"
        case namespace = "NAMESPACE"
    }

    /// Whether a whole label is meant, or what stands before its name.
    public var scope: Scope
    /// What is looked for. Without the prefix `awswaf:…` it is among the labels of the rule's own web ACL or rule group.
    public var key: String

    /// - Parameters: see the properties of the same names.
    public init(_ scope: Scope, _ key: String) {
        self.scope = scope
        self.key = key
    }
}

/// A reference to a managed rule group.
public struct ManagedRuleGroupStatement: Sendable, Equatable {
    /// `AWS`
    public var vendor: String
    /// `AWSManagedRulesCommonRuleSet`
    public var name: String
    /// nil: the default version.
    public var version: String?
    /// Only requests that it matches are shown to the group.
    public var scopeDown: Statement?
    /// Actions in place of the rules' own, by their names.
    public var overrides: [String: RuleAction]
    /// Rules that only count.
    public var excluded: Set<String>
    /// What a group against fraud is told of the application; nil: nothing.
    public var fraud: FraudSettings?

    /// - Parameters: see the properties of the same names.
    public init(
        vendor: String, name: String, version: String? = nil, scopeDown: Statement? = nil,
        overrides: [String: RuleAction] = [:], excluded: Set<String> = [], fraud: FraudSettings? = nil
    ) {
        self.fraud = fraud
        self.vendor = vendor
        self.name = name
        self.version = version
        self.scopeDown = scopeDown
        self.overrides = overrides
        self.excluded = excluded
    }
}

/// A reference to a rule group of the account's, or one that is shared with it.
public struct RuleGroupStatement: Sendable, Equatable {
    /// The group.
    public var arn: String
    /// Actions in place of the rules' own, by their names.
    public var overrides: [String: RuleAction]
    /// Rules that only count.
    public var excluded: Set<String>

    /// - Parameters: see the properties of the same names.
    public init(arn: String, overrides: [String: RuleAction] = [:], excluded: Set<String> = []) {
        self.arn = arn
        self.overrides = overrides
        self.excluded = excluded
    }
}
