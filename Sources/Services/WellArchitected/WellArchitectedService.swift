import Ledger
public import Platform
import WellArchitectedAPI

extension ServiceModule {
    /// The AWS Well-Architected Tool.
    /// <https://docs.aws.amazon.com/wellarchitected/latest/userguide/intro.html>
    public static let wellArchitected = ServiceModule(
        WellArchitected.self,
        operations: workloadOperations + lensOperations + reviewOperations + shareOperations + templateOperations,
        records: [
            StoredWorkload.self, StoredReview.self, StoredMilestone.self, StoredLens.self, StoredLensVersion.self,
            StoredProfile.self, StoredTemplate.self, StoredShare.self, ReviewSettings.self,
        ],
        tables: [AnsweredToken.self], projections: [ReviewIndex.self], resourceTypes: [.ofReviews],
        quotas: [
            .workloads, .lensesPerWorkload, .milestones, .customLenses, .lensVersions, .profiles, .reviewTemplates,
            .sharesPerResource,
        ],
        samples: reviewSamples)

    private static let workloadOperations: [any Platform.Operation.Type] = [
        WellArchitected.CreateMilestone.self, WellArchitected.CreateWorkload.self,
        WellArchitected.DeleteWorkload.self, WellArchitected.GetGlobalSettings.self,
        WellArchitected.GetMilestone.self, WellArchitected.GetWorkload.self, WellArchitected.ListMilestones.self,
        WellArchitected.ListTagsForResource.self, WellArchitected.ListWorkloads.self,
        WellArchitected.TagResource.self, WellArchitected.UntagResource.self,
        WellArchitected.UpdateGlobalSettings.self, WellArchitected.UpdateIntegration.self,
        WellArchitected.UpdateWorkload.self,
    ]

    private static let lensOperations: [any Platform.Operation.Type] = [
        WellArchitected.AssociateLenses.self, WellArchitected.CreateLensVersion.self, WellArchitected.DeleteLens.self,
        WellArchitected.DisassociateLenses.self, WellArchitected.ExportLens.self, WellArchitected.GetLens.self,
        WellArchitected.GetLensVersionDifference.self, WellArchitected.ImportLens.self,
        WellArchitected.ListLenses.self, WellArchitected.ListNotifications.self,
        WellArchitected.UpgradeLensReview.self,
    ]

    private static let reviewOperations: [any Platform.Operation.Type] = [
        WellArchitected.GetAnswer.self, WellArchitected.GetConsolidatedReport.self,
        WellArchitected.GetLensReview.self, WellArchitected.GetLensReviewReport.self,
        WellArchitected.ListAnswers.self, WellArchitected.ListCheckDetails.self,
        WellArchitected.ListCheckSummaries.self, WellArchitected.ListLensReviewImprovements.self,
        WellArchitected.ListLensReviews.self, WellArchitected.UpdateAnswer.self,
        WellArchitected.UpdateLensReview.self,
    ]

    private static let shareOperations: [any Platform.Operation.Type] = [
        WellArchitected.CreateLensShare.self, WellArchitected.CreateProfileShare.self,
        WellArchitected.CreateTemplateShare.self, WellArchitected.CreateWorkloadShare.self,
        WellArchitected.DeleteLensShare.self, WellArchitected.DeleteProfileShare.self,
        WellArchitected.DeleteTemplateShare.self, WellArchitected.DeleteWorkloadShare.self,
        WellArchitected.ListLensShares.self, WellArchitected.ListProfileShares.self,
        WellArchitected.ListShareInvitations.self, WellArchitected.ListTemplateShares.self,
        WellArchitected.ListWorkloadShares.self, WellArchitected.UpdateShareInvitation.self,
        WellArchitected.UpdateWorkloadShare.self,
    ]

    private static let templateOperations: [any Platform.Operation.Type] = [
        WellArchitected.AssociateProfiles.self, WellArchitected.CreateProfile.self,
        WellArchitected.CreateReviewTemplate.self, WellArchitected.DeleteProfile.self,
        WellArchitected.DeleteReviewTemplate.self, WellArchitected.DisassociateProfiles.self,
        WellArchitected.GetProfile.self, WellArchitected.GetProfileTemplate.self,
        WellArchitected.GetReviewTemplate.self, WellArchitected.GetReviewTemplateAnswer.self,
        WellArchitected.GetReviewTemplateLensReview.self, WellArchitected.ListProfileNotifications.self,
        WellArchitected.ListProfiles.self, WellArchitected.ListReviewTemplateAnswers.self,
        WellArchitected.ListReviewTemplates.self, WellArchitected.UpdateProfile.self,
        WellArchitected.UpdateReviewTemplate.self, WellArchitected.UpdateReviewTemplateAnswer.self,
        WellArchitected.UpdateReviewTemplateLensReview.self, WellArchitected.UpgradeProfileVersion.self,
        WellArchitected.UpgradeReviewTemplateLensReview.self,
    ]
}
