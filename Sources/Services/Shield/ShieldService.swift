public import Platform
import ShieldAdvancedAPI
import Wire

extension ServiceModule {
    /// AWS Shield and Shield Advanced.
    /// <https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/Welcome.html>
    public static let shield = ServiceModule(
        ShieldAdvanced.self, isGlobal: true,
        operations: subscriptionOperations + protectionOperations + attackOperations,
        records: [
            StoredSubscription.self, StoredProtection.self, StoredProtectionGroup.self, StoredAttack.self,
        ], tables: [StoredMinute.self, StoredAssessment.self, StoredUsual.self, WrittenRules.self],
        projections: [ShieldIndex.self, TrafficDefense.self, OngoingAttacks.self], resourceTypes: [.ofShield],
        configuredResources: ConfiguredResourceType.protections,
        jobs: [WatchTraffic.self, ForgetAttacks.self, KeepQuiet.self, TellQuiet.self],
        quotas: [.protections, .protectionGroups, .protectionGroupMembers],
        samples: shieldSamples,
        metrics: [
            .shieldAttacks, .shieldFailedResponses, .shieldUntold, .shieldDetected, .shieldRequests, .shieldRefused,
            .shieldInFlight,
            .shieldBudgets, .shieldPackets,
        ])

    private static let subscriptionOperations: [any Platform.Operation.Type] = [
        ShieldAdvanced.CreateSubscription.self, ShieldAdvanced.DescribeSubscription.self,
        ShieldAdvanced.GetSubscriptionState.self, ShieldAdvanced.UpdateSubscription.self,
        ShieldAdvanced.DeleteSubscription.self,
        ShieldAdvanced.AssociateDRTRole.self, ShieldAdvanced.DisassociateDRTRole.self,
        ShieldAdvanced.AssociateDRTLogBucket.self, ShieldAdvanced.DisassociateDRTLogBucket.self,
        ShieldAdvanced.DescribeDRTAccess.self,
        ShieldAdvanced.DescribeEmergencyContactSettings.self, ShieldAdvanced.UpdateEmergencyContactSettings.self,
        ShieldAdvanced.AssociateProactiveEngagementDetails.self, ShieldAdvanced.EnableProactiveEngagement.self,
        ShieldAdvanced.DisableProactiveEngagement.self,
    ]

    private static let protectionOperations: [any Platform.Operation.Type] = [
        ShieldAdvanced.CreateProtection.self, ShieldAdvanced.DescribeProtection.self,
        ShieldAdvanced.ListProtections.self, ShieldAdvanced.DeleteProtection.self,
        ShieldAdvanced.AssociateHealthCheck.self, ShieldAdvanced.DisassociateHealthCheck.self,
        ShieldAdvanced.CreateProtectionGroup.self, ShieldAdvanced.UpdateProtectionGroup.self,
        ShieldAdvanced.DescribeProtectionGroup.self, ShieldAdvanced.DeleteProtectionGroup.self,
        ShieldAdvanced.ListProtectionGroups.self, ShieldAdvanced.ListResourcesInProtectionGroup.self,
        ShieldAdvanced.EnableApplicationLayerAutomaticResponse.self,
        ShieldAdvanced.UpdateApplicationLayerAutomaticResponse.self,
        ShieldAdvanced.DisableApplicationLayerAutomaticResponse.self,
        ShieldAdvanced.TagResource.self, ShieldAdvanced.UntagResource.self, ShieldAdvanced.ListTagsForResource.self,
    ]

    private static let attackOperations: [any Platform.Operation.Type] = [
        ShieldAdvanced.ListAttacks.self, ShieldAdvanced.DescribeAttack.self,
        ShieldAdvanced.DescribeAttackStatistics.self,
    ]
}
