import AWSConfigAPI
import Ledger
import Platform

// What belongs to the record: recorders, channels, items, queries and aggregators.

let recordOperations: [any Platform.Operation.Type] = [
    AWSConfig.PutConfigurationRecorder.self, AWSConfig.DescribeConfigurationRecorders.self,
    AWSConfig.DescribeConfigurationRecorderStatus.self, AWSConfig.ListConfigurationRecorders.self,
    AWSConfig.StartConfigurationRecorder.self, AWSConfig.StopConfigurationRecorder.self,
    AWSConfig.DeleteConfigurationRecorder.self, AWSConfig.PutServiceLinkedConfigurationRecorder.self,
    AWSConfig.DeleteServiceLinkedConfigurationRecorder.self, AWSConfig.AssociateResourceTypes.self,
    AWSConfig.DisassociateResourceTypes.self,
    AWSConfig.PutDeliveryChannel.self, AWSConfig.DescribeDeliveryChannels.self,
    AWSConfig.DescribeDeliveryChannelStatus.self, AWSConfig.DeleteDeliveryChannel.self,
    AWSConfig.DeliverConfigSnapshot.self,
    AWSConfig.GetResourceConfigHistory.self, AWSConfig.BatchGetResourceConfig.self,
    AWSConfig.ListDiscoveredResources.self, AWSConfig.GetDiscoveredResourceCounts.self,
    AWSConfig.SelectResourceConfig.self, AWSConfig.PutStoredQuery.self, AWSConfig.GetStoredQuery.self,
    AWSConfig.DeleteStoredQuery.self, AWSConfig.ListStoredQueries.self,
    AWSConfig.PutRetentionConfiguration.self, AWSConfig.DescribeRetentionConfigurations.self,
    AWSConfig.DeleteRetentionConfiguration.self, AWSConfig.PutResourceConfig.self, AWSConfig.DeleteResourceConfig.self,
    AWSConfig.PutConfigurationAggregator.self, AWSConfig.DescribeConfigurationAggregators.self,
    AWSConfig.DescribeConfigurationAggregatorSourcesStatus.self, AWSConfig.DeleteConfigurationAggregator.self,
    AWSConfig.PutAggregationAuthorization.self, AWSConfig.DescribeAggregationAuthorizations.self,
    AWSConfig.DeleteAggregationAuthorization.self, AWSConfig.DescribePendingAggregationRequests.self,
    AWSConfig.DeletePendingAggregationRequest.self, AWSConfig.GetAggregateResourceConfig.self,
    AWSConfig.BatchGetAggregateResourceConfig.self, AWSConfig.GetAggregateDiscoveredResourceCounts.self,
    AWSConfig.ListAggregateDiscoveredResources.self, AWSConfig.SelectAggregateResourceConfig.self,
    AWSConfig.TagResource.self, AWSConfig.UntagResource.self, AWSConfig.ListTagsForResource.self,
]

let recordRecords: [any Record.Type] = [
    Recorder.self, RecorderProgress.self, FollowedResources.self, Retention.self, DeliveryChannel.self,
    ChannelStatus.self, Aggregator.self,
    AggregationAuthorization.self, DeclinedAggregation.self, StoredQuery.self,
]

let recordTables: [any TableRow.Type] = [
    CurrentItem.self, DeletedItem.self, PastItem.self, ItemLine.self, PendingItem.self,
    PendingCompliance.self,
]

let recordJobs: [any Job.Type] = [
    DiscoverResources.self, RecordDaily.self, DeliverSnapshot.self, DeliverHistory.self, PublishNotification.self,
    RecordCompliance.self, DiscoverCompliance.self,
]
