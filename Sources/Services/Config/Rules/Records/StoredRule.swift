import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// A rule of an account in a Region.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigRule.html>
struct StoredRule: Record, TaggedResource {
    static let kind = "AWS::Config::ConfigRule"
    static let arnType = "config-rule"

    enum Owner: String, Sendable, Codable {
        case aws = "AWS"
        case customLambda = "CUSTOM_LAMBDA"
        case customPolicy = "CUSTOM_POLICY"
    }

    /// What makes a custom rule be evaluated.
    struct Trigger: Sendable, Codable, Equatable {
        var messageType: String
        var frequency: String?
    }

    /// What a rule is about, if it is not about all of its types.
    struct Target: Sendable, Codable, Equatable {
        var types: [String] = []
        var tagKey: String?
        var tagValue: String?
        var resourceID: String?
    }

    struct Policy: Sendable, Codable, Equatable {
        var runtime: String
        var text: String
        var deliversDebugLog: Bool
    }

    let name: String
    let accountID: String
    let region: String
    /// What tells it from others of its name, before and after it.
    let created: Double
    var description: String?
    var owner: Owner
    /// An identifier of AWS's, or the ARN of a function.
    var identifier: String?
    var triggers: [Trigger] = []
    var policy: Policy?
    var target: Target?
    var inputParameters: String?
    var frequency: String?
    var modes: [String] = ["DETECTIVE"]
    var state = "ACTIVE"
    /// The service that has made it: for conformance packs and organizations.
    var createdBy: String?
    /// The conformance pack, or organization's rule, that it belongs to; nil: none.
    var pack: String?
    /// The account whose function the rule calls; nil: its own. An organization's rules call the function of the account that
    /// has made them.
    var functionAccount: String?
    var tags: [Tag] = []

    var id: String { name }
    var requirements: [Requirement] { [.account(accountID)] }
    var references: [Reference] { pack.map { [Reference(Self.packRelation, to: $0)] } ?? [] }
    /// The relation to the conformance pack that a rule is part of.
    static let packRelation = "pack"

    var scope: Scope { Scope(account: accountID, region: region) }
    var ruleID: String { Self.ruleID(name, accountID, region) }
    var arn: String { Self.arn(name, accountID, region) }

    static func ruleID(_ name: String, _ account: String, _ region: String) -> String {
        "\(arnType)-\(ConfigName.id(arnType, name, account, region).prefix(6))"
    }

    static func arn(_ name: String, _ account: String, _ region: String) -> String {
        ConfigName.arn(account, region, "\(arnType)/\(ruleID(name, account, region))")
    }

    var managed: ManagedRule? { owner == .aws ? identifier.flatMap { ManagedRule.all[$0] } : nil }

    var isDeleting: Bool { state.hasPrefix("DELETING") }
    /// Whether resources that are there are evaluated by it.
    var isEvaluated: Bool { !isDeleting && modes.contains("DETECTIVE") }

    /// Whether changes of resources have it evaluated.
    var isChangeTriggered: Bool {
        switch owner {
        case .aws: managed?.isChangeTriggered == true
        case .customLambda, .customPolicy:
            triggers.contains { $0.messageType.hasSuffix("ItemChangeNotification") }
        }
    }

    /// The seconds between two evaluations; nil: it is not evaluated by itself.
    var interval: Double? {
        switch owner {
        case .aws:
            guard managed?.isPeriodic == true else { return nil }
            return RuleFrequency.seconds(frequency) ?? RuleFrequency.usual
        case .customLambda, .customPolicy:
            guard let trigger = triggers.first(where: { $0.messageType == "ScheduledNotification" }) else { return nil }
            return RuleFrequency.seconds(trigger.frequency ?? frequency) ?? RuleFrequency.usual
        }
    }

    /// The types of resources whose changes have it evaluated; nil: all.
    var types: [String]? {
        if let target, !target.types.isEmpty {
            guard let managed else { return target.types }
            return managed.types.isEmpty ? target.types : managed.types.filter(target.types.contains)
        }
        guard let managed else { return owner == .aws ? [] : nil }
        return managed.types
    }

    /// Whether it is about a resource.
    func isAbout(_ item: ConfigurationItem) -> Bool {
        guard types?.contains(item.resourceType) ?? true else { return false }
        guard let target else { return true }
        if let id = target.resourceID, id != item.resourceID { return false }
        if let key = target.tagKey {
            return item.tags.contains { $0.key == key && (target.tagValue == nil || target.tagValue == $0.value) }
        }
        return true
    }
}

/// How often periodic rules are evaluated.
enum RuleFrequency {
    static let usual = 86_400.0

    static func seconds(_ text: String?) -> Double? {
        switch text {
        case "One_Hour": 3600
        case "Three_Hours": 3 * 3600
        case "Six_Hours": 6 * 3600
        case "Twelve_Hours": 12 * 3600
        case "TwentyFour_Hours": 86_400
        default: nil
        }
    }
}

/// How the evaluations of a rule have gone.
struct RuleStatus: Record {
    static let kind = "Config::RuleStatus"
    static let keepsHistory = false

    /// The rule's name.
    let id: String
    /// Seconds since 1970.
    var activated: Double
    var invoked: Double?
    var failedInvocation: Double?
    var evaluated: Double?
    var failedEvaluation: Double?
    var errorCode: String?
    var errorMessage: String?
}

extension StoredRule {
    var view: AWSConfig.ConfigRule {
        AWSConfig.ConfigRule {
            $0.configRuleName = name
            $0.configRuleArn = arn
            $0.configRuleId = ruleID
            $0.description = description
            $0.scope = target?.view
            $0.source = AWSConfig.Source { source in
                source.owner = owner.rawValue
                source.sourceIdentifier = identifier
                if owner != .aws {
                    source.sourceDetails = triggers.map { trigger in
                        AWSConfig.SourceDetail {
                            $0.eventSource = "aws.config"
                            $0.messageType = trigger.messageType
                            $0.maximumExecutionFrequency = trigger.frequency
                        }
                    }
                }
                if let policy {
                    source.customPolicyDetails = AWSConfig.CustomPolicyDetails {
                        $0.policyRuntime = policy.runtime
                        // The text itself is told by GetCustomRulePolicy alone.
                        $0.policyText = ""
                        $0.enableDebugLogDelivery = policy.deliversDebugLog
                    }
                }
            }
            $0.inputParameters = inputParameters
            $0.maximumExecutionFrequency = frequency
            $0.configRuleState = state
            $0.createdBy = createdBy
            $0.evaluationModes = modes.map { mode in AWSConfig.EvaluationModeConfiguration { $0.mode = mode } }
        }
    }
}

extension StoredRule.Target {
    var view: AWSConfig.Scope {
        AWSConfig.Scope {
            if !types.isEmpty { $0.complianceResourceTypes = types }
            $0.tagKey = tagKey
            $0.tagValue = tagValue
            $0.complianceResourceId = resourceID
        }
    }
}
