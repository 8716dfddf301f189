/// What a web ACL says of a request, and why: what the proxy does and what logs, metrics and samples have.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/logging-fields.html>
public struct Verdict: Sendable {
    /// What happens to the request.
    public enum Outcome: Sendable, Equatable {
        /// The application gets it.
        case allow
        /// It is answered with this.
        case block(Response)
        /// A puzzle is to be solved first: status 405.
        case captcha
        /// The browser is to prove itself first: status 202.
        case challenge

        /// The status that the client gets; nil: the application answers.
        public var status: Int? {
            switch self {
            case .allow: nil
            case .block(let response): response.status
            case .captcha: 405
            case .challenge: 202
            }
        }

        /// As logs name it.
        public var kind: RuleAction.Kind {
            switch self {
            case .allow: .allow
            case .block: .block
            case .captcha: .captcha
            case .challenge: .challenge
            }
        }
    }

    /// The answer to a refused request.
    public struct Response: Sendable, Equatable {
        /// 403 unless the rule says otherwise.
        public var status = 403
        /// Further headers.
        public var headers: [CustomResponse.Header] = []
        /// nil: it is empty.
        public var body: ResponseBody?

        /// What is answered where a rule says nothing else.
        public static let usual = Response()
    }

    /// A rule that has matched.
    public struct Match: Sendable, Equatable {
        /// The rule's name.
        public let rule: String
        /// What it did.
        public let action: RuleAction.Kind
        /// What it would have done, had the web ACL not told otherwise; nil: nothing was told.
        public let overridden: RuleAction.Kind?
        /// Whether it is among the group's excluded rules.
        public let isExcluded: Bool
        /// What was found, for statements that find attacks.
        public let details: [Detail]
        /// The status of an answer of its own; nil: there is none.
        public let status: Int?
    }

    /// What a statement found.
    public struct Detail: Sendable, Hashable {
        /// `SQL_INJECTION`, `XSS`
        public let condition: String
        /// `LOW`, `HIGH`; nil for cross-site scripting.
        public let sensitivity: String?
        /// Where it was found: `QUERY_STRING`.
        public let location: String
        /// What it was, in pieces; empty where that is not known.
        public let matched: [String]

        /// - Parameters: see the properties.
        public init(condition: String, sensitivity: String?, location: String, matched: [String] = []) {
            self.condition = condition
            self.sensitivity = sensitivity
            self.location = location
            self.matched = matched
        }
    }

    /// What a rule group said.
    public struct GroupResult: Sendable, Equatable {
        /// The group's ARN; of a managed one vendor, name and version.
        public let id: String
        /// The rule of the web ACL that refers to the group.
        public let rule: String
        /// The rule that ended the group; nil: none did.
        public var terminating: Match?
        /// Those that counted.
        public var counting: [Match] = []
    }

    /// A rate-based rule that the request was counted by.
    public struct Rate: Sendable, Equatable {
        /// The rule's name.
        public let rule: String
        /// `IP`, `FORWARDEDIP`, `CUSTOMKEYS`, `CONSTANT`
        public let key: String
        /// How many requests there may be.
        public let limit: Int
        /// In seconds.
        public let window: Int
    }

    /// What sort of a rule has ended the evaluation.
    public enum RuleType: String, Sendable {
        case regular = "REGULAR"
        case rateBased = "RATE_BASED"
        case group = "GROUP"
        case managedGroup = "MANAGED_RULE_GROUP"
    }

    /// What happens to the request.
    public internal(set) var outcome: Outcome = .allow
    /// The rule of the web ACL that has ended the evaluation; nil: the default action has.
    public internal(set) var terminating: Match?
    /// What sort of rule that is.
    public internal(set) var terminatingType: RuleType = .regular
    /// Rules of the web ACL that have counted.
    public internal(set) var counting: [Match] = []
    /// Groups that were asked.
    public internal(set) var groups: [GroupResult] = []
    /// Rate-based rules that have limited it.
    public internal(set) var rates: [Rate] = []
    /// Labels, in the order in which they were given.
    public internal(set) var labels: [String] = []
    /// Headers to be added before the application gets it.
    public internal(set) var insertedHeaders: [InsertedHeader] = []
    /// Parts of the request that were larger than what is looked at: `REQUEST_BODY`.
    public internal(set) var oversizeFields: [String] = []
}
