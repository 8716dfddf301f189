import AWSConfigAPI
import Ledger
import Platform
import Posture
import Wire

/// The evaluation of a resource that is not there yet.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ResourceEvaluation.html>
struct Proposal: TableRow {
    static let kind = "Config::ResourceEvaluation"

    /// How long AWS keeps one, in seconds.
    private static let lifetime = 90.0 * 86_400

    func isOver(at time: Double) -> Bool { started + Self.lifetime < time }

    /// A UUID of version 7: they come in the order of their time.
    let id: String
    let started: Double
    let type: String
    let resourceID: String
    let configuration: String
    let context: String?
    let token: String?
    let results: [ProposalResult]

    var key: RowKey { RowKey(.text(id)) }
    var indexes: [RowIndex] { token.map { [RowIndex(Self.byToken, RowKey(.text($0)))] } ?? [] }
    static let byToken = "token"

    /// A rule that says no makes it NON_COMPLIANT.
    var compliance: Compliance {
        if results.contains(where: { $0.compliance == .nonCompliant }) { return .nonCompliant }
        return results.contains { $0.compliance == .compliant } ? .compliant : .notApplicable
    }
}

/// What a rule says of a resource that is not there yet.
public struct ProposalResult: Sendable, Codable, Equatable {
    let rule: String
    let compliance: Compliance
    let annotation: String?
    let type: String
    let resourceID: String
    let time: Double

    func view(_ evaluation: String) -> AWSConfig.EvaluationResult {
        AWSConfig.EvaluationResult {
            $0.evaluationResultIdentifier = AWSConfig.EvaluationResultIdentifier {
                $0.evaluationResultQualifier = AWSConfig.EvaluationResultQualifier {
                    $0.configRuleName = rule
                    $0.resourceType = type
                    $0.resourceId = resourceID
                    $0.evaluationMode = "PROACTIVE"
                }
                $0.orderingTimestamp = Timestamp(secondsSinceEpoch: time)
                $0.resourceEvaluationId = evaluation
            }
            $0.complianceType = compliance.rawValue
            $0.resultRecordedTime = Timestamp(secondsSinceEpoch: time)
            $0.configRuleInvokedTime = Timestamp(secondsSinceEpoch: time)
            $0.annotation = annotation
        }
    }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    func proposal(_ id: String, at time: Double) throws(ServiceError) -> Proposal {
        guard let found = try get(Proposal.self, RowKey(.text(id))), !found.isOver(at: time) else {
            throw AWSConfig.Failure.resourceNotFoundException("The resource evaluation \(id) does not exist.")
        }
        return found
    }
}

extension MutableRecords {
    /// Keeps a proposal, and forgets some of those that are too old: the oldest come first.
    func keep(_ proposal: Proposal, at time: Double) throws(ServiceError) {
        try put(proposal)
        for old in try list(Proposal.self, limit: 8) where old.isOver(at: time) {
            try delete(Proposal.self, old.key)
        }
    }
}
