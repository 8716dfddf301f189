import EventBridgeAPI
public import Platform

extension ServiceModule {
    /// Amazon EventBridge: event buses, rules, archives, API destinations.
    /// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/Welcome.html>
    public static let eventBridge = ServiceModule(
        EventBridge.self, operations: busOperations + ruleOperations + destinationOperations,
        events: EventParticulars(source: eventsPrincipal, dataEvents: ["PutEvents"]),
        records: [
            StoredEventBus.self, StoredRule.self, StoredArchive.self, StoredReplay.self, StoredConnection.self,
            StoredAPIDestination.self,
        ], tables: [AnnouncedEvent.self, EventDelivery.self, EventFanOut.self, ArchivedEvent.self],
        projections: [BusIndex.self, AccessTokens.self, RoleSessions.self], resourceTypes: [.ofEvents],
        configuredResources: ConfiguredResourceType.ofEvents,
        jobs: [
            TakeAnnouncedEvents.self, FanOutEvents.self, DeliverEvents.self, RunSchedule.self, RunReplay.self,
            ForgetReplay.self,
            EmptyArchive.self,
            ForgetArchivedEvents.self,
        ],
        followers: [FollowHistory.self],
        quotas: [
            .eventBuses, .eventRules, .eventTargets, .eventArchives, .concurrentReplays, .eventConnections,
            .apiDestinations,
        ], samples: eventsSamples, metrics: [.undeliveredEvents])

    private static let busOperations: [any Platform.Operation.Type] = [
        EventBridge.CreateEventBus.self, EventBridge.UpdateEventBus.self, EventBridge.DescribeEventBus.self,
        EventBridge.ListEventBuses.self, EventBridge.DeleteEventBus.self,
        EventBridge.PutPermission.self, EventBridge.RemovePermission.self,
        EventBridge.PutEvents.self, EventBridge.TestEventPattern.self,
        EventBridge.CreateArchive.self, EventBridge.UpdateArchive.self, EventBridge.DescribeArchive.self,
        EventBridge.ListArchives.self, EventBridge.DeleteArchive.self,
        EventBridge.StartReplay.self, EventBridge.CancelReplay.self, EventBridge.DescribeReplay.self,
        EventBridge.ListReplays.self,
    ]

    private static let ruleOperations: [any Platform.Operation.Type] = [
        EventBridge.PutRule.self, EventBridge.DescribeRule.self, EventBridge.ListRules.self,
        EventBridge.EnableRule.self, EventBridge.DisableRule.self, EventBridge.DeleteRule.self,
        EventBridge.PutTargets.self, EventBridge.RemoveTargets.self, EventBridge.ListTargetsByRule.self,
        EventBridge.ListRuleNamesByTarget.self,
        EventBridge.TagResource.self, EventBridge.UntagResource.self, EventBridge.ListTagsForResource.self,
    ]

    private static let destinationOperations: [any Platform.Operation.Type] = [
        EventBridge.CreateConnection.self, EventBridge.UpdateConnection.self, EventBridge.DescribeConnection.self,
        EventBridge.ListConnections.self, EventBridge.DeauthorizeConnection.self, EventBridge.DeleteConnection.self,
        EventBridge.CreateApiDestination.self, EventBridge.UpdateApiDestination.self,
        EventBridge.DescribeApiDestination.self, EventBridge.ListApiDestinations.self,
        EventBridge.DeleteApiDestination.self,
    ]
}
