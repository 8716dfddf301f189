import FoundationEssentials
import Ledger
import Platform
import ShieldAdvancedAPI
import Wire

// Protections. <https://docs.aws.amazon.com/waf/latest/developerguide/ddos-manage-protected-resources.html>

extension Quota {
    /// Of each type of resource.
    /// <https://docs.aws.amazon.com/waf/latest/developerguide/shield-limits.html>
    static let protections = Quota("ShieldProtectionsPerResourceType", 1000)
}

extension ShieldAdvanced.CreateProtection: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.accessesToNewInShield(input.tags))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        let type = try call.protectable(input.resourceArn)
        let all = try records.list(StoredProtection.self)
        guard !all.contains(where: { $0.resourceARN == input.resourceArn }) else {
            throw .alreadyExists("The resource \(input.resourceArn) already has a protection.", "Protection")
        }
        let limit = call.quotas[.protections]
        guard all.count(where: { ProtectableType(arn: $0.resourceARN) == type }) < limit else {
            throw .shieldLimit(type.limitName, limit)
        }
        let protection = StoredProtection(
            id: UUID().uuidString.lowercased(), accountID: call.accountID, name: input.name,
            resourceARN: input.resourceArn, tags: try TagRules.ofShield.merge(input.tags, into: []))
        try records.put(protection)
        return Output(protectionId: protection.id)
    }
}

extension ShieldAdvanced.DescribeProtection: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let named = input.resourceArn.flatMap { call.environment.projection(ShieldIndex.self).protection(of: $0) }
        let own = named.flatMap { $0.accountID == call.accountID ? $0.id : nil }
        return .required(call.shieldAccess(ShieldARN.protection(input.protectionId ?? own ?? "*", call.accountID)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        switch (input.protectionId, input.resourceArn) {
        case (let id?, nil): return Output(protection: try records.protection(id).view)
        case (nil, let arn?): return Output(protection: try records.protection(of: arn).view)
        default:
            throw .invalidParameter("ProtectionId", "You must specify either ProtectionId or ResourceArn, not both.")
        }
    }
}

extension ShieldAdvanced.ListProtections: ReadOperation, OnAllOfShield {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        let filters = input.inclusionFilters
        let page = try records.page(StoredProtection.self, try ShieldPage.paging(input)) { protection in
            (filters?.resourceArns?.contains(protection.resourceARN) ?? true)
                && (filters?.protectionNames?.contains(protection.name) ?? true)
                && (filters?.resourceTypes?.contains(ProtectableType(arn: protection.resourceARN)?.rawValue ?? "")
                    ?? true)
        }
        return Output {
            $0.protections = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

extension ShieldAdvanced.DeleteProtection: PreparedWriteOperation, OnProtection {
    /// The rules that were put into the web ACL on the protection's behalf are taken out first.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let id = input.protectionId
        let found = try await call.environment.read(call.shieldScope) { (records) throws(ServiceError) in
            try records.get(StoredProtection.self, id)
        }
        if let found { try await MitigationPlacement(call.environment).remove(from: found) }
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        _ = try records.subscription(call)
        try records.delete(try records.protection(input.protectionId))
        return Output()
    }
}

extension Call {
    /// Where the account's records of Shield are.
    var shieldScope: Scope { module.scope(account: accountID, region: region) }

    /// What an operation asks for that makes something. Whoever gives it tags has to be allowed to tag.
    func accessesToNewInShield(_ tags: [ShieldAdvanced.Tag]?) -> [Access] {
        let context = ConditionKeys.requestTags((tags ?? []).map(\.tag))
        var accesses = [shieldAccess("*", context)]
        if tags?.isEmpty == false {
            var tag = Access("shield:TagResource", on: "*", context: context)
            tag.isOfNewResource = true
            accesses.append(tag)
        }
        return accesses
    }
}
