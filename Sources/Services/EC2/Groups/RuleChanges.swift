import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

/// The rules of a request of the kinds that have parameters of their own for a single rule: `IpProtocol`, `CidrIp` and so on.
typealias RuleFields = EC2.MayHaveIpPermissions & EC2.MayHaveIpProtocol & EC2.MayHaveFromPort & EC2.MayHaveToPort
    & EC2.MayHaveCidrIp & EC2.MayHaveSourceSecurityGroupName & EC2.MayHaveSourceSecurityGroupOwnerId

extension View where Members: RuleFields {
    /// The rules that it names.
    fileprivate var permissions: [EC2.IpPermission] {
        if let all = ipPermissions, !all.isEmpty { return all }
        guard ipProtocol != nil || cidrIp != nil || sourceSecurityGroupName != nil else { return [] }
        return [
            EC2.IpPermission {
                // A group alone is all of its traffic.
                $0.ipProtocol = ipProtocol ?? (sourceSecurityGroupName == nil ? nil : "-1")
                $0.fromPort = fromPort
                $0.toPort = toPort
                if let block = cidrIp {
                    if block.contains(":") {
                        $0.ipv6Ranges = [EC2.Ipv6Range { $0.cidrIpv6 = block }]
                    } else {
                        $0.ipRanges = [EC2.IpRange { $0.cidrIp = block }]
                    }
                }
                if let name = sourceSecurityGroupName {
                    $0.userIdGroupPairs = [
                        EC2.UserIdGroupPair {
                            $0.groupName = name
                            $0.userId = sourceSecurityGroupOwnerId
                        }
                    ]
                }
            }
        ]
    }
}

/// An operation on the rules of one group, in one direction.
protocol OnRules: WriteOperation {
    static var isEgress: Bool { get }
    static func groupID(_ input: Input) -> String?
    static func groupName(_ input: Input) -> String?
}

extension OnRules where InputFields: EC2.MayHaveGroupId & EC2.MayHaveGroupName {
    static func groupID(_ input: Input) -> String? { input.groupId }
    static func groupName(_ input: Input) -> String? { input.groupName }
}

extension OnRules {
    static func groupName(_ input: Input) -> String? { nil }

    fileprivate static func onGroup(_ input: Input, _ call: Call) async throws(ServiceError) -> Access {
        if groupID(input) == nil { try await call.furnish() }
        let id = GroupName.id(groupID(input), groupName(input), call)
        return call.access(to: StoredSecurityGroup.self, id ?? "*")
    }

    fileprivate static func group(_ input: Input, _ records: MutableRecords) throws(ServiceError) -> StoredSecurityGroup
    {
        try GroupName.existing(groupID(input), groupName(input), records)
    }
}

// MARK: - Authorize

protocol AuthorizingRules: OnRules where InputFields: RuleFields & EC2.MayHaveTagSpecifications {}

extension AuthorizingRules {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        var all = [try await onGroup(input, call)]
        if input.tagSpecifications?.isEmpty == false {
            all += try call.creation(of: "security-group-rule", input.tagSpecifications)
        }
        return .required(all)
    }

    fileprivate static func authorize(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> [EC2.SecurityGroupRule] {
        var group = try group(input, records)
        let tags = try TagSpecifications.tags(of: "security-group-rule", input.tagSpecifications)
        let reader = RuleReader(group: group, isEgress: isEgress, records: records)
        var added = try reader.rules(input.permissions)
        for index in added.indices {
            if let there = group.rules.first(where: added[index].isSame) {
                throw .ec2(
                    "InvalidPermission.Duplicate", "the specified rule \"\(there.errorText)\" already exists")
            }
            added[index].tags = tags
        }
        group.rules += added
        try reader.checkCount(group.rules, call)
        try records.put(group)
        return added.map { $0.shown(of: group) }
    }
}

extension EC2.AuthorizeSecurityGroupIngress: AuthorizingRules {
    static let isEgress = false

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        Output(return: true, securityGroupRules: try authorize(input, call, records))
    }
}

extension EC2.AuthorizeSecurityGroupEgress: AuthorizingRules {
    static let isEgress = true
    static func groupID(_ input: Input) -> String? { input.groupId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        Output(return: true, securityGroupRules: try authorize(input, call, records))
    }
}

// MARK: - Revoke

protocol RevokingRules: OnRules where InputFields: RuleFields & EC2.MayHaveSecurityGroupRuleIds {}

extension RevokingRules {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await onGroup(input, call))
    }

    fileprivate static func revoke(
        _ input: Input, _ records: MutableRecords
    ) throws(ServiceError) -> [EC2.RevokedSecurityGroupRule] {
        var group = try group(input, records)
        var gone: [StoredGroupRule] = []
        if let ids = input.securityGroupRuleIds, !ids.isEmpty {
            guard input.permissions.isEmpty else {
                throw .invalidCombination("The parameter securityGroupRuleIds cannot be used with ipPermissions")
            }
            for id in ids {
                guard let rule = group.rules.first(where: { $0.id == id && $0.isEgress == isEgress }) else {
                    throw .noSuchRule(id)
                }
                gone.append(rule)
            }
        } else {
            for rule in try RuleReader(group: group, isEgress: isEgress, records: records).rules(input.permissions) {
                guard let there = group.rules.first(where: rule.isSame) else {
                    throw .ec2(
                        "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.")
                }
                gone.append(there)
            }
        }
        let ids = Set(gone.map(\.id))
        group.rules.removeAll { ids.contains($0.id) }
        try records.put(group)
        return gone.map { rule in
            EC2.RevokedSecurityGroupRule {
                $0.securityGroupRuleId = rule.id
                $0.groupId = group.id
                $0.isEgress = rule.isEgress
                $0.ipProtocol = rule.traffic.name
                $0.fromPort = rule.traffic.from
                $0.toPort = rule.traffic.to
                $0.cidrIpv4 = rule.block4
                $0.cidrIpv6 = rule.block6
                $0.prefixListId = rule.prefixListID
                $0.referencedGroupId = rule.groupID
                $0.description = rule.summary
            }
        }
    }
}

extension EC2.RevokeSecurityGroupIngress: RevokingRules {
    static let isEgress = false

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let gone = try revoke(input, records)
        return Output {
            $0.return = true
            $0.revokedSecurityGroupRules = gone
        }
    }
}

extension EC2.RevokeSecurityGroupEgress: RevokingRules {
    static let isEgress = true
    static func groupID(_ input: Input) -> String? { input.groupId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let gone = try revoke(input, records)
        return Output {
            $0.return = true
            $0.revokedSecurityGroupRules = gone
        }
    }
}

// MARK: - Descriptions

protocol DescribingRules: OnRules
where
    InputFields: EC2.MayHaveIpPermissions & EC2.MayHaveSecurityGroupRuleDescriptions & EC2.MayHaveGroupId
        & EC2.MayHaveGroupName
{}

extension DescribingRules {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await onGroup(input, call))
    }

    fileprivate static func update(_ input: Input, _ records: MutableRecords) throws(ServiceError) {
        var group = try group(input, records)
        if let descriptions = input.securityGroupRuleDescriptions, !descriptions.isEmpty {
            for description in descriptions {
                let id = description.securityGroupRuleId ?? ""
                guard let index = group.rules.firstIndex(where: { $0.id == id && $0.isEgress == isEgress }) else {
                    throw .noSuchRule(id)
                }
                group.rules[index].summary = try RuleReader.checked(summary: description.description)
            }
        } else {
            let reader = RuleReader(group: group, isEgress: isEgress, records: records)
            for rule in try reader.rules(input.ipPermissions ?? []) {
                guard let index = group.rules.firstIndex(where: rule.isSame) else {
                    throw .ec2(
                        "InvalidPermission.NotFound",
                        "The specified rule does not exist in this security group.")
                }
                group.rules[index].summary = rule.summary
            }
        }
        try records.put(group)
    }
}

extension EC2.UpdateSecurityGroupRuleDescriptionsIngress: DescribingRules {
    static let isEgress = false

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try update(input, records)
        return Output(return: true)
    }
}

extension EC2.UpdateSecurityGroupRuleDescriptionsEgress: DescribingRules {
    static let isEgress = true

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try update(input, records)
        return Output(return: true)
    }
}

// MARK: - By rules

extension EC2.ModifySecurityGroupRules: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = [call.access(to: StoredSecurityGroup.self, input.groupId)]
        for update in input.securityGroupRules {
            all.append(call.ec2Access("security-group-rule", update.securityGroupRuleId))
            if let list = update.securityGroupRule?.prefixListId {
                all.append(call.access(to: StoredPrefixList.self, list))
            }
        }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var group = try records.existing(StoredSecurityGroup.self, input.groupId)
        guard !input.securityGroupRules.isEmpty else { throw .missingParameter("securityGroupRules") }
        for update in input.securityGroupRules {
            let id = update.securityGroupRuleId
            guard let index = group.rules.firstIndex(where: { $0.id == id }) else { throw .noSuchRule(id) }
            guard let request = update.securityGroupRule else { throw .missingParameter("securityGroupRule") }
            let old = group.rules[index]
            var rule = try RuleReader(group: group, isEgress: old.isEgress, records: records).rule(request, id: id)
            rule.tags = old.tags
            if request.description == nil { rule.summary = old.summary }
            if let there = group.rules.first(where: { $0.id != id && rule.isSame(as: $0) }) {
                throw .ec2(
                    "InvalidPermission.Duplicate", "the specified rule \"\(there.errorText)\" already exists")
            }
            group.rules[index] = rule
        }
        try RuleReader(group: group, isEgress: false, records: records).checkCount(group.rules, call)
        try records.put(group)
        return Output(return: true)
    }
}

/// A rule with its group, in the list of all.
struct ListedRule: Sendable {
    let rule: StoredGroupRule
    let group: StoredSecurityGroup

    static let filters = Filters<ListedRule>(
        [
            "group-id": { listed, _ in [listed.group.id] }, "security-group-rule-id": { listed, _ in [listed.rule.id] },
        ], tags: { $0.rule.tags })
}

extension EC2.DescribeSecurityGroupRules: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var all = estate.all(StoredSecurityGroup.self).flatMap { group in
            group.rules.map { ListedRule(rule: $0, group: group) }
        }
        if let ids = input.securityGroupRuleIds, !ids.isEmpty {
            guard input.pageLimit == nil else {
                throw .invalidCombination(
                    "The parameter securityGroupRuleIds cannot be used with the parameter maxResults")
            }
            for id in ids where !all.contains(where: { $0.rule.id == id }) { throw .noSuchRule(id) }
            all = all.filter { ids.contains($0.rule.id) }
        }
        let passed = try ListedRule.filters.apply(input.filters, to: all, estate)
        let page = try Listing.page(passed, by: \.rule.id, input.pageToken, input.pageLimit)
        return Output(page) { $0.rule.shown(of: $0.group) }
    }
}
