import AccessAnalyzerAPI
public import Platform

extension ServiceModule {
    /// AWS IAM Access Analyzer.
    public static let accessAnalyzer = ServiceModule(
        AccessAnalyzer.self,
        operations: analyzerOperations + findingOperations + policyOperations + unusedAccessOperations,
        events: EventParticulars(source: "access-analyzer.amazonaws.com"),
        records: [Analyzer.self], projections: [AnalyzerIndex.self], resourceTypes: [.analyzer],
        quotas: [.organizationAnalyzers, .archiveRules],
        samples: accessAnalyzerSamples)

    private static let analyzerOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.CreateAnalyzer.self, AccessAnalyzer.GetAnalyzer.self, AccessAnalyzer.ListAnalyzers.self,
        AccessAnalyzer.UpdateAnalyzer.self, AccessAnalyzer.DeleteAnalyzer.self,
        AccessAnalyzer.CreateServiceLinkedAnalyzer.self, AccessAnalyzer.DeleteServiceLinkedAnalyzer.self,
        AccessAnalyzer.CreateArchiveRule.self, AccessAnalyzer.GetArchiveRule.self, AccessAnalyzer.ListArchiveRules.self,
        AccessAnalyzer.UpdateArchiveRule.self, AccessAnalyzer.DeleteArchiveRule.self,
        AccessAnalyzer.TagResource.self, AccessAnalyzer.UntagResource.self, AccessAnalyzer.ListTagsForResource.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = []

    private static let policyOperations: [any Platform.Operation.Type] = []

    private static let unusedAccessOperations: [any Platform.Operation.Type] = []
}
