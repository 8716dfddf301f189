import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// All trails that take an account's events, its organization's among them, with what they select: whichever Region they lie in.
    static let auditedTrails = ConfiguredResourceType(
        AuditedType.trailSelection, isGlobal: true, kinds: [], concerned: { (_, _) throws(ServiceError) in [] },
        list: { (account, region, after, _, records) throws(ServiceError) in
            guard after == nil, region.isEmpty else { return ([], nil) }
            return ([ConfiguredResource(AuditedType.trailSelection, account, account: account, region: "")], nil)
        },
        item: { (resource, state) throws(ServiceError) in
            let environment = state.environment
            let organization = environment.directory.organization(ofAccount: resource.account)?.id
            let trails = environment.trails.trails(seenBy: resource.account, of: organization)
            return ConfigurationItem(
                AuditedType.trailSelection, id: resource.account, arn: nil, account: resource.account, region: "",
                configuration: .members(["trails": .array(trails.map(shown))]))
        })

    private static func shown(_ trail: Trail) -> JSONValue {
        let selected = SelectedEvents(trail.selection)
        return .members([
            "name": .string(trail.name), "arn": .string(trail.arn), "account": .string(trail.accountID),
            "homeRegion": .string(trail.homeRegion), "bucket": .string(trail.bucket),
            "kmsKeyId": .perhaps(trail.kmsKeyID), "logGroupArn": .perhaps(trail.logGroupARN),
            "isLogging": .boolean(trail.isLogging), "isMultiRegion": .boolean(trail.isMultiRegion),
            "includesGlobalServices": .boolean(trail.includesGlobalServices),
            "isValidated": .boolean(trail.isValidated),
            "isOfOrganization": .boolean(trail.organizationID != nil),
            "management": .perhaps(selected.management), "excludesSources": .boolean(selected.excludesSources),
            "objectReads": .array(selected.objectReads.map { .string($0) }),
            "objectWrites": .array(selected.objectWrites.map { .string($0) }),
        ])
    }

    static let trailQuotaUse = quotaUse("CloudTrail") { (scope, state) throws(ServiceError) in
        [QuotaUse("Trails", .trails, try state.count(Trail.self, in: scope))]
    }
}

/// What a selection comes to: which management events, and the objects of which buckets.
private struct SelectedEvents {
    /// `All`, `ReadOnly` or `WriteOnly`; nil: none.
    var management: String?
    var excludesSources = false
    /// What the ARNs of objects begin with whose reading, or writing, is taken; `arn:aws:s3` is all.
    var objectReads: [String] = []
    var objectWrites: [String] = []

    init(_ selection: EventSelection) {
        switch selection {
        case .basic(let selectors):
            for selector in selectors {
                if selector.includesManagement {
                    take(management: selector.readWriteType, excludes: !selector.excludedSources.isEmpty)
                }
                for data in selector.dataResources where data.type == "AWS::S3::Object" {
                    take(objects: data.values, selector.readWriteType)
                }
            }
        case .advanced(let selectors):
            for selector in selectors { take(selector) }
        }
    }

    private mutating func take(_ selector: AdvancedSelector) {
        func condition(_ field: SelectorField) -> FieldCondition? { selector.conditions.first { $0.field == field } }
        var kind = BasicSelector.ReadWriteType.all
        if let only = condition(.readOnly)?.equals, only.count == 1 {
            kind = only == ["true"] ? .readOnly : .writeOnly
        }
        // What else narrows the events, nobody can be told that they are all taken.
        let known: Set<SelectorField> = [.eventCategory, .readOnly, .resourceType, .resourceARN]
        let isNarrowed = selector.conditions.contains { !known.contains($0.field) }
        if condition(.eventCategory)?.equals.contains(EventCategory.management) == true {
            take(management: kind, excludes: isNarrowed)
        } else if condition(.resourceType)?.equals.contains("AWS::S3::Object") == true, !isNarrowed {
            guard let arns = condition(.resourceARN) else { return take(objects: ["arn:aws:s3"], kind) }
            guard arns.notEquals.isEmpty, arns.notStartsWith.isEmpty, arns.notEndsWith.isEmpty, arns.endsWith.isEmpty
            else { return }
            take(objects: arns.startsWith, kind)
        }
    }

    private mutating func take(management kind: BasicSelector.ReadWriteType, excludes: Bool) {
        // One that takes all of them counts, whatever others take.
        if excludes {
            if management == nil { (management, excludesSources) = (kind.rawValue, true) }
            return
        }
        if management == nil || excludesSources {
            (management, excludesSources) = (kind.rawValue, false)
        } else if management != kind.rawValue {
            management = BasicSelector.ReadWriteType.all.rawValue
        }
    }

    private mutating func take(objects: [String], _ kind: BasicSelector.ReadWriteType) {
        if kind != .writeOnly { objectReads += objects }
        if kind != .readOnly { objectWrites += objects }
    }
}
