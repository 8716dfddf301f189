public import Platform
import WAFV2API
import Wire

extension ServiceModule {
    /// AWS WAF: what is called WAFV2 in the API.
    /// <https://docs.aws.amazon.com/waf/latest/APIReference/Welcome.html>
    public static let wafV2 = ServiceModule(
        WAFV2.self, operations: setOperations + groupOperations + webACLOperations + managedOperations,
        events: EventParticulars(source: "wafv2.amazonaws.com"),
        records: [
            StoredIPSet.self, StoredRegexSet.self, StoredRuleGroup.self, StoredWebACL.self, WebACLAssociation.self,
            StoredLogging.self, StoredAPIKey.self,
        ], tables: [WebACLLogPart.self],
        projections: [
            WAFIndex.self, WebACLIndex.self, WebTraffic.self, ManagedRuleSources.self, WebACLLogQueue.self,
        ], resourceTypes: [.ofWAF], configuredResources: ConfiguredResourceType.ofWAF,
        jobs: [DeliverWebACLLogs.self],
        quotas: [
            .ipSets, .ipSetAddresses, .regexPatternSets, .regexPatterns, .ruleGroups, .webACLs, .webACLCapacity,
        ], samples: wafSamples, metrics: [.webRequests, .undecidedRequests, .droppedLogLines],
        screens: Environment.screenedByWebACL)

    private static let setOperations: [any Platform.Operation.Type] = [
        WAFV2.CreateIPSet.self, WAFV2.GetIPSet.self, WAFV2.UpdateIPSet.self, WAFV2.DeleteIPSet.self,
        WAFV2.ListIPSets.self,
        WAFV2.CreateRegexPatternSet.self, WAFV2.GetRegexPatternSet.self, WAFV2.UpdateRegexPatternSet.self,
        WAFV2.DeleteRegexPatternSet.self, WAFV2.ListRegexPatternSets.self,
    ]

    private static let groupOperations: [any Platform.Operation.Type] = [
        WAFV2.CreateRuleGroup.self, WAFV2.GetRuleGroup.self, WAFV2.UpdateRuleGroup.self, WAFV2.DeleteRuleGroup.self,
        WAFV2.ListRuleGroups.self, WAFV2.CheckCapacity.self, WAFV2.PutPermissionPolicy.self,
        WAFV2.GetPermissionPolicy.self, WAFV2.DeletePermissionPolicy.self,
    ]

    private static let webACLOperations: [any Platform.Operation.Type] = [
        WAFV2.CreateWebACL.self, WAFV2.GetWebACL.self, WAFV2.UpdateWebACL.self, WAFV2.DeleteWebACL.self,
        WAFV2.ListWebACLs.self, WAFV2.DeleteFirewallManagerRuleGroups.self,
        WAFV2.AssociateWebACL.self, WAFV2.DisassociateWebACL.self, WAFV2.GetWebACLForResource.self,
        WAFV2.ListResourcesForWebACL.self,
        WAFV2.PutLoggingConfiguration.self, WAFV2.GetLoggingConfiguration.self,
        WAFV2.DeleteLoggingConfiguration.self, WAFV2.ListLoggingConfigurations.self,
        WAFV2.CreateAPIKey.self, WAFV2.GetDecryptedAPIKey.self, WAFV2.ListAPIKeys.self, WAFV2.DeleteAPIKey.self,
        WAFV2.TagResource.self, WAFV2.UntagResource.self, WAFV2.ListTagsForResource.self,
        WAFV2.GetSampledRequests.self, WAFV2.GetRateBasedStatementManagedKeys.self,
        WAFV2.GetTopPathStatisticsByTraffic.self,
    ]

    private static let managedOperations: [any Platform.Operation.Type] = [
        WAFV2.ListAvailableManagedRuleGroups.self, WAFV2.ListAvailableManagedRuleGroupVersions.self,
        WAFV2.DescribeManagedRuleGroup.self, WAFV2.DescribeAllManagedProducts.self,
        WAFV2.DescribeManagedProductsByVendor.self,
        WAFV2.GetManagedRuleSet.self, WAFV2.ListManagedRuleSets.self, WAFV2.PutManagedRuleSetVersions.self,
        WAFV2.UpdateManagedRuleSetVersionExpiryDate.self,
        WAFV2.ListMobileSdkReleases.self, WAFV2.GetMobileSdkRelease.self, WAFV2.GenerateMobileSdkReleaseUrl.self,
    ]
}
