import Directory
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Groups of protections. <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-protection-groups.html>

extension Quota {
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/shield-limits.html>
    static let protectionGroups = Quota("ShieldProtectionGroups", 100)
    static let protectionGroupMembers = Quota("ShieldProtectionGroupMembers", 1000)
}

extension ShieldAdvanced.CreateProtectionGroup: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.accessesToNewInShield(input.tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        guard try records.get(StoredProtectionGroup.self, input.protectionGroupId) == nil else {
            throw .alreadyExists(
                "The protection group \(input.protectionGroupId) already exists.", "ProtectionGroup")
        }
        let limit = call.quotas[.protectionGroups]
        guard try records.count(StoredProtectionGroup.self) < limit else {
            throw .shieldLimit("PROTECTION_GROUP", limit)
        }
        var group = StoredProtectionGroup(
            id: input.protectionGroupId, accountID: call.accountID, aggregation: input.aggregation, pattern: .all,
            members: [], tags: try TagRules.ofShield.merge(input.tags, into: []))
        try group.set(input.aggregation, input.pattern, input.resourceType, input.members, call, records)
        try records.put(group)
        return Output()
    }
}

extension ShieldAdvanced.UpdateProtectionGroup: WriteOperation, OnProtectionGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        var group = try records.protectionGroup(input.protectionGroupId)
        let before = group
        try group.set(input.aggregation, input.pattern, input.resourceType, input.members, call, records)
        try records.put(group)
        if group != before { try StoredAssessment.forget(group.arn, records) }
        return Output()
    }
}

extension ShieldAdvanced.DescribeProtectionGroup: ReadOperation, OnProtectionGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        return Output(protectionGroup: try records.protectionGroup(input.protectionGroupId).view)
    }
}

extension ShieldAdvanced.DeleteProtectionGroup: WriteOperation, OnProtectionGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        let group = try records.protectionGroup(input.protectionGroupId)
        try records.delete(group)
        try StoredAssessment.forget(group.arn, records)
        return Output()
    }
}

extension ShieldAdvanced.ListProtectionGroups: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        let filters = input.inclusionFilters
        let page = try records.page(StoredProtectionGroup.self, try ShieldPage.paging(input)) { group in
            (filters?.protectionGroupIds?.contains(group.id) ?? true)
                && (filters?.patterns?.contains(group.pattern.rawValue) ?? true)
                && (filters?.resourceTypes?.contains(group.resourceType ?? "") ?? true)
                && (filters?.aggregations?.contains(group.aggregation) ?? true)
        }
        return Output {
            $0.protectionGroups = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension ShieldAdvanced.ListResourcesInProtectionGroup: ReadOperation, OnProtectionGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        let group = try records.protectionGroup(input.protectionGroupId)
        let page = try records.page(StoredProtection.self, try ShieldPage.paging(input)) { group.has($0) }
        return Output {
            $0.resourceArns = page.items.map { $0.resourceARN }
            $0.nextToken = page.marker
        }
    }
}

extension StoredProtectionGroup {
    /// Takes in what a request says belongs to the group.
    /// - Throws: InvalidParameterException for a pattern with what belongs to another; ResourceNotFoundException for members
    ///   that are not protected; LimitsExceededException.
    fileprivate mutating func set(
        _ aggregation: String, _ pattern: String, _ type: String?, _ members: [String]?, _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) {
        guard let pattern = Pattern(rawValue: pattern) else {
            throw .invalidParameter("Pattern", "The pattern is not valid.")
        }
        let members = members ?? []
        guard members.isEmpty == (pattern != .arbitrary) else {
            throw .invalidParameter("Members", "You must set Members if, and only if, Pattern is ARBITRARY.")
        }
        guard (type == nil) == (pattern != .byResourceType) else {
            throw .invalidParameter(
                "ResourceType", "You must set ResourceType if, and only if, Pattern is BY_RESOURCE_TYPE.")
        }
        guard Set(members).count == members.count else {
            throw .invalidParameter("Members", "Members must be unique.")
        }
        let limit = call.quotas[.protectionGroupMembers]
        guard members.count <= limit else { throw .shieldLimit("PROTECTION_GROUP_MEMBERS", limit) }
        for member in members { _ = try records.protection(of: member) }
        self.aggregation = aggregation
        self.pattern = pattern
        resourceType = type
        self.members = members
    }
}
