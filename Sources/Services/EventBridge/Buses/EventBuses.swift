import Directory
import EventBridgeAPI
import Ledger
import Platform
import Policy
import Wire

// Event buses. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus.html>

extension Quota {
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html>
    static let eventBuses = Quota("EventBusesPerAccount", 100)
}

extension TagRules {
    static let ofEvents = TagRules(
        keys: .exact, most: 50, duplicate: .invalidEvents("Tag keys must be unique."),
        reserved: { .invalidEvents("System tags cannot be added or updated by requester: \($0)") },
        tooMany: .tooManyInEvents)
}

extension EventBridge.CreateEventBus: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needs = [
            call.eventsAccess(call.eventsARN("event-bus/", input.name), requestTags(input.tags))
        ]
        needs[0].isOfNewResource = true
        if input.tags?.isEmpty == false {
            var tag = Access(
                "events:TagResource", on: call.eventsARN("event-bus/", input.name), context: requestTags(input.tags))
            tag.isOfNewResource = true
            needs.append(tag)
        }
        return .required(needs)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.eventSourceName == nil else {
            throw .notImplemented("Gatehouse has no partner event sources: leave out EventSourceName.")
        }
        guard input.kmsKeyIdentifier == nil else { throw .noKeysOfEvents }
        guard !input.name.contains("/") else { throw .invalidEvents("Event bus name must not contain '/'.") }
        guard input.name != BusReference.defaultName, try records.get(StoredEventBus.self, input.name) == nil else {
            throw .alreadyThere("Event bus \(input.name) already exists.")
        }
        guard try records.count(StoredEventBus.self) < call.quotas[.eventBuses] else { throw .tooManyInEvents }
        var bus = StoredEventBus(
            BusReference(account: call.accountID, region: call.region, name: input.name), at: call.time)
        bus.description = input.description
        bus.deadLetterQueue = try DeadLetters.queue(input.deadLetterConfig)
        bus.logging = input.logConfig?.structure.json
        bus.tags = try TagRules.ofEvents.new(input.tags)
        try records.put(bus)
        return Output {
            $0.eventBusArn = bus.reference.arn
            $0.description = bus.description
            $0.deadLetterConfig = input.deadLetterConfig
            $0.logConfig = input.logConfig
        }
    }
}

extension EventBridge.UpdateEventBus: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("event-bus/", input.name ?? BusReference.defaultName)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard (input.kmsKeyIdentifier ?? "").isEmpty else { throw .noKeysOfEvents }
        var bus = try records.bus(try BusReference(input.name, call))
        bus.description = input.description
        bus.deadLetterQueue = try DeadLetters.queue(input.deadLetterConfig)
        bus.logging = input.logConfig?.structure.json
        bus.modified = call.time
        try records.put(bus)
        return Output {
            $0.arn = bus.reference.arn
            $0.name = bus.name
            $0.description = bus.description
            $0.deadLetterConfig = input.deadLetterConfig
            $0.logConfig = input.logConfig
        }
    }
}

extension EventBridge.DescribeEventBus: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let bus = try BusReference(input.name, call)
        var access = call.eventsAccess(bus.arn)
        access.resourceAccount = bus.account
        return .required(access)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let bus = try records.bus(try BusReference(input.name, call))
        let logging = try bus.logging.map { json throws(ServiceError) in
            EventBridge.LogConfig(try Structure(json: json, of: EventBridge.LogConfigFields.shape))
        }
        return Output {
            $0.name = bus.name
            $0.arn = bus.reference.arn
            $0.description = bus.description
            $0.policy = bus.policy.map { PolicyDocument.shown($0, as: .resource, call.directory) }
            $0.deadLetterConfig = bus.deadLetterQueue.map { arn in EventBridge.DeadLetterConfig { $0.arn = arn } }
            $0.logConfig = logging
            // The default bus is older than anything that is kept of it.
            if bus.created > 0 { $0.creationTime = Timestamp(secondsSinceEpoch: bus.created) }
            if bus.modified > 0 { $0.lastModifiedTime = Timestamp(secondsSinceEpoch: bus.modified) }
        }
    }
}

extension EventBridge.ListEventBuses: ReadOperation, OnAllEvents {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paging = try EventsPage.paging(input.nextToken, input.limit)
        let prefix = input.namePrefix ?? ""
        var buses = try records.list(StoredEventBus.self)
        if !buses.contains(where: { $0.reference.isDefault }) {
            buses.append(
                StoredEventBus(
                    BusReference(account: call.accountID, region: call.region, name: BusReference.defaultName), at: 0))
        }
        let found = page(
            buses.filter { $0.name.hasPrefix(prefix) }.sorted { $0.name < $1.name }, by: \.name, paging)
        return Output {
            $0.eventBuses = found.items.map { bus in
                EventBridge.EventBus {
                    $0.name = bus.name
                    $0.arn = bus.reference.arn
                    $0.description = bus.description
                    $0.policy = bus.policy.map { PolicyDocument.shown($0, as: .resource, call.directory) }
                    if bus.created > 0 { $0.creationTime = Timestamp(secondsSinceEpoch: bus.created) }
                    if bus.modified > 0 { $0.lastModifiedTime = Timestamp(secondsSinceEpoch: bus.modified) }
                }
            }
            $0.nextToken = found.marker
        }
    }
}

extension EventBridge.DeleteEventBus: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.eventsAccess(call.eventsARN("event-bus/", input.name)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.name != BusReference.defaultName else {
            throw .invalidEvents("Cannot delete event bus default.")
        }
        // One that is not there is deleted.
        guard let bus = try records.get(StoredEventBus.self, input.name) else { return Output() }
        let rules = try records.list(StoredRule.self, after: "\(bus.name)/", limit: 1)
        guard rules.first?.bus != bus.name else {
            throw .invalidEvents("Event bus \(bus.name) cannot be deleted while it has rules.")
        }
        try records.delete(bus)
        return Output()
    }
}
