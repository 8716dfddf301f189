import AWSConfigAPI
import Ledger
import Platform
import Posture
import Wire

/// What a rule has said of a resource last. What is not applicable is not kept.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_EvaluationResult.html>
struct RuleResult: TableRow, Equatable {
    static let kind = "Config::RuleResult"

    /// The rule's name.
    let rule: String
    let type: String
    let id: String
    var compliance: Compliance
    var annotation: String?
    /// What the verdict is about, seconds since 1970.
    var ordered: Double
    var invoked: Double
    var recorded: Double

    var partition: String { rule }
    var key: RowKey { Self.key(type, id) }
    /// The rule's resources by verdict.
    var indexes: [RowIndex] {
        [RowIndex(Self.byCompliance, RowKey(.text(compliance.rawValue), .text(type), .text(id)))]
    }
    var amounts: [String: Int64] { [compliance.rawValue: 1] }

    static let byCompliance = "compliance"

    static func key(_ type: String, _ id: String) -> RowKey { RowKey(.text(type), .text(id)) }

    var view: AWSConfig.EvaluationResult {
        AWSConfig.EvaluationResult {
            $0.evaluationResultIdentifier = AWSConfig.EvaluationResultIdentifier {
                $0.evaluationResultQualifier = AWSConfig.EvaluationResultQualifier {
                    $0.configRuleName = rule
                    $0.resourceType = type
                    $0.resourceId = id
                    $0.evaluationMode = "DETECTIVE"
                }
                $0.orderingTimestamp = Timestamp(secondsSinceEpoch: ordered)
            }
            $0.complianceType = compliance.rawValue
            $0.resultRecordedTime = Timestamp(secondsSinceEpoch: recorded)
            $0.configRuleInvokedTime = Timestamp(secondsSinceEpoch: invoked)
            $0.annotation = annotation
        }
    }
}

/// How many rules say what of a resource: what lists by resource are made of.
struct ResourceCompliance: TableRow {
    static let kind = "Config::ResourceCompliance"

    let type: String
    let id: String
    var compliant = 0
    var nonCompliant = 0
    var insufficient = 0
    /// What each of them says, by their names.
    var rules: [String: Compliance]?

    /// A rule that says no makes the resource NON_COMPLIANT.
    var compliance: Compliance {
        nonCompliant > 0 ? .nonCompliant : compliant > 0 ? .compliant : .insufficientData
    }

    var key: RowKey { RuleResult.key(type, id) }
    var indexes: [RowIndex] {
        [RowIndex(RuleResult.byCompliance, RowKey(.text(compliance.rawValue), .text(type), .text(id)))]
    }
    var amounts: [String: Int64] { [compliance.rawValue: 1, "\(compliance.rawValue) \(type)": 1] }

    mutating func count(_ compliance: Compliance, _ number: Int) {
        switch compliance {
        case .compliant: compliant += number
        case .nonCompliant: nonCompliant += number
        case .insufficientData: insufficient += number
        case .notApplicable: break
        }
    }

    var isEmpty: Bool { compliant + nonCompliant + insufficient <= 0 }
}
