import CloudTrailAPI
import Directory
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Event data stores: making and changing them.

extension Quota {
    /// In a Region.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
    static let eventDataStores = Quota("EventDataStoresPerRegion", 10)
}

/// An event data store as a request wants it, once its key lets it in, and how far the event history is.
public struct EventDataStoreDraft: Sendable {
    let store: EventDataStore
    /// The last segment of events: what comes after it may be the store's.
    let last: Int64
}

extension CloudTrail.CreateEventDataStore: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let tags = ConditionKeys.requestTags((input.tagsList ?? []).map { Directory.Tag($0) })
        return .required(
            call.need(on: EventDataStoreName(id: "*", account: call.accountID, region: call.region), tags))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> EventDataStoreDraft {
        let owner = try call.owner(ofOrganizationTrail: input.organizationEnabled == true)
        let billing = input.billingMode.flatMap(EventDataStore.BillingMode.init) ?? .extendable
        var store = EventDataStore(
            id: UUID().uuidString.lowercased(), name: input.name, accountID: owner.account, homeRegion: call.region,
            created: call.time, updated: call.time,
            selectors: try SelectorRules.ofEventDataStore(input.advancedEventSelectors),
            retentionDays: input.retentionPeriod ?? billing.usualDays)
        store.billingMode = billing
        store.organizationID = owner.organizationID
        store.isMultiRegion = input.multiRegionEnabled ?? true
        store.isProtected = input.terminationProtectionEnabled ?? true
        if input.startIngestion == false { store.status = .stopped }
        store.tags = try TagRules.ofTrails.merge((input.tagsList ?? []).map { Directory.Tag($0) }, into: [])
        try store.checkRetention()
        if let key = input.kmsKeyId { store.kmsKeyID = try await store.checkKey(key, call) }
        return EventDataStoreDraft(store: store, last: try await call.lastEventSegment())
    }

    public static func handle(
        _ input: Input, _ draft: EventDataStoreDraft, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var store = draft.store
        let own = records.of(store.scope)
        try own.checkName(of: store)
        let quota = call.quotas[.eventDataStores]
        guard try own.count(EventDataStore.self) < quota else {
            throw CloudTrail.Failure.eventDataStoreMaxLimitExceededException(
                "Your account has used the maximum number of event data stores: \(quota).")
        }
        if store.status == .enabled { try own.beginIngestion(into: &store, after: draft.last, call) }
        try own.put(store)
        if store.organizationID != nil { try own.ensureOrganizationRoles(call) }
        return Output {
            $0.structure.show(store)
            // As AWS has it: a moment later it is ENABLED.
            if store.status == .enabled { $0.status = "CREATED" }
            $0.tagsList = store.tags.map(CloudTrail.Tag.init)
        }
    }
}

extension CloudTrail.UpdateEventDataStore: PreparedWriteOperation, OnEventDataStore {
    /// - Returns: the ARN of the key that the request names; nil: it names none.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> String? {
        guard let key = input.kmsKeyId else { return nil }
        let store = try call.seenStore(input.eventDataStore)
        return try await store.checkKey(key, call)
    }

    public static func handle(
        _ input: Input, _ key: String?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (store, own) = try records.administeredStore(input.eventDataStore, call)
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        if let name = input.name, name != store.name {
            store.name = name
            try own.checkName(of: store)
        }
        if input.advancedEventSelectors != nil {
            let old = store
            store.selectors = try SelectorRules.ofEventDataStore(input.advancedEventSelectors)
            guard old.isOfHistory == store.isOfHistory, old.isOfHistory || old.category == store.category else {
                throw .invalidSelectors("The category of events that an event data store is for cannot be changed.")
            }
        }
        if let value = input.multiRegionEnabled { store.isMultiRegion = value }
        if let value = input.organizationEnabled, value != (store.organizationID != nil) {
            let owner = try call.owner(ofOrganizationTrail: value)
            guard owner.account == store.accountID else { throw .notManagementAccount }
            store.organizationID = owner.organizationID
            if value { try own.ensureOrganizationRoles(call) }
        }
        if let mode = input.billingMode.flatMap(EventDataStore.BillingMode.init) {
            guard mode == store.billingMode || mode == .extendable else {
                throw .parameter("The billing mode cannot be changed to FIXED_RETENTION_PRICING.")
            }
            store.billingMode = mode
        }
        if let days = input.retentionPeriod { store.retentionDays = days }
        if let value = input.terminationProtectionEnabled { store.isProtected = value }
        if let key {
            guard store.kmsKeyID == nil || store.kmsKeyID == key else {
                throw .parameter("The KMS key of an event data store cannot be changed or removed.")
            }
            store.kmsKeyID = key
        }
        try store.checkRetention()
        store.updated = call.time
        try own.put(store)
        return Output { $0.structure.show(store) }
    }
}

extension EventDataStore {
    /// - Throws: InvalidParameterException.
    fileprivate func checkRetention() throws(ServiceError) {
        guard (7...billingMode.mostDays).contains(retentionDays) else {
            throw .parameter(
                "The retention period is 7 to \(billingMode.mostDays) days with \(billingMode.rawValue), not"
                    + " \(retentionDays).")
        }
    }
}

extension MutableRecords {
    /// - Throws: EventDataStoreAlreadyExistsException.
    fileprivate func checkName(of store: EventDataStore) throws(ServiceError) {
        guard try !list(EventDataStore.self).contains(where: { $0.name == store.name && $0.id != store.id }) else {
            throw CloudTrail.Failure.eventDataStoreAlreadyExistsException(
                "An event data store with the name \(store.name) already exists.")
        }
    }
}

extension ServiceError {
    static func parameter(_ message: String) -> ServiceError {
        CloudTrail.Failure.invalidParameterException(message)
    }
}
