import CloudTrailAPI
import Ledger
import Platform

/// What CloudTrail Lake adds to the service.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-lake.html>
enum Lake {
    static let operations: [any Platform.Operation.Type] = [
        CloudTrail.CreateEventDataStore.self, CloudTrail.GetEventDataStore.self,
        CloudTrail.ListEventDataStores.self, CloudTrail.UpdateEventDataStore.self,
        CloudTrail.DeleteEventDataStore.self, CloudTrail.RestoreEventDataStore.self,
        CloudTrail.StartEventDataStoreIngestion.self, CloudTrail.StopEventDataStoreIngestion.self,
        CloudTrail.StartQuery.self, CloudTrail.DescribeQuery.self, CloudTrail.GetQueryResults.self,
        CloudTrail.ListQueries.self, CloudTrail.CancelQuery.self,
    ]
    static let records: [any Record.Type] = [EventDataStore.self, IngestionSession.self, StoredQuery.self]
    static let tables: [any TableRow.Type] = [EventChunk.self, QueryRows.self]
    static let jobs: [any Job.Type] = [
        IngestEvents.self, ForgetStoredEvents.self, DeleteEventDataStore.self, RunQuery.self, ForgetQuery.self,
    ]
}

extension Metric {
    static let eventDataStores = gauge(
        "gatehouse_cloudtrail_event_data_stores", "Event data stores of all accounts, by home Region.", label: "region"
    ) { environment in
        environment.lake.counts.map { (label: $0.key, value: $0.value) }
    }
}
