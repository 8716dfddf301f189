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
        CloudTrail.PutResourcePolicy.self, CloudTrail.GetResourcePolicy.self, CloudTrail.DeleteResourcePolicy.self,
        CloudTrail.CreateChannel.self, CloudTrail.GetChannel.self, CloudTrail.ListChannels.self,
        CloudTrail.UpdateChannel.self, CloudTrail.DeleteChannel.self,
        CloudTrail.StartImport.self, CloudTrail.StopImport.self, CloudTrail.GetImport.self,
        CloudTrail.ListImports.self, CloudTrail.ListImportFailures.self,
        CloudTrail.CreateDashboard.self, CloudTrail.GetDashboard.self, CloudTrail.ListDashboards.self,
        CloudTrail.UpdateDashboard.self, CloudTrail.DeleteDashboard.self, CloudTrail.StartDashboardRefresh.self,
        CloudTrail.PutEventConfiguration.self, CloudTrail.GetEventConfiguration.self,
        CloudTrail.SearchSampleQueries.self,
        CloudTrail.EnableFederation.self, CloudTrail.DisableFederation.self, CloudTrail.GenerateQuery.self,
    ]
    static let records: [any Record.Type] = [
        EventDataStore.self, IngestionSession.self, StoredQuery.self, Channel.self, ChannelStatus.self, LakeImport.self,
        Dashboard.self,
    ]
    static let tables: [any TableRow.Type] = [EventChunk.self, QueryRows.self, ImportFailure.self]
    static let jobs: [any Job.Type] = [
        IngestEvents.self, ForgetStoredEvents.self, DeleteEventDataStore.self, RunQuery.self, ForgetQuery.self,
        RunImport.self, RefreshDashboard.self, KeepRetainedData.self, TellRetainedData.self,
    ]
}

extension Metric {
    static let eventDataStores = gauge(
        "gatehouse_cloudtrail_event_data_stores", "Event data stores of all accounts, by home Region.", label: "region"
    ) { environment in
        environment.lake.counts.map { (label: $0.key, value: $0.value) }
    }
}
