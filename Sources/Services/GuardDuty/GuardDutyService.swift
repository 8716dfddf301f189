import GuardDutyAPI
import Ledger
public import Platform

extension ServiceModule {
    /// Amazon GuardDuty.
    public static let guardDuty = ServiceModule(
        GuardDuty.self,
        operations: detectorOperations + malwareOperations + findingOperations + listOperations + memberOperations
            + organizationOperations,
        events: EventParticulars(source: "guardduty.amazonaws.com"),
        records: [
            StoredDetector.self, StoredFilter.self, StoredList.self, StoredDestination.self,
            OrganizationAdministrator.self, StoredMember.self, StoredInvitation.self,
        ],
        tables: [
            StoredFinding.self, OpenFinding.self, AccountMemoryRow.self, ActorMemoryRow.self, ListPart.self,
            PendingExport.self,
        ],
        projections: [GuardDutyIndex.self], resourceTypes: [.ofGuardDuty], configuredResources: [.detector],
        jobs: [
            PublishOccurrences.self, ExportFindings.self, ForgetDetector.self, ForgetOldFindings.self,
            SuppressFindings.self, EnableOrganizationMembers.self,
        ],
        followers: [WatchEvents.self], quotas: [.guardDutyFilters], samples: guardDutySamples)

    private static let detectorOperations: [any Platform.Operation.Type] = [
        GuardDuty.CreateDetector.self, GuardDuty.GetDetector.self, GuardDuty.UpdateDetector.self,
        GuardDuty.DeleteDetector.self, GuardDuty.ListDetectors.self, GuardDuty.TagResource.self,
        GuardDuty.UntagResource.self, GuardDuty.ListTagsForResource.self, GuardDuty.GetUsageStatistics.self,
        GuardDuty.GetRemainingFreeTrialDays.self, GuardDuty.ListCoverage.self, GuardDuty.GetCoverageStatistics.self,
    ]

    private static let malwareOperations: [any Platform.Operation.Type] = [
        GuardDuty.DescribeMalwareScans.self, GuardDuty.ListMalwareScans.self, GuardDuty.GetMalwareScan.self,
        GuardDuty.StartMalwareScan.self, GuardDuty.SendObjectMalwareScan.self, GuardDuty.GetMalwareScanSettings.self,
        GuardDuty.UpdateMalwareScanSettings.self, GuardDuty.ListMalwareProtectionPlans.self,
        GuardDuty.CreateMalwareProtectionPlan.self, GuardDuty.GetMalwareProtectionPlan.self,
        GuardDuty.UpdateMalwareProtectionPlan.self, GuardDuty.DeleteMalwareProtectionPlan.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = [
        GuardDuty.ListFindings.self, GuardDuty.GetFindings.self, GuardDuty.ArchiveFindings.self,
        GuardDuty.UnarchiveFindings.self, GuardDuty.UpdateFindingsFeedback.self,
        GuardDuty.GetFindingsStatistics.self, GuardDuty.CreateSampleFindings.self, GuardDuty.CreateFilter.self,
        GuardDuty.GetFilter.self, GuardDuty.UpdateFilter.self, GuardDuty.DeleteFilter.self,
        GuardDuty.ListFilters.self, GuardDuty.CreatePublishingDestination.self,
        GuardDuty.DescribePublishingDestination.self, GuardDuty.ListPublishingDestinations.self,
        GuardDuty.UpdatePublishingDestination.self, GuardDuty.DeletePublishingDestination.self,
    ]

    private static let listOperations: [any Platform.Operation.Type] = [
        GuardDuty.CreateIPSet.self, GuardDuty.GetIPSet.self, GuardDuty.ListIPSets.self, GuardDuty.UpdateIPSet.self,
        GuardDuty.DeleteIPSet.self, GuardDuty.CreateThreatIntelSet.self, GuardDuty.GetThreatIntelSet.self,
        GuardDuty.ListThreatIntelSets.self, GuardDuty.UpdateThreatIntelSet.self, GuardDuty.DeleteThreatIntelSet.self,
        GuardDuty.CreateThreatEntitySet.self, GuardDuty.GetThreatEntitySet.self, GuardDuty.ListThreatEntitySets.self,
        GuardDuty.UpdateThreatEntitySet.self, GuardDuty.DeleteThreatEntitySet.self,
        GuardDuty.CreateTrustedEntitySet.self, GuardDuty.GetTrustedEntitySet.self,
        GuardDuty.ListTrustedEntitySets.self, GuardDuty.UpdateTrustedEntitySet.self,
        GuardDuty.DeleteTrustedEntitySet.self,
    ]

    private static let memberOperations: [any Platform.Operation.Type] = [
        GuardDuty.CreateMembers.self, GuardDuty.DeleteMembers.self, GuardDuty.InviteMembers.self,
        GuardDuty.DisassociateMembers.self, GuardDuty.StartMonitoringMembers.self,
        GuardDuty.StopMonitoringMembers.self, GuardDuty.GetMembers.self, GuardDuty.ListMembers.self,
        GuardDuty.GetMemberDetectors.self, GuardDuty.UpdateMemberDetectors.self, GuardDuty.ListInvitations.self,
        GuardDuty.GetInvitationsCount.self, GuardDuty.DeclineInvitations.self, GuardDuty.DeleteInvitations.self,
        GuardDuty.AcceptAdministratorInvitation.self, GuardDuty.AcceptInvitation.self,
        GuardDuty.DisassociateFromAdministratorAccount.self, GuardDuty.DisassociateFromMasterAccount.self,
        GuardDuty.GetAdministratorAccount.self, GuardDuty.GetMasterAccount.self,
    ]

    private static let organizationOperations: [any Platform.Operation.Type] = [
        GuardDuty.EnableOrganizationAdminAccount.self, GuardDuty.DisableOrganizationAdminAccount.self,
        GuardDuty.ListOrganizationAdminAccounts.self, GuardDuty.DescribeOrganizationConfiguration.self,
        GuardDuty.UpdateOrganizationConfiguration.self, GuardDuty.GetOrganizationStatistics.self,
    ]
}
