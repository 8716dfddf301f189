import CloudTrailAPI
import Platform
import Wire

// What CloudTrail Lake does with services that are not there. It is asked for as any other operation, and then says so.

extension CloudTrail.EnableFederation: EventDataStoreChange {
    static func change(
        _ store: EventDataStore, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        throw CloudTrail.Failure.unsupportedOperationException(
            "Gatehouse has no Athena, Glue and Lake Formation, which an event data store could be federated with: use"
                + " StartQuery.")
    }
}

extension CloudTrail.DisableFederation: EventDataStoreChange {
    static func change(
        _ store: EventDataStore, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard store.status != .pendingDeletion else { throw .inactiveStore }
        throw .parameter("The event data store \(store.arn) is not federated.")
    }
}

extension CloudTrail.GenerateQuery: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try input.eventDataStores.map { text throws(ServiceError) in
                call.need(on: try EventDataStoreName(text, call))
            })
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        for text in input.eventDataStores {
            let store = try call.seenStore(text, sharing: true)
            guard store.status != .pendingDeletion else { throw .inactiveStore }
        }
        throw CloudTrail.Failure.generateResponseException(
            "Gatehouse has no language model that could write a query: SearchSampleQueries finds ones that people have"
                + " written.")
    }
}
