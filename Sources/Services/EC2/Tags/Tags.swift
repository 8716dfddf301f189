import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

/// What carries tags, by the id that a request names.
struct TaggedID: Sendable {
    let id: String
    let type: String
    /// nil: a rule of a security group, which is part of the group's record.
    let kind: (any EC2Resource.Type)?

    /// - Throws: InvalidID for what is no id of EC2's.
    init(_ id: String) throws(ServiceError) {
        self.id = id
        let prefix = id.split(separator: "-", omittingEmptySubsequences: false).dropLast().joined(separator: "-")
        if prefix == "sgr" {
            (type, kind) = ("security-group-rule", nil)
        } else if let kind = EC2Kinds.byPrefix[prefix] {
            (type, self.kind) = (kind.arnType, kind)
        } else {
            throw .ec2("InvalidID", "The ID '\(id)' is not valid")
        }
    }

    /// Changes the tags of what the id names.
    /// - Throws: the error that there is no such thing.
    func change(
        _ records: MutableRecords, _ change: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        if let kind { return try Self.change(kind, id, records, change) }
        for var group in try records.list(StoredSecurityGroup.self) {
            guard let index = group.rules.firstIndex(where: { $0.id == id }) else { continue }
            group.rules[index].tags = try change(group.rules[index].tags)
            return try records.put(group)
        }
        throw .noSuchRule(id)
    }

    private static func change<R: EC2Resource>(
        _ type: R.Type, _ id: String, _ records: MutableRecords, _ change: ([Tag]) throws(ServiceError) -> [Tag]
    ) throws(ServiceError) {
        guard var resource = try records.get(type, id) else {
            throw (R.self as? any Shown.Type)?.missing(id) ?? .ec2("InvalidID", "The ID '\(id)' is not valid")
        }
        resource.head.tags = try change(resource.head.tags)
        try records.put(resource)
    }
}

/// An operation on the tags of several resources.
protocol OnTagged: WriteOperation where InputFields: EC2.WithResources, OutputFields == EmptyFields {
    static func requestKeys(_ input: Input) -> [String: ContextValue]
    static func change(_ tags: [Tag], _ input: Input) throws(ServiceError) -> [Tag]
}

extension OnTagged {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let keys = requestKeys(input)
        var all: [Access] = []
        for id in input.resources {
            let named = try TaggedID(id)
            all.append(call.ec2Access(named.type, id, nil, keys))
        }
        guard !all.isEmpty else { throw .missingParameter("resourceIdSet") }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        for id in input.resources {
            try TaggedID(id).change(records) { (tags) throws(ServiceError) in try change(tags, input) }
        }
        return Output()
    }
}

extension EC2.CreateTags: OnTagged {
    static func requestKeys(_ input: Input) -> [String: ContextValue] {
        ConditionKeys.requestTags(input.tags.map { Tag(key: $0.key ?? "", value: $0.value ?? "") })
    }

    static func change(_ tags: [Tag], _ input: Input) throws(ServiceError) -> [Tag] {
        guard !input.tags.isEmpty else { throw .missingParameter("tagSet") }
        return try TagSpecifications.rules.merge(try TagSpecifications.tags(input.tags), into: tags)
    }
}

extension EC2.DeleteTags: OnTagged {
    static func requestKeys(_ input: Input) -> [String: ContextValue] {
        ConditionKeys.requestTags((input.tags ?? []).map { Tag(key: $0.key ?? "", value: $0.value ?? "") })
    }

    /// Without tags all go; one with a value goes only if it has that value.
    static func change(_ tags: [Tag], _ input: Input) throws(ServiceError) -> [Tag] {
        guard let gone = input.tags, !gone.isEmpty else { return tags.filter { $0.key.hasPrefix("aws:") } }
        return tags.filter { tag in
            !gone.contains { $0.key == tag.key && ($0.value == nil || $0.value == tag.value) }
        }
    }
}

/// A tag in the list of all.
struct ListedTag: Sendable {
    let resourceID: String
    let type: String
    let tag: Tag

    static let filters = Filters<ListedTag>(
        [
            "key": { listed, _ in [listed.tag.key] }, "value": { listed, _ in [listed.tag.value] },
            "resource-id": { listed, _ in [listed.resourceID] }, "resource-type": { listed, _ in [listed.type] },
        ], tags: { [$0.tag] })
}

extension EC2.DescribeTags: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var all = estate.everything.flatMap { resource in
            resource.head.tags.map { ListedTag(resourceID: resource.id, type: type(of: resource).arnType, tag: $0) }
        }
        for group in estate.all(StoredSecurityGroup.self) {
            for rule in group.rules {
                all += rule.tags.map { ListedTag(resourceID: rule.id, type: "security-group-rule", tag: $0) }
            }
        }
        let passed = try ListedTag.filters.apply(input.filters, to: all, estate)
        let page = try Listing.page(
            passed, by: { "\($0.resourceID) \($0.tag.key)" }, input.pageToken, input.pageLimit)
        return Output(
            page.items.map { listed in
                EC2.TagDescription {
                    $0.key = listed.tag.key
                    $0.value = listed.tag.value
                    $0.resourceId = listed.resourceID
                    $0.resourceType = listed.type
                }
            }, next: page.marker)
    }
}
