@testable import WAF

/// What the web ACLs of the tests refer to.
struct Things: FirewallResources {
    var ipSets: [String: [String]] = [:]
    var regexSets: [String: [String]] = [:]
    var groups: [String: RuleGroup] = [:]

    func networks(ofIPSet arn: String) -> NetworkSet? { ipSets[arn].map { NetworkSet($0.compactMap { Network($0) }) } }
    func expressions(ofRegexSet arn: String) -> [String]? { regexSets[arn] }
    func ruleGroup(_ arn: String) -> RuleGroup? { groups[arn] }
    func managedRuleGroup(_ statement: ManagedRuleGroupStatement, in rule: String) -> RuleGroup? {
        groups[statement.name]
    }
}

/// Two countries and a network.
struct Places: AddressData {
    func country(of address: IPAddress) -> (country: String, region: String?)? {
        switch address.description {
        case "192.0.2.1": ("DE", "BE")
        case "192.0.2.2": ("FR", nil)
        default: nil
        }
    }
    func autonomousSystem(of address: IPAddress) -> Int? { address.description == "192.0.2.1" ? 64500 : nil }
}

func acl(_ rules: [Rule], default action: DefaultAction = .allow(), bodies: [String: ResponseBody] = [:]) -> WebACL {
    WebACL(
        name: "shop", arn: "arn:shop", accountID: "111122223333", defaultAction: action, rules: rules,
        responseBodies: bodies)
}

func rule(
    _ name: String, _ priority: Int, _ statement: Statement, _ action: RuleAction = .block(), labels: [String] = []
) -> Rule {
    Rule(name: name, priority: priority, statement: statement, effect: .action(action), labels: labels)
}

func contains(
    _ text: String, in field: FieldToMatch = .uriPath, _ transformations: [TextTransformation] = [],
    _ position: FieldMatch.Position = .contains
) -> Statement {
    .match(FieldMatch(field, transformations, .bytes(Array(text.utf8), position)))
}

/// Whether a statement matches a request.
func isMatch(
    _ statement: Statement, _ request: WebRequest, _ things: Things = Things()
) throws -> Bool {
    let firewall = try Firewall(acl([rule("r", 0, statement)]), things, addresses: Places())
    return firewall.evaluate(request, at: 0).terminating != nil
}
