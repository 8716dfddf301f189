import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// What custom rules say.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutEvaluations.html>
extension AWSConfig.PutEvaluations: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let evaluations = input.evaluations ?? []
        guard !evaluations.isEmpty || input.testMode == true else {
            throw .invalidParameterValue(
                "The Evaluations object in your request cannot be null. Add the required parameters and try again.")
        }
        let token = try records.get(ResultToken.self, RowKey(.text(input.resultToken)))
        // In test mode the token may be anything.
        if input.testMode == true, token == nil { return Output { $0.failedEvaluations = [] } }
        guard let token, call.time < token.invoked + ResultToken.lifetime else {
            throw AWSConfig.Failure.invalidResultTokenException("The specified ResultToken is invalid.")
        }
        guard let rule = try records.get(StoredRule.self, token.rule), rule.created == token.created,
            rule.isEvaluated
        else {
            throw .noSuchRule(token.rule)
        }
        for evaluation in evaluations {
            guard
                ComplianceItem.isStorable(evaluation.complianceResourceType, evaluation.complianceResourceId)
            else {
                throw .invalidParameterValue(
                    "The ComplianceResourceType and ComplianceResourceId of an evaluation can't have control characters,"
                        + " and can't have more than \(ComplianceItem.mostBytes) bytes.")
            }
        }
        guard input.testMode != true else { return Output { $0.failedEvaluations = [] } }
        for evaluation in evaluations {
            // A time to come would have this verdict outlive all that follow.
            let ordered = min(evaluation.orderingTimestamp.secondsSinceEpoch, call.time)
            try records.keep(
                try RuleVerdict(evaluation.complianceType, evaluation.annotation), of: rule,
                on: evaluation.complianceResourceType, evaluation.complianceResourceId, ordered: ordered,
                invoked: token.invoked, at: call.time)
        }
        if var status = try records.get(RuleStatus.self, rule.name) {
            (status.invoked, status.evaluated) = (token.invoked, call.time)
            try records.put(status)
        }
        return Output { $0.failedEvaluations = [] }
    }
}

/// What people find with process checks, which are rules of conformance packs and are not here: what other rules say of resources
/// is nobody else's to say.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutExternalEvaluation.html>
extension AWSConfig.PutExternalEvaluation: WriteOperation, OnConfigRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        throw .noSuchRule(input.configRuleName)
    }
}

extension RuleVerdict {
    /// - Throws: InvalidParameterValueException for INSUFFICIENT_DATA, which only AWS Config itself may say.
    fileprivate init(_ type: String, _ annotation: String?) throws(ServiceError) {
        guard let compliance = Compliance(rawValue: type), compliance != .insufficientData else {
            throw .invalidParameterValue("The ComplianceType \(type) is not valid for an evaluation.")
        }
        self.init(compliance: compliance, annotation: annotation)
    }
}
