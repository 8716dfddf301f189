import Ledger
import Platform
import WAF
import WAFV2API
import Wire

/// Rules that web ACLs have in common.
/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_RuleGroup.html>
struct StoredRuleGroup: WAFResource {
    static let kind = "AWS::WAFv2::RuleGroup"
    static let version = 1
    static let type = "rulegroup"

    var head: WAFHead
    /// What it may take at most; it never changes.
    let capacity: Int
    /// A `RuleGroup` of the API with what requests set, as JSON.
    var settings: String
    var uses: [String]
    /// Who may use it besides its account: the policy as it was put; nil: nobody.
    var policy: String?

    /// - Throws: an internal failure for settings that can't be read.
    func view() throws(ServiceError) -> WAFV2.RuleGroup {
        var view = WAFV2.RuleGroup(try Structure(json: settings, of: WAFV2.RuleGroup.shape))
        view.name = head.name
        view.id = head.id
        view.arn = arn
        view.description = head.description
        view.capacity = capacity
        view.labelNamespace = labelNamespace
        view.rules = view.rules ?? []
        let own = Set((view.rules ?? []).flatMap { $0.ruleLabels ?? [] }.map(\.name)).sorted()
        view.availableLabels = own.map { label in WAFV2.LabelSummary { $0.name = labelNamespace + label } }
        let consumed = try reading().flatMap(\.statement.all).compactMap { statement -> String? in
            guard case .label(let match) = statement else { return nil }
            return match.key.hasPrefix("awswaf:") ? match.key : labelNamespace + match.key
        }
        view.consumedLabels = Set(consumed).sorted().map { label in WAFV2.LabelSummary { $0.name = label } }
        return view
    }

    var labelNamespace: String { WAF.RuleGroup.labelNamespace(of: head.name, account: head.accountID) }

    /// The rules as the engine has them.
    private func reading() throws(ServiceError) -> [WAF.Rule] { try group().rules }

    /// The group as the engine has it.
    func group() throws(ServiceError) -> WAF.RuleGroup {
        let view = WAFV2.RuleGroup(try Structure(json: settings, of: WAFV2.RuleGroup.shape))
        let reading = RuleReading(isInGroup: true, bodies: try ResponseBodyReading.bodies(view.customResponseBodies))
        return WAF.RuleGroup(
            name: head.name, arn: arn, labelNamespace: labelNamespace, rules: try reading.rules(view.rules ?? []),
            responseBodies: reading.bodies)
    }
}
