import AccessAnalyzerAPI
public import Platform

extension ServiceModule {
    /// AWS IAM Access Analyzer.
    public static let accessAnalyzer = ServiceModule(
        AccessAnalyzer.self,
        operations: analyzerOperations + findingOperations + policyOperations + unusedAccessOperations,
        events: EventParticulars(source: "access-analyzer.amazonaws.com"),
        records: [Analyzer.self],
        resourceTypes: [.analyzer], quotas: [.archiveRules],
        samples: accessAnalyzerSamples)

    private static let analyzerOperations: [any Platform.Operation.Type] = [
        AccessAnalyzer.CreateAnalyzer.self, AccessAnalyzer.GetAnalyzer.self, AccessAnalyzer.ListAnalyzers.self,
        AccessAnalyzer.UpdateAnalyzer.self, AccessAnalyzer.DeleteAnalyzer.self,
    ]

    private static let findingOperations: [any Platform.Operation.Type] = []

    private static let policyOperations: [any Platform.Operation.Type] = []

    private static let unusedAccessOperations: [any Platform.Operation.Type] = []
}
