import CloudTrailAPI
import Platform
import Wire

/// What the selectors of a trail or of an event data store may say.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html>
enum SelectorRules {
    private static let mostBasic = 5
    private static let mostResources = 250
    private static let mostConditions = 500
    private static let excludable: Set<String> = ["kms.amazonaws.com", "rdsdata.amazonaws.com"]

    /// - Throws: InvalidEventSelectorsException.
    static func selection(
        _ basic: [CloudTrail.EventSelector]?, _ advanced: [CloudTrail.AdvancedEventSelector]?
    ) throws(ServiceError) -> EventSelection {
        switch (basic?.isEmpty == false ? basic : nil, advanced?.isEmpty == false ? advanced : nil) {
        case (let basic?, nil): .basic(try Self.basic(basic))
        case (nil, let advanced?): .advanced(try Self.advanced(advanced))
        case (nil, nil):
            throw .invalidSelectors("You must specify at least one of EventSelectors and AdvancedEventSelectors.")
        case (_?, _?):
            throw .invalidSelectors("You can specify EventSelectors or AdvancedEventSelectors, but not both.")
        }
    }

    // MARK: Basic

    private static func basic(_ selectors: [CloudTrail.EventSelector]) throws(ServiceError) -> [BasicSelector] {
        guard selectors.count <= mostBasic else {
            throw .invalidSelectors("A trail has at most \(mostBasic) event selectors, not \(selectors.count).")
        }
        let count = selectors.flatMap { $0.dataResources ?? [] }.reduce(0) { $0 + ($1.values?.count ?? 0) }
        guard count <= mostResources else {
            throw .invalidSelectors("A trail has at most \(mostResources) data resources, not \(count).")
        }
        return try selectors.map { selector throws(ServiceError) in
            let excluded = selector.excludeManagementEventSources ?? []
            for source in excluded where !excludable.contains(source) {
                throw .invalidSelectors("Value \(source) for ExcludeManagementEventSources is invalid.")
            }
            let includesManagement = selector.includeManagementEvents ?? true
            guard excluded.isEmpty || includesManagement else {
                throw .invalidSelectors(
                    "ExcludeManagementEventSources needs a selector that includes management events.")
            }
            return BasicSelector(
                readWriteType: selector.readWriteType.flatMap(BasicSelector.ReadWriteType.init) ?? .all,
                includesManagement: includesManagement,
                dataResources: try (selector.dataResources ?? []).map(dataResource), excludedSources: excluded)
        }
    }

    private static func dataResource(
        _ resource: CloudTrail.DataResource
    ) throws(ServiceError) -> BasicSelector.DataResource {
        let type = resource.type ?? ""
        guard let start = beginnings[type] else {
            throw .invalidSelectors(
                "Value \(type) for DataResources.Type is invalid. Valid values are: "
                    + beginnings.keys.sorted().joined(separator: ", "))
        }
        let values = resource.values ?? []
        for value in values {
            // All of the partition's, or an ARN.
            guard value.utf8.starts(with: start.utf8), !value.utf8.contains(UInt8(ascii: "*")),
                value == start || value.utf8.dropFirst(start.utf8.count).first == UInt8(ascii: ":")
            else { throw .invalidSelectors("Value \(value) for DataResources.Values is invalid.") }
            // A bucket's name ends with a slash.
            guard type != "AWS::S3::Object" || value == start || value == start + ":::" || isObjects(value) else {
                throw .invalidSelectors("Invalid S3 ARN: \(value)")
            }
        }
        return BasicSelector.DataResource(type: type, values: values)
    }

    /// What values begin with.
    private static let beginnings = [
        "AWS::S3::Object": "arn:aws:s3", "AWS::Lambda::Function": "arn:aws:lambda",
        "AWS::DynamoDB::Table": "arn:aws:dynamodb",
    ]

    /// Whether a value names the objects of one bucket: `arn:aws:s3:::box/`.
    private static func isObjects(_ value: String) -> Bool {
        let prefix = "arn:aws:s3:::"
        guard value.utf8.starts(with: prefix.utf8) else { return false }
        let rest = value.utf8.dropFirst(prefix.utf8.count)
        return rest.first != UInt8(ascii: "/") && rest.contains(UInt8(ascii: "/"))
    }

    // MARK: Advanced

    /// What an event data store takes where a request does not say it: all management events.
    private static let ofNewStore = AdvancedSelector(
        name: "Default management events",
        conditions: {
            var condition = FieldCondition(.eventCategory)
            condition.equals = [EventCategory.management]
            return [condition]
        }())

    /// - Throws: InvalidEventSelectorsException.
    static func ofEventDataStore(
        _ selectors: [CloudTrail.AdvancedEventSelector]?
    ) throws(ServiceError) -> [AdvancedSelector] {
        guard let selectors, !selectors.isEmpty else { return [ofNewStore] }
        guard selectors.count <= mostBasic else {
            throw .invalidSelectors(
                "An event data store has at most \(mostBasic) advanced event selectors, not \(selectors.count).")
        }
        let made = try advanced(selectors, isOfStore: true)
        for selector in made {
            guard let category = selector.category, ofTheirOwn.contains(category) else { continue }
            guard made.count == 1 else {
                throw .invalidSelectors(
                    "An event data store of \(category) events has one advanced event selector, and no others.")
            }
        }
        return made
    }

    /// The categories of events that an event data store can't have besides others, and trails can't have at all.
    private static let ofTheirOwn: Set<String> = [EventCategory.insight, EventCategory.activity]

    private static func advanced(
        _ selectors: [CloudTrail.AdvancedEventSelector], isOfStore: Bool = false
    ) throws(ServiceError) -> [AdvancedSelector] {
        var count = 0
        var made: [AdvancedSelector] = []
        for selector in selectors {
            let name = selector.name?.isEmpty == false ? selector.name : nil
            let selector = AdvancedSelector(name: name, conditions: try selector.fieldSelectors.map(condition))
            try check(selector, isOfStore: isOfStore)
            count += selector.conditions.reduce(0) { $0 + $1.valueCount }
            made.append(selector)
        }
        guard count <= mostConditions else {
            throw .invalidSelectors(
                "Advanced event selectors have at most \(mostConditions) values together, not \(count).")
        }
        return made
    }

    private static func condition(
        _ selector: CloudTrail.AdvancedFieldSelector
    ) throws(ServiceError) -> FieldCondition {
        guard let field = SelectorField(rawValue: selector.field) else {
            throw .invalidSelectors("The field \(selector.field) is not supported.")
        }
        var condition = FieldCondition(field)
        condition.equals = selector.equals ?? []
        condition.startsWith = selector.startsWith ?? []
        condition.endsWith = selector.endsWith ?? []
        condition.notEquals = selector.notEquals ?? []
        condition.notStartsWith = selector.notStartsWith ?? []
        condition.notEndsWith = selector.notEndsWith ?? []
        guard condition.valueCount > 0 else {
            throw .invalidSelectors("The field \(field.rawValue) has no operator.")
        }
        return condition
    }

    /// The fields of each category, besides the category itself.
    private static let fields: [String: Set<SelectorField>] = [
        EventCategory.management: [.eventSource, .readOnly],
        EventCategory.data: [
            .eventName, .eventSource, .eventType, .resourceType, .resourceARN, .readOnly,
            .sessionCredentialFromConsole, .userARN,
        ],
        EventCategory.network: [.eventSource, .eventName, .errorCode, .vpcEndpointId],
    ]

    /// What event data stores can ask of management events besides.
    private static let managementFieldsOfStores: Set<SelectorField> = [
        .eventName, .eventType, .sessionCredentialFromConsole, .userARN,
    ]

    private static func check(_ selector: AdvancedSelector, isOfStore: Bool) throws(ServiceError) {
        let byField = Dictionary(grouping: selector.conditions, by: \.field)
        for (field, conditions) in byField where conditions.count > 1 {
            throw .invalidSelectors("The field \(field.rawValue) is there more than once in one selector.")
        }
        guard let category = selector.category,
            var supported = isOfStore && ofTheirOwn.contains(category) ? [] : fields[category]
        else {
            throw .invalidSelectors(
                "Each advanced event selector needs the field eventCategory, which Equals Management, Data or"
                    + " NetworkActivity\(isOfStore ? ", Insight or ActivityAuditLog" : "").")
        }
        let isOfManagementInStore = isOfStore && category == EventCategory.management
        if isOfManagementInStore { supported.formUnion(managementFieldsOfStores) }
        for condition in selector.conditions where condition.field != .eventCategory {
            guard supported.contains(condition.field) else {
                throw .invalidSelectors(
                    "The field \(condition.field.rawValue) is not supported for \(category) events.")
            }
            if isOfManagementInStore, condition.field == .eventSource { continue }
            try check(condition, in: category)
        }
        if category == EventCategory.data, byField[.resourceType] == nil {
            throw .invalidSelectors("A selector of Data events needs the field resources.type.")
        }
        if category == EventCategory.network, byField[.eventSource] == nil {
            throw .invalidSelectors("A selector of NetworkActivity events needs the field eventSource.")
        }
    }

    private static func check(_ condition: FieldCondition, in category: String) throws(ServiceError) {
        switch condition.field {
        case .readOnly, .sessionCredentialFromConsole:
            guard let value = condition.onlyValue, value == "true" || value == "false" else {
                throw .invalidSelectors("The field \(condition.field.rawValue) can only be Equals true or false.")
            }
        case .resourceType:
            guard let type = condition.onlyValue, type.utf8.starts(with: "AWS::".utf8) else {
                throw .invalidSelectors("The field resources.type can only be Equals one type, as AWS::S3::Object.")
            }
        case .eventSource where category == EventCategory.management:
            guard condition.valueCount == condition.notEquals.count, condition.notEquals.allSatisfy(excludable.contains)
            else {
                throw .invalidSelectors(
                    "For Management events, eventSource can only be NotEquals kms.amazonaws.com or"
                        + " rdsdata.amazonaws.com.")
            }
        case .eventSource where category == EventCategory.network:
            guard condition.onlyValue != nil else {
                throw .invalidSelectors("For NetworkActivity events, eventSource can only be Equals one source.")
            }
        case .errorCode:
            guard condition.onlyValue == "VpceAccessDenied" else {
                throw .invalidSelectors("The field errorCode can only be Equals VpceAccessDenied.")
            }
        default: break
        }
    }
}

extension AdvancedSelector {
    /// What its `eventCategory` has to equal; nil for a selector that does not say so.
    var category: String? {
        let conditions = conditions.filter { $0.field == .eventCategory }
        return conditions.count == 1 ? conditions.first?.onlyValue : nil
    }
}

extension EventDataStore {
    /// What category its events are of, where it has none of others: `Insight`, `ActivityAuditLog`.
    var category: String? { selectors.count == 1 ? selectors.first?.category : nil }

    /// Whether its events come out of the event history: neither from Insights nor through channels.
    var isOfHistory: Bool { category != EventCategory.insight && category != EventCategory.activity }
}

extension FieldCondition {
    /// How many values all of its operators have.
    fileprivate var valueCount: Int {
        equals.count + startsWith.count + endsWith.count + notEquals.count + notStartsWith.count + notEndsWith.count
    }

    /// The value that the field has to equal, where that is all it says.
    fileprivate var onlyValue: String? { equals.count == 1 && valueCount == 1 ? equals.first : nil }
}
