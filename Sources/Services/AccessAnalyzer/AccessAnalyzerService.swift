import AccessAnalyzerAPI
import Ledger
public import Platform

extension ServiceModule {
    /// AWS IAM Access Analyzer.
    public static let accessAnalyzer = ServiceModule(
        AccessAnalyzer.self,
        operations: analyzerOperations + findingOperations + policyOperations + unusedAccessOperations,
        events: EventParticulars(source: "access-analyzer.amazonaws.com"),
        records: [Analyzer.self] + unusedAccessRecords, tables: [AnalyzedFinding.self, AnalyzedResourceRow.self], projections: [AnalyzerIndex.self],
        resourceTypes: [.analyzer], quotas: [.archiveRules],
        jobs: unusedAccessJobs, followers: [FollowIdentities.self], samples: accessAnalyzerSamples)

    private static let analyzerOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.CreateAnalyzer.self, AccessAnalyzer.GetAnalyzer.self, AccessAnalyzer.ListAnalyzers.self,
        AccessAnalyzer.UpdateAnalyzer.self, AccessAnalyzer.DeleteAnalyzer.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = []

    private static let policyOperations: [any Platform.Operation.Type] = []

    private static let unusedAccessOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.GenerateFindingRecommendation.self, AccessAnalyzer.GetFindingRecommendation.self,
        AccessAnalyzer.StartPolicyGeneration.self, AccessAnalyzer.CancelPolicyGeneration.self,
        AccessAnalyzer.GetGeneratedPolicy.self, AccessAnalyzer.ListPolicyGenerations.self,
    ]

    private static let unusedAccessRecords: [any Record.Type] = [
        FindingRecommendation.self, PolicyGeneration.self, UseCursor.self,
    ]

    private static let unusedAccessJobs: [any Job.Type] = [
        ScanUnusedAccess.self, FollowUse.self, MakeRecommendation.self, ForgetRecommendation.self,
        RunPolicyGeneration.self,
    ]
}
