import AWSConfigAPI
import Ledger
import Platform
import Wire

/// The last attempt to put a resource right.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationExecutionStatus.html>
struct RemediationExecution: TableRow {
    static let kind = "Config::RemediationExecution"

    enum State: String, Sendable, Codable {
        case queued = "QUEUED"
        case inProgress = "IN_PROGRESS"
        case succeeded = "SUCCEEDED"
        case failed = "FAILED"
    }

    /// The rule's name.
    let rule: String
    let type: String
    let id: String
    var state: State
    /// The document.
    var step: String
    var error: String?
    /// Seconds since 1970.
    var invoked: Double
    var updated: Double
    /// When it was begun of itself lately.
    var attempts: [Double] = []

    var partition: String { rule }
    var key: RowKey { RuleResult.key(type, id) }
    /// Whether nobody has asked for this attempt.
    var isAutomatic: Bool { attempts.last == invoked }

    var view: AWSConfig.RemediationExecutionStatus {
        AWSConfig.RemediationExecutionStatus {
            $0.resourceKey = AWSConfig.ResourceKey { key in
                key.resourceType = type
                key.resourceId = id
            }
            $0.state = state.rawValue
            $0.stepDetails = [
                AWSConfig.RemediationExecutionStep { step in
                    step.name = self.step
                    step.state =
                        switch state {
                        case .queued: "PENDING"
                        case .inProgress: "IN_PROGRESS"
                        case .succeeded: "SUCCEEDED"
                        case .failed: "FAILED"
                        }
                    step.errorMessage = error
                    step.startTime = Timestamp(secondsSinceEpoch: invoked)
                    if state == .succeeded || state == .failed { step.stopTime = Timestamp(secondsSinceEpoch: updated) }
                }
            ]
            $0.invocationTime = Timestamp(secondsSinceEpoch: invoked)
            $0.lastUpdatedTime = Timestamp(secondsSinceEpoch: updated)
        }
    }
}

/// A resource that is not put right of itself.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_RemediationException.html>
struct RemediationExemption: TableRow {
    static let kind = "Config::RemediationException"

    let rule: String
    let type: String
    let id: String
    var message: String?
    var expires: Double?
    /// Seconds since 1970; nil: that was not kept.
    var put: Double?

    var partition: String { rule }
    var key: RowKey { RuleResult.key(type, id) }

    var view: AWSConfig.RemediationException {
        AWSConfig.RemediationException {
            $0.configRuleName = rule
            $0.resourceType = type
            $0.resourceId = id
            $0.message = message
            $0.expirationTime = expires.map { Timestamp(secondsSinceEpoch: $0) }
        }
    }
}
extension RemediationExecution: ResourceRow {}
extension RemediationExemption: ResourceRow {}
