/// What a web ACL refers to.
public protocol FirewallResources {
    /// The networks of an IP set; nil: there is none of that ARN.
    func networks(ofIPSet arn: String) -> NetworkSet?
    /// The regular expressions of a set; nil: there is none of that ARN.
    func expressions(ofRegexSet arn: String) -> [String]?
    /// A rule group of an account's; nil: there is none of that ARN.
    func ruleGroup(_ arn: String) -> RuleGroup?
    /// A managed rule group; nil: it isn't known, or there is nothing that stands for it here.
    /// - Parameter rule: the web ACL's rule that refers to it.
    func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup?
}

/// Where addresses are.
public protocol AddressData: Sendable {
    /// The country's two letters, and the region's code behind them; nil: not known.
    func country(of address: IPAddress) -> (country: String, region: String?)?
    /// The number of the autonomous system; nil: not known.
    func autonomousSystem(of address: IPAddress) -> Int?
}

/// Knows of no address.
public struct NoAddressData: AddressData {
    /// The one that there is.
    public init() {}
    public func country(of address: IPAddress) -> (country: String, region: String?)? { nil }
    public func autonomousSystem(of address: IPAddress) -> Int? { nil }
}

/// A web ACL made ready for requests.
///
/// ```swift
/// let firewall = try Firewall(acl, resources, rates: rates)
/// let verdict = firewall.evaluate(request, at: time)
/// ```
public final class Firewall: Sendable {
    let acl: WebACL
    let rules: [PreparedRule]
    let fields: Fields
    let addresses: any AddressData

    /// Why a web ACL can't be made ready.
    public enum Problem: Error, Sendable, Equatable {
        /// An IP set, regex pattern set or rule group that is not there: its ARN, or vendor and name.
        case missing(String)
        /// A regular expression that can't be compiled, and why.
        case regex(String, reason: String)
        /// There are statements for SQL injection or cross-site scripting, and nothing that could find those: why not.
        case noInjectionDetection(String)
    }

    /// Makes a web ACL ready.
    /// - Parameters:
    ///   - resources: what it refers to, as it is now: who changes that makes a new firewall.
    ///   - rates: the counts of rate-based rules. A firewall that takes another's place goes on with its counts.
    ///   - addresses: where addresses are.
    /// - Throws: ``Problem``.
    public init(
        _ acl: WebACL, _ resources: some FirewallResources, rates: RateTracker = RateTracker(),
        addresses: any AddressData = NoAddressData()
    ) throws(Problem) {
        self.acl = acl
        self.addresses = addresses
        var preparation = Preparation(acl, resources, rates)
        rules = try preparation.rules(acl.rules, in: acl.labelNamespace, group: nil)
        fields = preparation.fields
    }

    /// What the web ACL says of a request, which is counted by the rate-based rules that it reaches.
    /// - Parameter time: when it came, in seconds since 1970.
    /// - Complexity: linear in the request for each rule that is reached.
    public func evaluate(_ request: WebRequest, at time: Double) -> Verdict {
        var evaluation = Evaluation(self, request, time)
        return evaluation.run()
    }
}

/// A rule made ready.
struct PreparedRule: Sendable {
    let rule: Rule
    /// The rule's labels with all that stands before them.
    let labels: [String]
    let kind: Kind

    enum Kind: Sendable {
        case predicate(Predicate)
        case group(PreparedGroup)
    }
}

/// A rule group made ready, as a web ACL refers to it.
struct PreparedGroup: Sendable {
    let group: RuleGroup
    let isManaged: Bool
    let rules: [PreparedRule]
    let scopeDown: Predicate?
    let overrides: [String: RuleAction]
    let excluded: Set<String>
}

/// Makes statements ready.
private struct Preparation<Resources: FirewallResources> {
    var fields = Fields()
    private let acl: WebACL
    private let resources: Resources
    private let rates: RateTracker

    init(_ acl: WebACL, _ resources: Resources, _ rates: RateTracker) {
        self.acl = acl
        self.resources = resources
        self.rates = rates
    }

    mutating func rules(
        _ rules: [Rule], in namespace: String, group: String?
    ) throws(Firewall.Problem) -> [PreparedRule] {
        var prepared: [PreparedRule] = []
        for rule in rules.sorted(by: { $0.priority < $1.priority }) {
            prepared.append(
                PreparedRule(
                    rule: rule, labels: rule.labels.map { namespace + $0 },
                    kind: try kind(rule, in: namespace, group: group)))
        }
        return prepared
    }

    private mutating func kind(
        _ rule: Rule, in namespace: String, group: String?
    ) throws(Firewall.Problem) -> PreparedRule.Kind {
        switch rule.statement {
        // A group in a group is none of AWS's.
        case .ruleGroup(let reference) where group == nil:
            guard let found = resources.ruleGroup(reference.arn) else { throw .missing(reference.arn) }
            return .group(
                PreparedGroup(
                    group: found, isManaged: false,
                    rules: try rules(found.rules, in: found.labelNamespace, group: rule.name),
                    scopeDown: nil, overrides: reference.overrides, excluded: reference.excluded))
        case .managedRuleGroup(let reference) where group == nil:
            guard let found = resources.managedRuleGroup(reference, in: rule.name) else {
                throw .missing("\(reference.vendor)/\(reference.name)")
            }
            return .group(
                PreparedGroup(
                    group: found, isManaged: true,
                    rules: try rules(found.rules, in: found.labelNamespace, group: rule.name),
                    scopeDown: try reference.scopeDown.map { (part) throws(Firewall.Problem) in
                        try predicate(part, rule, namespace, group)
                    }, overrides: reference.overrides, excluded: reference.excluded))
        default: return .predicate(try predicate(rule.statement, rule, namespace, group))
        }
    }

    private mutating func predicate(
        _ statement: Statement, _ rule: Rule, _ namespace: String, _ group: String?
    ) throws(Firewall.Problem) -> Predicate {
        switch statement {
        case .match(let match):
            return .match(text: fields.number(match.field, match.transformations), try test(match.criterion))
        case .geo(let countries, let forwarded): return .geo(Set(countries), forwarded)
        case .asn(let numbers, let forwarded): return .asn(Set(numbers), forwarded)
        case .ipSet(let arn, let forwarded):
            guard let networks = resources.networks(ofIPSet: arn) else { throw .missing(arn) }
            return .ipSet(networks, forwarded)
        case .label(let match): return .label(LabelPattern(match, in: namespace))
        case .inspection(let inspection): return .inspection(inspection)
        case .rateBased(let statement):
            let scopeDown = try statement.scopeDown.map { (part) throws(Firewall.Problem) in
                try predicate(part, rule, namespace, group)
            }
            let identity = statement.identity(acl: acl.arn, group: group, rule: rule.name)
            return .rate(
                Predicate.Rate(
                    rule: rule.name, statement: statement, scopeDown: scopeDown,
                    counter: rates.counter(identity, limit: statement.limit, window: statement.window)))
        case .managedRuleGroup(let reference): throw .missing("\(reference.vendor)/\(reference.name)")
        case .ruleGroup(let reference): throw .missing(reference.arn)
        case .and(let parts): return .and(try predicates(parts, rule, namespace, group))
        case .or(let parts): return .or(try predicates(parts, rule, namespace, group))
        case .not(let part): return .not(try predicate(part, rule, namespace, group))
        }
    }

    private mutating func predicates(
        _ statements: [Statement], _ rule: Rule, _ namespace: String, _ group: String?
    ) throws(Firewall.Problem) -> [Predicate] {
        var result: [Predicate] = []
        for statement in statements { result.append(try predicate(statement, rule, namespace, group)) }
        return result
    }

    private func test(_ criterion: FieldMatch.Criterion) throws(Firewall.Problem) -> Predicate.Test {
        switch criterion {
        case .bytes(let bytes, let position): return .bytes(bytes, position)
        case .regex(let pattern): return .regexes([try regex(pattern)])
        case .regexSet(let arn):
            guard let patterns = resources.expressions(ofRegexSet: arn) else { throw .missing(arn) }
            var regexes: [LinearRegex] = []
            for pattern in patterns { regexes.append(try regex(pattern)) }
            return .regexes(regexes)
        case .size(let comparison, let size): return .size(comparison, size)
        case .sqlInjection(let sensitivity):
            if let problem = InjectionDetection.problem { throw .noInjectionDetection(problem) }
            return .sql(sensitivity)
        case .crossSiteScripting:
            if let problem = InjectionDetection.problem { throw .noInjectionDetection(problem) }
            return .script
        }
    }

    private func regex(_ pattern: String) throws(Firewall.Problem) -> LinearRegex {
        do throws(LinearRegex.Problem) { return try LinearRegex(pattern) } catch {
            throw .regex(pattern, reason: error.reason)
        }
    }
}
