import AccessAnalyzerAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS IAM Access Analyzer.
    public static let accessAnalyzer = ServiceModule(
        AccessAnalyzer.self,
        operations: analyzerOperations + findingOperations + policyOperations + unusedAccessOperations,
        events: EventParticulars(source: "access-analyzer.amazonaws.com"),
        records: [Analyzer.self, AnalyzerProgress.self, AnalysisTask.self] + unusedAccessRecords,
        tables: [AnalyzedFinding.self, AnalyzedResourceRow.self, AccessPreview.self], projections: [AnalyzerIndex.self],
        resourceTypes: [.analyzer], configuredResources: [.analyzer],
        jobs: [ForgetResolvedFindings.self] + previewJobs + unusedAccessJobs,
        followers: [FollowAnalyzedResources.self, FollowIdentities.self],
        quotas: [.organizationAnalyzers, .archiveRules, .accessPreviews],
        samples: accessAnalyzerSamples)

    private static let analyzerOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.CreateAnalyzer.self, AccessAnalyzer.GetAnalyzer.self, AccessAnalyzer.ListAnalyzers.self,
        AccessAnalyzer.UpdateAnalyzer.self, AccessAnalyzer.DeleteAnalyzer.self,
        AccessAnalyzer.CreateServiceLinkedAnalyzer.self, AccessAnalyzer.DeleteServiceLinkedAnalyzer.self,
        AccessAnalyzer.CreateArchiveRule.self, AccessAnalyzer.GetArchiveRule.self, AccessAnalyzer.ListArchiveRules.self,
        AccessAnalyzer.UpdateArchiveRule.self, AccessAnalyzer.DeleteArchiveRule.self,
        AccessAnalyzer.TagResource.self, AccessAnalyzer.UntagResource.self, AccessAnalyzer.ListTagsForResource.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.ListFindings.self, AccessAnalyzer.GetFinding.self, AccessAnalyzer.ListFindingsV2.self,
        AccessAnalyzer.GetFindingV2.self, AccessAnalyzer.UpdateFindings.self, AccessAnalyzer.ApplyArchiveRule.self,
        AccessAnalyzer.ListAnalyzedResources.self, AccessAnalyzer.GetAnalyzedResource.self,
        AccessAnalyzer.StartResourceScan.self, AccessAnalyzer.GetFindingsStatistics.self,
    ]

    private static let policyOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.CheckNoNewAccess.self, AccessAnalyzer.CheckAccessNotGranted.self,
        AccessAnalyzer.CheckNoPublicAccess.self, AccessAnalyzer.ValidatePolicy.self,
        AccessAnalyzer.CreateAccessPreview.self, AccessAnalyzer.GetAccessPreview.self,
        AccessAnalyzer.ListAccessPreviews.self, AccessAnalyzer.ListAccessPreviewFindings.self,
    ]

    private static let previewJobs: [any Job.Type] = [AnalyzePreview.self, ForgetPreview.self]

    private static let unusedAccessOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.GenerateFindingRecommendation.self, AccessAnalyzer.GetFindingRecommendation.self,
        AccessAnalyzer.StartPolicyGeneration.self, AccessAnalyzer.CancelPolicyGeneration.self,
        AccessAnalyzer.GetGeneratedPolicy.self, AccessAnalyzer.ListPolicyGenerations.self,
    ]
}
