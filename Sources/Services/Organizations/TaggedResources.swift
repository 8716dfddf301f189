import Directory
import OrganizationsAPI
import Platform
import Policy
import Wire

// Tags of accounts, units, the root, and policies.
// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html>

extension Call {
    /// The access to whatever has tags, by its id.
    fileprivate func need(
        tagged id: String, _ context: [String: ContextValue]
    ) async throws(ServiceError) -> Access {
        guard let organization = directory.organization(ofAccount: accountID) else { return need(on: "*", context) }
        if id.hasPrefix("p-") { return need(policy: id, context) }
        if id.hasPrefix("rp-") {
            let policy = directory.resourcePolicy(ofOrganization: organization.id).flatMap { $0.id == id ? $0 : nil }
            let keys = ConditionKeys.resourceTags(policy?.tags ?? [], service: "organizations")
            return need(on: organization.arn("resourcepolicy", id), keys.merging(context) { $1 })
        }
        if id.hasPrefix("rt-") { return try await need(transfer: id, context) }
        return need(target: id, context)
    }
}

extension OwnOrganization {
    fileprivate func tags(of id: String) throws(ServiceError) -> [Directory.Tag] {
        if id == organization.rootID { return organization.rootTags }
        if let unit = try records.get(OrganizationalUnit.self, id) { return unit.tags }
        if let place = try records.get(OrganizationAccount.self, id) { return place.tags }
        if let policy = try records.get(OrganizationPolicy.self, id) { return policy.tags }
        if let policy = try records.get(OrganizationResourcePolicy.self, id) { return policy.tags }
        if let transfer = try transfer(tagged: id) { return transfer.tags }
        throw .targetNotFound
    }
}

extension OwnOrganization<MutableRecords> {
    fileprivate func setTags(_ tags: [Directory.Tag], of id: String) throws(ServiceError) {
        if id == organization.rootID {
            var organization = organization
            organization.rootTags = tags
            try records.put(organization)
        } else if var unit = try records.get(OrganizationalUnit.self, id) {
            unit.tags = tags
            try records.put(unit)
        } else if var place = try records.get(OrganizationAccount.self, id) {
            place.tags = tags
            try records.put(place)
        } else if var policy = try records.get(OrganizationPolicy.self, id) {
            policy.tags = tags
            try records.put(policy)
        } else if var policy = try records.get(OrganizationResourcePolicy.self, id) {
            policy.tags = tags
            try records.put(policy)
        } else if var transfer = try transfer(tagged: id) {
            transfer.tags = tags
            try records.shared.put(transfer)
        }
    }
}

extension Organizations.TagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(tagged: input.resourceId, requestTags(input.tags)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let tags = try own.tags(of: input.resourceId)
        try own.setTags(TagRules.ofOrganizations.merge(input.tags, into: tags), of: input.resourceId)
        return Output()
    }
}

extension Organizations.UntagResource: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(tagged: input.resourceId, ConditionKeys.tagKeys(input.tagKeys)))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .managementAccount)
        let tags = try own.tags(of: input.resourceId)
        try own.setTags(TagRules.ofOrganizations.remove(input.tagKeys, from: tags), of: input.resourceId)
        return Output()
    }
}

extension Organizations.ListTagsForResource: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        .required(try await call.need(tagged: input.resourceId, [:]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let own = try records.organization(call, for: .delegatedAdministrators)
        let page = page(
            try own.tags(of: input.resourceId), by: \.key, try Paging(nextToken: input.nextToken, maxResults: 50))
        return Output(page, Organizations.Tag.init)
    }
}
