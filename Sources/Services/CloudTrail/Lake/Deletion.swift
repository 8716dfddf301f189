import CloudTrailAPI
import Ledger
import Platform
import Wire

// Deleting event data stores, stopping them, and taking that back.

extension CloudTrail.DeleteEventDataStore: EventDataStoreChange {
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteEventDataStore.html>
    private static let wait = 7.0 * 86_400

    static func change(
        _ store: EventDataStore, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        guard !store.isProtected else {
            throw CloudTrail.Failure.eventDataStoreTerminationProtectedException(
                "The event data store cannot be deleted because termination protection is enabled for it.")
        }
        guard !call.environment.lake.hasChannel(into: store) else {
            throw CloudTrail.Failure.channelExistsForEDSException(
                "The specified event data store cannot be deleted because it is in use by a channel.")
        }
        guard try records.referrerCount(LakeImport.active, to: store.arn) == 0 else {
            throw CloudTrail.Failure.eventDataStoreHasOngoingImportException(
                "The event data store has an ongoing import: call StopImport, or wait until it is over.")
        }
        var store = store
        try records.endIngestion(into: store, call)
        (store.status, store.updated) = (.pendingDeletion, call.time)
        try records.setInsights(of: &store, call)
        try records.put(store)
        try records.schedule(DeleteEventDataStore(), id: store.id, at: call.time + wait)
        return Output()
    }
}

extension CloudTrail.RestoreEventDataStore: PreparedWriteOperation, OnEventDataStore {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await call.lastEventSegment()
    }

    public static func handle(
        _ input: Input, _ last: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (store, own) = try records.administeredStore(input.eventDataStore, call)
        guard store.status == .pendingDeletion else { throw .storeStatus(store) }
        try own.cancel(DeleteEventDataStore.self, id: store.id)
        (store.status, store.updated) = (.enabled, call.time)
        try own.beginIngestion(into: &store, after: last, call)
        try own.setInsights(of: &store, call)
        try own.put(store)
        return Output { $0.structure.show(store) }
    }
}

extension CloudTrail.StartEventDataStoreIngestion: PreparedWriteOperation, OnEventDataStore {
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await call.lastEventSegment()
    }

    public static func handle(
        _ input: Input, _ last: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var (store, own) = try records.administeredStore(input.eventDataStore, call)
        guard store.isOfHistory else { throw .storeCategory }
        guard store.status == .stopped else { throw .storeStatus(store) }
        (store.status, store.updated) = (.enabled, call.time)
        try own.beginIngestion(into: &store, after: last, call)
        try own.setInsights(of: &store, call)
        try own.put(store)
        return Output()
    }
}

extension CloudTrail.StopEventDataStoreIngestion: EventDataStoreChange {
    static func change(
        _ store: EventDataStore, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard store.isOfHistory else { throw .storeCategory }
        guard store.status == .enabled else { throw .storeStatus(store) }
        var store = store
        try records.endIngestion(into: store, call)
        (store.status, store.updated) = (.stopped, call.time)
        try records.setInsights(of: &store, call)
        try records.put(store)
        return Output()
    }
}

extension ServiceError {
    fileprivate static var storeCategory: ServiceError {
        CloudTrail.Failure.invalidEventDataStoreCategoryException(
            "Event data stores of Insights events and of events from outside AWS take what is put into them: their ingestion"
                + " can't be started or stopped.")
    }
}

extension MutableRecords {
    /// Has a store take what is recorded from now on. The caller puts the store.
    func beginIngestion(into store: inout EventDataStore, after last: Int64, _ call: Call) throws(ServiceError) {
        let session = IngestionSession(
            id: call.requestID, store: store.id, start: RequestIDs.milliseconds(call.time), cursor: last)
        store.sessions.append(session.id)
        try put(session)
    }

    /// Has a store take nothing that is recorded from now on; what was recorded before is still to come.
    func endIngestion(into store: EventDataStore, _ call: Call) throws(ServiceError) {
        for id in store.sessions {
            guard var session = try get(IngestionSession.self, id), session.end == nil else { continue }
            session.end = RequestIDs.milliseconds(call.time)
            try put(session)
        }
    }
}

/// Deletes the event data store of its id, with its events.
struct DeleteEventDataStore: Job {
    static let kind = "CloudTrail::DeleteEventDataStore"

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        let isMeant = try await environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(EventDataStore.self, id)?.status == .pendingDeletion
        }
        guard isMeant else { return }
        var count: Int
        repeat {
            count = try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
                guard try records.get(EventDataStore.self, id)?.status == .pendingDeletion else { return 0 }
                return try records.deleteAll(EventChunk.self, of: id, limit: 32)
            }
        } while count == 32
        try await context.finish { (records) throws(ServiceError) in
            guard let store = try records.get(EventDataStore.self, id), store.status == .pendingDeletion else { return }
            _ = try records.deleteAll(EventChunk.self, of: id)
            for session in store.sessions {
                if let session = try records.get(IngestionSession.self, session) { try records.delete(session) }
            }
            try records.delete(store)
        }
    }
}
