import CloudTrailAPI
public import Platform

extension Metric {
    fileprivate static let trails = gauge(
        "gatehouse_cloudtrail_trails", "CloudTrail trails of all accounts, by home Region.", label: "region"
    ) { environment in
        environment.trails.counts.map { (label: $0.key, value: $0.value) }
    }
}

extension ServiceModule {
    /// AWS CloudTrail: its event history, trails, and Lake.
    public static let cloudTrail = ServiceModule(
        CloudTrail.self,
        operations: [CloudTrail.LookupEvents.self] + trailOperations + Insights.operations + Lake.operations,
        records: [Trail.self, LogSession.self, TrailStatus.self, DigestKey.self, LogGroupProgress.self]
            + Insights.records + Lake.records,
        tables: [AggregatedCount.self] + Insights.tables + Lake.tables,
        projections: [TrailIndex.self, LakeIndex.self], resourceTypes: [.trail, .eventDataStore, .channel, .dashboard],
        configuredResources: [.trail, .eventDataStore], auditedResources: [.auditedTrails, .trailQuotaUse],
        jobs: [ForgetOldEvents.self, DeliverTrails.self, DeliverDigests.self, FinishLogging.self] + Insights.jobs
            + Lake.jobs,
        quotas: [.trails, .trailDelivery, .eventDataStores, .concurrentQueries, .channels, .dashboards],
        samples: cloudTrailSamples,
        metrics: [.trails, .eventDataStores],
        contextKeys: { environment, account in environment.lake.contextKeys(ofAccount: account, environment.directory) }
    )

    private static let trailOperations: [any Platform.Operation.Type] = [
        CloudTrail.CreateTrail.self, CloudTrail.UpdateTrail.self, CloudTrail.DeleteTrail.self,
        CloudTrail.GetTrail.self, CloudTrail.DescribeTrails.self, CloudTrail.ListTrails.self,
        CloudTrail.StartLogging.self, CloudTrail.StopLogging.self, CloudTrail.GetTrailStatus.self,
        CloudTrail.AddTags.self, CloudTrail.RemoveTags.self, CloudTrail.ListTags.self,
        CloudTrail.ListPublicKeys.self,
        CloudTrail.PutEventSelectors.self, CloudTrail.GetEventSelectors.self,
        CloudTrail.RegisterOrganizationDelegatedAdmin.self, CloudTrail.DeregisterOrganizationDelegatedAdmin.self,
    ]
}
