import CloudTrailAPI
import Directory
import Platform
import Wire

// What events are to tell besides, and how large they may be.
// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-context-events.html>

extension CloudTrail.PutEventConfiguration: WriteOperation {
    /// For the tags of resources CloudTrail needs a role, which whoever asks for them has to be allowed to see and to make.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/using-service-linked-roles-create-slr-for-context-management.html>
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let needs = try InsightTarget.need(trail: input.trailName, store: input.eventDataStore, call)
        guard input.contextKeySelectors?.contains(where: { $0.type == EventConfiguration.tags }) == true,
            case .required(let own) = needs
        else { return needs }
        return .required(own + Enrichment.roleNeeds(call))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        if case .trail(let name) = try InsightTarget(trail: input.trailName, store: input.eventDataStore, call) {
            return try change(name, input, call, records)
        }
        guard input.aggregationConfigurations == nil else {
            throw .combination("AggregationConfigurations are for trails alone.")
        }
        var (store, own) = try records.administeredStore(input.eventDataStore ?? "", call)
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        guard store.isOfHistory else {
            throw CloudTrail.Failure.invalidEventDataStoreCategoryException(
                "Only event data stores of management and data events have an event configuration.")
        }
        var configuration = store.eventConfiguration ?? EventConfiguration()
        if let size = input.maxEventSize { configuration.isLarge = size == "Large" }
        if let selectors = input.contextKeySelectors {
            guard Set(selectors.map(\.type)).count == selectors.count else {
                throw .parameter("The Type of a ContextKeySelector is there more than once.")
            }
            for selector in selectors where selector.type != EventConfiguration.tags {
                try Enrichment.check(conditionKeys: selector.equals)
            }
            configuration.selectors = selectors.map { EventConfiguration.Selector(type: $0.type, keys: $0.equals) }
        }
        guard configuration.isLarge || configuration.selectors.isEmpty else {
            throw .combination("With ContextKeySelectors MaxEventSize has to be Large.")
        }
        store.eventConfiguration = configuration
        if !store.contextKeys.resourceTags.isEmpty {
            try records.of(account: store.accountID).ensureServiceLinkedRole(of: Enrichment.service, at: call.time)
        }
        try own.put(store)
        return Output { [store] in $0.structure.show(configurationOf: store) }
    }

    /// The aggregation of data events is all that a trail has of it.
    private static func change(
        _ name: TrailName, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard input.maxEventSize == nil, input.contextKeySelectors == nil else {
            throw .combination("MaxEventSize and ContextKeySelectors are for event data stores alone.")
        }
        let place = try call.administered(name)
        let own = records.of(place.scope)
        guard var trail = try own.get(Trail.self, place.name) else { throw .unknownTrail(place, call) }
        if let configurations = input.aggregationConfigurations {
            trail.aggregation = try settings(configurations, of: trail, call)
            try own.put(trail)
        }
        return Output { [trail] in $0.structure.show(configurationOf: trail) }
    }

    private static func settings(
        _ configurations: [CloudTrail.AggregationConfiguration], of trail: Trail, _ call: Call
    ) throws(ServiceError) -> [AggregationSetting]? {
        let names = configurations.flatMap(\.templates)
        guard Set(names).count == names.count else {
            throw .parameter("An aggregation template is there more than once.")
        }
        guard !names.isEmpty else { return nil }
        guard trail.selection.takesDataEvents else {
            throw .parameter("To aggregate data events, the trail must log data events.")
        }
        let now = RequestIDs.milliseconds(call.time)
        return names.compactMap(AggregationTemplate.init).map { template in
            // What was aggregated before goes on without a gap.
            trail.aggregation?.first { $0.template == template } ?? AggregationSetting(template: template, since: now)
        }
    }
}

extension CloudTrail.GetEventConfiguration: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try InsightTarget.need(trail: input.trailName, store: input.eventDataStore, call)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        switch try InsightTarget(trail: input.trailName, store: input.eventDataStore, call) {
        case .store:
            let store = try call.seenStore(input.eventDataStore ?? "")
            return Output { $0.structure.show(configurationOf: store) }
        case .trail(let name):
            let trail = try call.seen(name)
            return Output { $0.structure.show(configurationOf: trail) }
        }
    }
}

extension Enrichment {
    /// What is needed for the role by which CloudTrail reads tags; to make it, only where it is not there.
    fileprivate static func roleNeeds(_ call: Call) -> [Access] {
        let arn = ARN.text("iam", "", call.accountID, "role/aws-service-role/", "\(service)/\(roleName)")
        var needs = [Access("iam:GetRole", on: arn)]
        if call.directory.role(named: roleName, in: call.accountID) == nil {
            needs.append(
                Access("iam:CreateServiceLinkedRole", on: arn, context: ["iam:awsservicename": .one(service)]))
        }
        for index in needs.indices {
            needs[index].denial = { CloudTrail.Failure.insufficientIAMAccessPermissionException($0) }
        }
        return needs
    }
}

extension Structure {
    fileprivate mutating func show(configurationOf trail: Trail) {
        self["TrailARN"] = .string(trail.arn)
        let settings = trail.aggregation ?? []
        let configurations =
            settings.isEmpty
            ? []
            : [
                CloudTrail.AggregationConfiguration {
                    $0.eventCategory = EventCategory.data
                    $0.templates = settings.map(\.template.rawValue)
                }
            ]
        self["AggregationConfigurations"] = configurations.wireValue
    }

    fileprivate mutating func show(configurationOf store: EventDataStore) {
        let configuration = store.eventConfiguration ?? EventConfiguration()
        self["EventDataStoreArn"] = .string(store.arn)
        self["MaxEventSize"] = .string(configuration.isLarge ? "Large" : "Standard")
        self["ContextKeySelectors"] =
            configuration.selectors.map { selector in
                CloudTrail.ContextKeySelector {
                    $0.type = selector.type
                    $0.equals = selector.keys
                }
            }.wireValue
    }
}
