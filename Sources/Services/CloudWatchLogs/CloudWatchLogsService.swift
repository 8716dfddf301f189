import CloudWatchLogsAPI
public import Platform

extension ServiceModule {
    /// Amazon CloudWatch Logs: log groups and streams, their events, and filters on them.
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>
    public static let cloudWatchLogs = ServiceModule(
        CloudWatchLogs.self,
        operations: groupOperations + eventOperations + policyOperations + subscriptionOperations
            + queryOperations,
        events: EventParticulars(source: "logs.amazonaws.com", dataEvents: ["PutLogEvents"]),
        records: [
            LogGroup.self, MetricFilter.self, SubscriptionFilter.self, LogDestination.self, AccountPolicy.self,
            StoredResourcePolicy.self, ExportTask.self, LogQuery.self, QueryDefinition.self,
        ],
        tables: [
            LogStream.self, LogSegment.self, OutgoingEvents.self, SmallSegments.self, SegmentMerge.self,
            LateSegment.self,
            LogQueryRows.self,
            AuditFindings.self,
        ],
        projections: [
            LogsIndex.self, LogKeys.self, FilterIndex.self, DestinationIndex.self, ProtectionIndex.self,
            LiveTails.self, LogTraffic.self,
        ],
        resourceTypes: [.logGroup, .logDestination], configuredResources: [.logDestination],
        auditedResources: [.auditedLogGroup],
        jobs: [
            EmptyLogGroup.self, EmptyLogStream.self, ExpireLogEvents.self, DeliverSubscription.self, RunExportTask.self,
            MergeLogSegments.self, KeepLogTraffic.self, RunLogQuery.self, ForgetLogQuery.self,
            DeliverAuditFindings.self,
        ],
        quotas: [.concurrentLogQueries],
        samples: logsSamples, metrics: [.logGroups, .droppedSubscriptionEvents, .mergedSegments, .refusedDeliveries])

    private static let groupOperations: [any Platform.Operation.Type] = [
        CloudWatchLogs.CreateLogGroup.self, CloudWatchLogs.DeleteLogGroup.self,
        CloudWatchLogs.DescribeLogGroups.self, CloudWatchLogs.ListLogGroups.self,
        CloudWatchLogs.PutLogGroupDeletionProtection.self,
        CloudWatchLogs.PutRetentionPolicy.self, CloudWatchLogs.DeleteRetentionPolicy.self,
        CloudWatchLogs.AssociateKmsKey.self, CloudWatchLogs.DisassociateKmsKey.self,
        CloudWatchLogs.TagLogGroup.self, CloudWatchLogs.UntagLogGroup.self, CloudWatchLogs.ListTagsLogGroup.self,
        CloudWatchLogs.TagResource.self, CloudWatchLogs.UntagResource.self,
        CloudWatchLogs.ListTagsForResource.self,
        CloudWatchLogs.CreateLogStream.self, CloudWatchLogs.DeleteLogStream.self,
        CloudWatchLogs.DescribeLogStreams.self,
    ]

    private static let eventOperations: [any Platform.Operation.Type] = [
        CloudWatchLogs.PutLogEvents.self, CloudWatchLogs.GetLogEvents.self, CloudWatchLogs.FilterLogEvents.self,
        CloudWatchLogs.StartLiveTail.self,
        CloudWatchLogs.TestMetricFilter.self,
        CloudWatchLogs.CreateExportTask.self, CloudWatchLogs.DescribeExportTasks.self,
        CloudWatchLogs.CancelExportTask.self,
    ]

    private static let policyOperations: [any Platform.Operation.Type] = [
        CloudWatchLogs.PutResourcePolicy.self, CloudWatchLogs.DescribeResourcePolicies.self,
        CloudWatchLogs.DeleteResourcePolicy.self,
        CloudWatchLogs.PutMetricFilter.self, CloudWatchLogs.DescribeMetricFilters.self,
        CloudWatchLogs.DeleteMetricFilter.self,
        CloudWatchLogs.PutAccountPolicy.self, CloudWatchLogs.DescribeAccountPolicies.self,
        CloudWatchLogs.DeleteAccountPolicy.self,
    ]

    private static let queryOperations: [any Platform.Operation.Type] = [
        CloudWatchLogs.StartQuery.self, CloudWatchLogs.GetQueryResults.self, CloudWatchLogs.StopQuery.self,
        CloudWatchLogs.DescribeQueries.self, CloudWatchLogs.GetLogRecord.self, CloudWatchLogs.GetLogGroupFields.self,
        CloudWatchLogs.PutQueryDefinition.self, CloudWatchLogs.DeleteQueryDefinition.self,
        CloudWatchLogs.DescribeQueryDefinitions.self,
        CloudWatchLogs.PutDataProtectionPolicy.self, CloudWatchLogs.GetDataProtectionPolicy.self,
        CloudWatchLogs.DeleteDataProtectionPolicy.self,
    ]

    private static let subscriptionOperations: [any Platform.Operation.Type] = [
        CloudWatchLogs.PutSubscriptionFilter.self, CloudWatchLogs.DescribeSubscriptionFilters.self,
        CloudWatchLogs.DeleteSubscriptionFilter.self,
        CloudWatchLogs.PutDestination.self, CloudWatchLogs.PutDestinationPolicy.self,
        CloudWatchLogs.DescribeDestinations.self, CloudWatchLogs.DeleteDestination.self,
    ]
}

extension Metric {
    fileprivate static let logGroups = gauge("gatehouse_logs_groups", "Log groups of CloudWatch Logs.") { environment in
        [(label: "", value: environment.projection(LogsIndex.self).count)]
    }
}
