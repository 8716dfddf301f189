import Ledger
import Platform
import WAF
import WAFV2API
import Wire

// Rule groups. <https://docs.aws.amazon.com/waf/latest/developerguide/waf-user-created-rule-groups.html>

extension Quota {
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/limits.html>
    static let ruleGroups = Quota("RuleGroups", 100)
    /// Of a web ACL, and of a rule group.
    static let webACLCapacity = Quota("WebACLCapacityUnits", 5000)
}

extension WAFV2.CreateRuleGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try call.accessToNew(
            StoredRuleGroup.type, scope: input.scope, name: input.name, tags: input.tags,
            using: RuleReferences.named(in: input.rules))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.capacity <= call.quotas[.webACLCapacity] else { throw .limitsExceeded }
        let head = WAFHead(
            call, name: input.name, scope: try WAFScope(input.scope, region: call.region),
            description: input.description, tags: try TagRules.ofWAF.new(input.tags))
        var group = StoredRuleGroup(head: head, capacity: input.capacity, settings: "", uses: [])
        try group.set(input.rules, input.visibilityConfig, input.customResponseBodies, records)
        try records.checkIsNew(group, most: call.quotas[.ruleGroups])
        try records.put(group)
        return Output(summary: WAFV2.RuleGroupSummary(group))
    }
}

extension WAFV2.UpdateRuleGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.wafName(StoredRuleGroup.type, scope: input.scope, name: input.name, id: input.id)
        return .required(([name.arn] + RuleReferences.named(in: input.rules)).map { call.wafAccess($0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try records.locked(
            StoredRuleGroup.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        group.head.description = input.description
        try group.set(input.rules, input.visibilityConfig, input.customResponseBodies, records)
        return Output(nextLockToken: try records.update(group))
    }
}

extension WAFV2.GetRuleGroup: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.wafAccess(try arn(input, call)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let group = try records.resource(StoredRuleGroup.self, arn: try arn(input, call))
        return Output(ruleGroup: try group.view(), lockToken: group.head.lockToken)
    }

    /// A request names the group by its ARN, or by all else.
    private static func arn(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        try call.arn(
            StoredRuleGroup.type, input.arn, name: input.name, scope: input.scope, id: input.id, field: .ruleGroup)
    }
}

extension WAFV2.DeleteRuleGroup: WriteOperation, OnWAFResource {
    typealias Target = StoredRuleGroup

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.locked(
            StoredRuleGroup.self, name: input.name, scope: input.scope, id: input.id, lockToken: input.lockToken)
        try records.checkIsUnused(group)
        try records.delete(group)
        return Output()
    }
}

extension WAFV2.ListRuleGroups: ReadOperation, OnAllOfWAF {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let scope = try WAFScope(input.scope, region: call.region)
        let page = try records.page(StoredRuleGroup.self, try WAFPage.paging(input.nextMarker, input.limit)) {
            $0.head.scope == scope
        }
        return Output {
            $0.ruleGroups = page.items.map { WAFV2.RuleGroupSummary($0) }
            $0.nextMarker = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/waf/latest/APIReference/API_CheckCapacity.html>
extension WAFV2.CheckCapacity: ReadOperation {
    /// What other accounts have, it tells only who could use it: nobody else is to learn that it is there, and how much it takes.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let others = RuleReferences.named(in: input.rules).filter { WAFName(arn: $0)?.accountID != call.accountID }
        return .required(
            [Access("wafv2:CheckCapacity", on: "*")] + others.map { Access("wafv2:CreateWebACL", on: $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rules = try RuleReading(isInGroup: false, bodies: [:], knowsBodies: false).rules(input.rules)
        let scope = try WAFScope(input.scope, region: call.region)
        let capacity = try RuleReferences(of: rules, in: scope, records).capacity
        guard capacity <= call.quotas[.webACLCapacity] else { throw .limitsExceeded }
        return Output(capacity: capacity)
    }
}

extension Call {
    /// The ARN of what a request names by its ARN, or by name, scope and id.
    func arn(
        _ type: String, _ arn: String?, name: String?, scope: String?, id: String?, field: InvalidField
    ) throws(ServiceError) -> String {
        switch (arn, name, scope, id) {
        case (let arn?, nil, nil, nil):
            guard let found = WAFName(arn: arn), found.type == type, found.region == region else {
                throw .invalid(.resourceArn, arn, .arn)
            }
            return arn
        case (nil, let name?, let scope?, let id?): return try wafName(type, scope: scope, name: name, id: id).arn
        default: throw .invalid(field, "ARN", .exactlyOne)
        }
    }
}

extension StoredRuleGroup {
    /// Takes in what a request sets.
    /// - Throws: WAFInvalidParameterException, also for rules that take more than the group's capacity;
    ///   WAFNonexistentItemException, WAFLimitsExceededException.
    mutating func set(
        _ rules: [WAFV2.Rule]?, _ visibility: WAFV2.VisibilityConfig, _ bodies: [String: WAFV2.CustomResponseBody]?,
        _ records: MutableRecords
    ) throws(ServiceError) {
        let reading = RuleReading(isInGroup: true, bodies: try ResponseBodyReading.bodies(bodies))
        let references = try RuleReferences(
            of: try reading.rules(rules ?? []), in: head.scope, isInGroup: true, records)
        guard references.capacity <= capacity else { throw .invalid(.ruleGroup, String(capacity), .capacity) }
        uses = references.arns
        settings =
            WAFV2.RuleGroup {
                $0.rules = rules
                $0.visibilityConfig = visibility
                $0.customResponseBodies = bodies
            }.structure.json
    }
}

extension WAFV2.RuleGroupSummary {
    init(_ group: StoredRuleGroup) {
        self.init {
            $0.name = group.head.name
            $0.id = group.head.id
            $0.description = group.head.description ?? ""
            $0.lockToken = group.head.lockToken
            $0.arn = group.arn
        }
    }
}
