/// Which lines of the bill are wanted: Cost Explorer's expressions, and those of budgets.
/// <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Expression.html>
public indirect enum CostFilter: Hashable, Sendable, Codable {
    case all
    case and([CostFilter])
    case or([CostFilter])
    case not(CostFilter)
    case dimension(CostDimension, values: [String], MatchOptions)
    case tag(key: String, values: [String], MatchOptions)

    /// How values are compared. Equality is the usual way.
    public struct MatchOptions: Hashable, Sendable, Codable {
        /// The values begin with it.
        public var startsWith = false
        /// The values end with it.
        public var endsWith = false
        /// The values have it in them.
        public var contains = false
        /// There is no value.
        public var absent = false
        /// `A` is `a`.
        public var ignoresCase = false

        /// Equality.
        public init() {}

        /// By their names in the API; nil where one is not there.
        public init?(names: [String]) {
            for name in names {
                switch name {
                case "EQUALS", "CASE_SENSITIVE": break
                case "ABSENT": absent = true
                case "STARTS_WITH": startsWith = true
                case "ENDS_WITH": endsWith = true
                case "CONTAINS": contains = true
                case "CASE_INSENSITIVE": ignoresCase = true
                default: return nil
                }
            }
        }

        /// Whether a value is one of those that are wanted.
        public func matches(_ value: String, _ wanted: [String]) -> Bool {
            if absent { return value.isEmpty }
            let value = ignoresCase ? value.lowercased() : value
            return wanted.contains { wanted in
                let wanted = ignoresCase ? wanted.lowercased() : wanted
                if startsWith { return value.utf8.starts(with: wanted.utf8) }
                if endsWith { return value.utf8.reversed().starts(with: wanted.utf8.reversed()) }
                if contains { return value.contains(wanted) || wanted.isEmpty }
                return value == wanted
            }
        }
    }

    /// Whether a line is wanted.
    public func matches(_ line: CostLine, _ book: AccountNames) -> Bool {
        switch self {
        case .all: true
        case .and(let parts): parts.allSatisfy { $0.matches(line, book) }
        case .or(let parts): parts.contains { $0.matches(line, book) }
        case .not(let part): !part.matches(line, book)
        case .dimension(let dimension, let values, let options):
            options.matches(dimension.value(of: line, book), values)
        case .tag(let key, let values, let options):
            options.matches(book.tag(key, of: line) ?? "", values)
        }
    }
}

/// What Cost Explorer knows about a line.
public enum CostDimension: String, Sendable, Codable, CaseIterable {
    case zone = "AZ"
    case linkedAccount = "LINKED_ACCOUNT"
    case payerAccount = "PAYER_ACCOUNT"
    case linkedAccountName = "LINKED_ACCOUNT_NAME"
    case operation = "OPERATION"
    case region = "REGION"
    case service = "SERVICE"
    case serviceCode = "SERVICE_CODE"
    case usageType = "USAGE_TYPE"
    case recordType = "RECORD_TYPE"
    case legalEntity = "LEGAL_ENTITY_NAME"
    case billingEntity = "BILLING_ENTITY"
    case resource = "RESOURCE_ID"

    /// The line's value; empty: it has none.
    public func value(of line: CostLine, _ book: AccountNames) -> String {
        switch self {
        case .zone: "NoAZ"
        case .linkedAccount: line.use.account
        case .payerAccount: book.payer
        case .linkedAccountName: book.names[line.use.account] ?? ""
        case .operation: line.use.operation
        case .region: line.use.region
        case .service: line.product.name
        case .serviceCode: line.product.code
        case .usageType: line.usageType
        case .recordType: "Usage"
        case .legalEntity: "Amazon Web Services, Inc."
        case .billingEntity: "AWS"
        case .resource: line.use.resource.isEmpty ? "NoResourceId" : line.use.resource
        }
    }
}

/// Whose bill it is, and which tags count on it.
public struct AccountNames: Sendable {
    /// The account that pays.
    public var payer: String
    /// What the accounts are called, by their numbers.
    public var names: [String: String]
    /// The keys of tags that were activated: of others bills know nothing.
    public var tagKeys: Set<String>

    /// The tag that says who called. It is Gatehouse's own, and always there.
    public static let principalTag = "gatehouse:principal"

    /// - Parameters: see the properties.
    public init(payer: String, names: [String: String], tagKeys: Set<String>) {
        (self.payer, self.names, self.tagKeys) = (payer, names, tagKeys)
    }

    /// The value of a tag that was activated; nil: there is none.
    public func tag(_ key: String, of line: CostLine) -> String? {
        if key == Self.principalTag { return line.use.principal.isEmpty ? nil : line.use.principal }
        return tagKeys.contains(key) ? line.use.tags[key] : nil
    }
}
