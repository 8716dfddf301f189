/// A web ACL: rules, and what happens to requests that none of them decides.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_WebACL.html>
public struct WebACL: Sendable, Equatable {
    /// The name, which logs and labels have.
    public var name: String
    /// The ARN.
    public var arn: String
    /// The account, which labels have.
    public var accountID: String
    /// What happens to a request that no rule has ended.
    public var defaultAction: DefaultAction
    /// The rules, in any order: their priorities tell which comes first.
    public var rules: [Rule]
    /// Bodies of custom responses, by the keys that actions name.
    public var responseBodies: [String: ResponseBody]
    /// For how long a solved CAPTCHA counts, in seconds.
    public var captchaImmunity: Int
    /// For how long a passed challenge counts, in seconds.
    public var challengeImmunity: Int

    /// AWS's default for both kinds of tokens, in seconds.
    public static let usualImmunity = 300

    /// - Parameters: see the properties of the same names.
    public init(
        name: String, arn: String, accountID: String, defaultAction: DefaultAction, rules: [Rule] = [],
        responseBodies: [String: ResponseBody] = [:], captchaImmunity: Int = WebACL.usualImmunity,
        challengeImmunity: Int = WebACL.usualImmunity
    ) {
        self.name = name
        self.arn = arn
        self.accountID = accountID
        self.defaultAction = defaultAction
        self.rules = rules
        self.responseBodies = responseBodies
        self.captchaImmunity = captchaImmunity
        self.challengeImmunity = challengeImmunity
    }

    /// What its own labels begin with: `awswaf:111122223333:webacl:NAME:`.
    public var labelNamespace: String { "awswaf:\(accountID):webacl:\(name):" }
}

/// Rules that several web ACLs can have in common.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_RuleGroup.html>
public struct RuleGroup: Sendable, Equatable {
    /// The name, which logs and labels have.
    public var name: String
    /// The ARN; of a managed group, vendor and name.
    public var arn: String
    /// What its own labels begin with, with the colon: `awswaf:111122223333:rulegroup:NAME:`.
    public var labelNamespace: String
    /// The rules, in any order.
    public var rules: [Rule]
    /// Bodies of custom responses, by the keys that actions name.
    public var responseBodies: [String: ResponseBody]
    /// Whether requests that it is asked about get labels of their tokens, as AWS's groups against bots and fraud give them.
    public var labelsTokens = false

    /// - Parameters: see the properties of the same names.
    public init(
        name: String, arn: String, labelNamespace: String, rules: [Rule], responseBodies: [String: ResponseBody] = [:]
    ) {
        self.name = name
        self.arn = arn
        self.labelNamespace = labelNamespace
        self.rules = rules
        self.responseBodies = responseBodies
    }

    /// The namespace of a group that an account has made itself.
    public static func labelNamespace(of name: String, account: String) -> String {
        "awswaf:\(account):rulegroup:\(name):"
    }
}

/// A statement, and what happens to requests that it matches.
/// AWS: <https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html>
public struct Rule: Sendable, Equatable {
    /// Unique in its web ACL or rule group.
    public var name: String
    /// Unique in its web ACL or rule group; the lowest comes first.
    public var priority: Int
    /// What it looks for.
    public var statement: Statement
    /// What it does.
    public var effect: Effect
    /// Labels that it gives to requests that it matches, without what stands before them.
    public var labels: [String]
    /// For how long a solved CAPTCHA counts, in seconds; nil: what the web ACL says.
    public var captchaImmunity: Int?
    /// For how long a passed challenge counts, in seconds; nil: what the web ACL says.
    public var challengeImmunity: Int?

    /// What a rule does.
    public enum Effect: Sendable, Equatable {
        /// An action of its own.
        case action(RuleAction)
        /// A rule group's rules act. `counts`: what they would end, only counts.
        case group(counts: Bool)
    }

    /// - Parameters: see the properties of the same names.
    public init(
        name: String, priority: Int, statement: Statement, effect: Effect, labels: [String] = [],
        captchaImmunity: Int? = nil, challengeImmunity: Int? = nil
    ) {
        self.name = name
        self.priority = priority
        self.statement = statement
        self.effect = effect
        self.labels = labels
        self.captchaImmunity = captchaImmunity
        self.challengeImmunity = challengeImmunity
    }
}
