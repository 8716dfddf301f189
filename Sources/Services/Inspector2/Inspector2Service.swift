import Inspector2API
import Ledger
public import Platform

extension ServiceModule {
    /// Amazon Inspector, the second.
    public static let inspector = ServiceModule(
        Inspector2.self,
        operations: accountOperations + organizationOperations + findingOperations + reportOperations + cisOperations,
        events: EventParticulars(source: "inspector2.amazonaws.com"),
        records: [
            InspectorSettings.self, InspectorAdministrator.self, InspectorMember.self, FindingFilter.self,
            CISConfiguration.self,
        ],
        tables: [
            StoredFinding.self, CoveredResource.self, ResourceInventory.self, StoredReport.self, CISScan.self,
            CISTarget.self, CISResult.self, CISReport.self,
        ],
        projections: [InspectorIndex.self, InspectedPlaces.self], resourceTypes: [.ofInspector],
        jobs: [
            ScanResources.self, WatchResources.self, ForgetInspection.self, ForgetClosedFindings.self,
            ApplySuppression.self, EnableNewMembers.self, WriteInspectorReport.self, StartCISScan.self,
            RunCISScan.self, EndCISScan.self,
        ],
        followers: [FollowInstances.self], quotas: [.suppressionRules, .cisConfigurations], paths: [.cisReports],
        samples: inspectorSamples)

    private static let accountOperations: [any Platform.Operation.Type] = [
        Inspector2.Enable.self, Inspector2.Disable.self, Inspector2.BatchGetAccountStatus.self,
        Inspector2.GetConfiguration.self, Inspector2.UpdateConfiguration.self,
        Inspector2.ListAccountPermissions.self, Inspector2.BatchGetFreeTrialInfo.self,
        Inspector2.ListUsageTotals.self, Inspector2.GetEncryptionKey.self, Inspector2.UpdateEncryptionKey.self,
        Inspector2.ResetEncryptionKey.self, Inspector2.GetEc2DeepInspectionConfiguration.self,
        Inspector2.UpdateEc2DeepInspectionConfiguration.self,
        Inspector2.UpdateOrgEc2DeepInspectionConfiguration.self,
        Inspector2.BatchGetMemberEc2DeepInspectionStatus.self,
        Inspector2.BatchUpdateMemberEc2DeepInspectionStatus.self,
        Inspector2.TagResource.self, Inspector2.UntagResource.self, Inspector2.ListTagsForResource.self,
    ]

    private static let organizationOperations: [any Platform.Operation.Type] = [
        Inspector2.EnableDelegatedAdminAccount.self, Inspector2.DisableDelegatedAdminAccount.self,
        Inspector2.GetDelegatedAdminAccount.self, Inspector2.ListDelegatedAdminAccounts.self,
        Inspector2.AssociateMember.self, Inspector2.DisassociateMember.self, Inspector2.GetMember.self,
        Inspector2.ListMembers.self, Inspector2.DescribeOrganizationConfiguration.self,
        Inspector2.UpdateOrganizationConfiguration.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = [
        Inspector2.ListFindings.self, Inspector2.BatchGetFindingDetails.self, Inspector2.ListFindingAggregations.self,
        Inspector2.SearchVulnerabilities.self, Inspector2.ListCoverage.self, Inspector2.ListCoverageStatistics.self,
        Inspector2.CreateFilter.self, Inspector2.UpdateFilter.self, Inspector2.DeleteFilter.self,
        Inspector2.ListFilters.self,
    ]

    private static let reportOperations: [any Platform.Operation.Type] = [
        Inspector2.CreateFindingsReport.self, Inspector2.CancelFindingsReport.self,
        Inspector2.GetFindingsReportStatus.self, Inspector2.CreateSbomExport.self, Inspector2.CancelSbomExport.self,
        Inspector2.GetSbomExport.self,
    ]

    private static let cisOperations: [any Platform.Operation.Type] = [
        Inspector2.CreateCisScanConfiguration.self, Inspector2.UpdateCisScanConfiguration.self,
        Inspector2.DeleteCisScanConfiguration.self, Inspector2.ListCisScanConfigurations.self,
        Inspector2.ListCisScans.self, Inspector2.ListCisScanResultsAggregatedByChecks.self,
        Inspector2.ListCisScanResultsAggregatedByTargetResource.self, Inspector2.GetCisScanResultDetails.self,
        Inspector2.GetCisScanReport.self, Inspector2.StartCisSession.self, Inspector2.SendCisSessionHealth.self,
        Inspector2.SendCisSessionTelemetry.self, Inspector2.StopCisSession.self,
    ]
}
