import CloudTrailAPI
import Platform
import Wire

// What Insights look for, in a trail or an event data store.
// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutInsightSelectors.html>

/// The trail or event data store that a request names: one of the two.
enum InsightTarget: Sendable {
    case trail(TrailName)
    case store(EventDataStoreName)

    /// - Throws: InvalidParameterCombinationException; what is wrong with the name.
    init(trail: String?, store: String?, _ call: Call) throws(ServiceError) {
        switch (trail, store) {
        case (let trail?, nil): self = .trail(try TrailName(trail, call))
        case (nil, let store?): self = .store(try EventDataStoreName(store, call))
        case (nil, nil): throw .combination("You must specify either TrailName or EventDataStore.")
        case (_?, _?): throw .combination("You can specify TrailName or EventDataStore, but not both.")
        }
    }

    /// What a request needs that names one of the two; whoever may do nothing does not learn that it names the wrong number.
    static func need(trail: String?, store: String?, _ call: Call) throws(ServiceError) -> Authorization {
        var needs: [Access] = []
        if let trail { needs.append(call.need(on: try TrailName(trail, call))) }
        if let store { needs.append(call.need(on: try EventDataStoreName(store, call))) }
        if needs.isEmpty {
            needs = [call.need(on: TrailName(name: "*", account: call.accountID, region: call.region))]
        }
        return .required(needs)
    }
}

extension CloudTrail.PutInsightSelectors: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try InsightTarget.need(trail: input.trailName, store: input.eventDataStore, call)
    }

    /// The trail's bucket has to take Insights events, whose files lie in a folder of their own.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        guard let name = input.trailName, !input.insightSelectors.isEmpty else { return }
        let place = try call.administered(TrailName(name, call))
        guard let trail = call.environment.trails.trail(place.name, in: place.scope) else {
            throw .unknownTrail(place, call)
        }
        _ = try await BucketAccess(environment: call.environment, trail: trail).check(.insights, at: call.time)
    }

    public static func handle(
        _ input: Input, _ preparation: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let selectors = try InsightRules.selectors(input.insightSelectors)
        switch try InsightTarget(trail: input.trailName, store: input.eventDataStore, call) {
        case .trail(let name):
            guard input.insightsDestination == nil else {
                throw .combination("InsightsDestination is for event data stores alone.")
            }
            let place = try call.administered(name)
            let own = records.of(place.scope)
            guard var trail = try own.get(Trail.self, place.name) else { throw .unknownTrail(place, call) }
            try InsightRules.check(selectors, trail.selection, isOfTrail: true)
            trail.insightSelectors = selectors.isEmpty ? nil : selectors
            try own.setInsights(of: &trail, call)
            try own.put(trail)
            return Output { $0.structure.show(insightsOf: .trail(trail)) }
        case .store:
            var (store, own) = try records.administeredStore(input.eventDataStore ?? "", call)
            // A delegated administrator may do much else.
            // <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-delegated-administrator.html>
            guard store.accountID == call.accountID else { throw .notManagementAccount }
            guard store.status != .pendingDeletion else { throw .inactiveStore }
            try InsightRules.check(selectors, .advanced(store.selectors), isOfTrail: false)
            store.insightsDestination = nil
            if !selectors.isEmpty {
                store.insightsDestination = try destination(input.insightsDestination, of: store, call)
            }
            store.insightSelectors = selectors.isEmpty ? nil : selectors
            try own.setInsights(of: &store, call)
            try own.put(store)
            return Output { $0.structure.show(insightsOf: .store(store)) }
        }
    }

    /// The ARN of the event data store that is to take the Insights events.
    private static func destination(
        _ text: String?, of store: EventDataStore, _ call: Call
    ) throws(ServiceError) -> String {
        guard let text else {
            throw .combination("Insights of an event data store need an InsightsDestination, which logs them.")
        }
        let destination = try call.seenStore(text)
        guard destination.accountID == store.accountID, destination.id != store.id else {
            throw .parameter("The InsightsDestination has to be another event data store of the same account.")
        }
        guard destination.category == EventCategory.insight else {
            throw .parameter(
                "The InsightsDestination has to log Insights events: its advanced event selector is eventCategory"
                    + " Equals Insight.")
        }
        guard destination.status != .pendingDeletion else { throw .inactiveStore }
        return destination.arn
    }
}

extension CloudTrail.GetInsightSelectors: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        try InsightTarget.need(trail: input.trailName, store: input.eventDataStore, call)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let source: InsightSource
        switch try InsightTarget(trail: input.trailName, store: input.eventDataStore, call) {
        case .trail(let name): source = .trail(try call.seen(name))
        case .store: source = .store(try call.seenStore(input.eventDataStore ?? ""))
        }
        guard !source.selectors.isEmpty else { throw .noInsights(source) }
        return Output { $0.structure.show(insightsOf: source) }
    }
}

extension ServiceError {
    static func noInsights(_ source: InsightSource) -> ServiceError {
        switch source {
        case .trail(let trail):
            CloudTrail.Failure.insightNotEnabledException(
                "Trail \(trail.arn) does not have Insights enabled. Edit the trail settings to enable Insights, and then"
                    + " try the operation again.")
        case .store(let store):
            CloudTrail.Failure.insightNotEnabledException(
                "Event data store \(store.arn) does not have Insights enabled. Edit the event data store settings to"
                    + " enable Insights, and then try the operation again.")
        }
    }
}

extension Structure {
    /// What answers say of Insights, whichever operation asks.
    fileprivate mutating func show(insightsOf source: InsightSource) {
        switch source {
        case .trail(let trail): self["TrailARN"] = .string(trail.arn)
        case .store(let store):
            self["EventDataStoreArn"] = .string(store.arn)
            self["InsightsDestination"] = store.insightsDestination.map { .string($0) }
        }
        self["InsightSelectors"] =
            source.selectors.map { selector in
                CloudTrail.InsightSelector {
                    $0.insightType = selector.type.rawValue
                    $0.eventCategories = selector.categories
                }
            }.wireValue
    }
}

/// What Insights may look for.
private enum InsightRules {
    private static func refuse(_ message: String) -> ServiceError {
        CloudTrail.Failure.invalidInsightSelectorsException(message)
    }

    static func selectors(_ selectors: [CloudTrail.InsightSelector]) throws(ServiceError) -> [InsightSelector] {
        var made: [InsightSelector] = []
        for selector in selectors {
            guard let type = selector.insightType.flatMap(InsightType.init) else {
                throw refuse("Each Insights selector needs an InsightType: ApiCallRateInsight or ApiErrorRateInsight.")
            }
            guard !made.contains(where: { $0.type == type }) else {
                throw refuse("The InsightType \(type.rawValue) is there more than once.")
            }
            let categories = selector.eventCategories ?? []
            made.append(
                InsightSelector(type: type, categories: categories.isEmpty ? [EventCategory.management] : categories))
        }
        return made
    }

    /// Insights can only be had of what is logged.
    static func check(
        _ selectors: [InsightSelector], _ selection: EventSelection, isOfTrail: Bool
    ) throws(ServiceError) {
        let what = isOfTrail ? "trail" : "event data store"
        for selector in selectors {
            if selector.categories.contains(EventCategory.data) {
                guard isOfTrail else { throw refuse("Insights on data events are not supported on event data stores.") }
                guard selection.takesDataEvents else {
                    throw refuse("To log Insights events on data events, the trail must log data events.")
                }
            }
            guard selector.categories.contains(EventCategory.management) else { continue }
            let (reads, writes) = (selection.takesManagement(reads: true), selection.takesManagement(reads: false))
            switch selector.type {
            case .callRate:
                guard writes else {
                    throw refuse(
                        "To log Insights events on the API call rate, the \(what) must log write management events.")
                }
            case .errorRate:
                guard reads || writes else {
                    throw refuse(
                        "To log Insights events on the API error rate, the \(what) must log read or write management"
                            + " events.")
                }
            }
        }
    }
}

extension EventSelection {
    /// An event of which nothing is known but what matters here.
    private struct Sample: SelectableEvent {
        let reads: Bool
        var resources: [SelectableResource] { [] }

        func value(of field: SelectorField) -> String? {
            switch field {
            case .eventCategory: EventCategory.management
            case .readOnly: reads ? "true" : "false"
            default: nil
            }
        }
    }

    /// Whether it takes management events that read, or those that write, whatever they are else.
    fileprivate func takesManagement(reads: Bool) -> Bool { selects(Sample(reads: reads)) }

    /// Whether it takes any data events.
    var takesDataEvents: Bool {
        switch self {
        case .basic(let selectors): selectors.contains { !$0.dataResources.isEmpty }
        case .advanced(let selectors): selectors.contains { $0.category == EventCategory.data }
        }
    }
}
