import AccessAnalyzerAPI
import Ledger
import Platform
import Wire

// What to do about permissions that nobody uses.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings-remediate.html>

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GenerateFindingRecommendation.html>
extension AccessAnalyzer.GenerateFindingRecommendation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.analyzerArn))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        // The model has no error for what is not found.
        guard let analyzer = try? records.analyzer(try AnalyzerName(arn: input.analyzerArn), call) else {
            throw .invalidField("analyzerArn", "There is no analyzer \(input.analyzerArn).")
        }
        guard
            let finding = try records.get(
                AnalyzedFinding.self, RowKey(.text(input.id)), of: analyzer.findingsPartition)
        else { throw .invalidField("id", "There is no finding \(input.id).") }
        guard finding.details.kind == .unusedPermission else {
            throw .invalidField(
                "id",
                "Recommendations are made for findings of the type UnusedPermission, not \(finding.details.kind.rawValue)."
            )
        }
        let recommendation = FindingRecommendation(finding, of: analyzer, started: call.time)
        try records.put(recommendation)
        try records.schedule(MakeRecommendation(), id: recommendation.id, at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_GetFindingRecommendation.html>
extension AccessAnalyzer.GetFindingRecommendation: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        call.access(on: try AnalyzerName(arn: input.analyzerArn))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let analyzer = try records.analyzer(try AnalyzerName(arn: input.analyzerArn), call)
        let id = FindingRecommendation.id(input.id, of: analyzer)
        guard let found = try records.get(FindingRecommendation.self, id) else {
            throw .notFound(
                input.id, type: "FindingRecommendation", "No recommendation was generated for the finding \(input.id).")
        }
        let steps = page(found.steps, try Paging(checking: input))
        return Output {
            $0.startedAt = Timestamp(secondsSinceEpoch: found.started)
            $0.completedAt = found.completed.map { Timestamp(secondsSinceEpoch: $0) }
            $0.resourceArn = found.resource
            $0.recommendationType = "UnusedPermissionRecommendation"
            $0.status = found.status
            $0.recommendedSteps = steps.items.map { AccessAnalyzer.RecommendedStep($0) }
            $0.nextToken = steps.marker
            if let failure = found.failure {
                $0.error = AccessAnalyzer.RecommendationError {
                    $0.code = failure.code
                    $0.message = failure.message
                }
            }
        }
    }
}

extension AccessAnalyzer.RecommendedStep {
    fileprivate init(_ step: FindingRecommendation.Step) {
        self.init {
            $0.unusedPermissionsRecommendedStep = AccessAnalyzer.UnusedPermissionsRecommendedStep {
                $0.recommendedAction = step.action.rawValue
                $0.recommendedPolicy = step.policy
                $0.existingPolicyId = step.existingPolicy
                $0.policyUpdatedAt = step.updated.map { Timestamp(secondsSinceEpoch: $0) }
            }
        }
    }
}
