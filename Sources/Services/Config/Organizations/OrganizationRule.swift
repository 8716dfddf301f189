import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// A rule that an organization has in all of its accounts.
/// <https://docs.aws.amazon.com/config/latest/APIReference/API_OrganizationConfigRule.html>
struct OrganizationRule: DeployedToOrganization {
    static let kind = "AWS::Config::OrganizationConfigRule"
    static let arnType = "organization-config-rule"
    static let deploymentKind = OrganizationDeployment.Kind.rule
    /// Who makes the rules in the accounts.
    static let creator = "config-multiaccountsetup.amazonaws.com"

    let name: String
    let accountID: String
    let region: String
    var owner: StoredRule.Owner
    var description: String?
    /// An identifier of AWS's, or the ARN of a function.
    var identifier: String?
    /// As an organization's rule names them.
    var triggers: [String] = []
    var inputParameters: String?
    var frequency: String?
    var types: [String]?
    var resourceID: String?
    var tagKey: String?
    var tagValue: String?
    var policy: StoredRule.Policy?
    var debugAccounts: [String] = []
    var excluded: [String] = []
    var updated: Double
    var isDeleting = false
    var tags: [Tag] = []

    var memberName: String { "OrgConfigRule-\(ownID)" }

    static func missing(_ name: String) -> ServiceError {
        AWSConfig.Failure.noSuchOrganizationConfigRuleException("The organization config rule \(name) does not exist.")
    }

    /// The rule as a request in an account would have it.
    var asked: AWSConfig.ConfigRule {
        AWSConfig.ConfigRule { rule in
            rule.configRuleName = memberName
            rule.description = description
            rule.inputParameters = inputParameters
            if owner == .aws { rule.maximumExecutionFrequency = frequency }
            if types != nil || resourceID != nil || tagKey != nil {
                rule.scope = AWSConfig.Scope {
                    $0.complianceResourceTypes = types
                    $0.complianceResourceId = resourceID
                    $0.tagKey = tagKey
                    $0.tagValue = tagValue
                }
            }
            rule.source = AWSConfig.Source { source in
                source.owner = owner.rawValue
                source.sourceIdentifier = identifier
                if owner != .aws {
                    source.sourceDetails = triggers.map { trigger in
                        AWSConfig.SourceDetail {
                            $0.eventSource = "aws.config"
                            $0.messageType = trigger
                            if trigger == "ScheduledNotification" { $0.maximumExecutionFrequency = frequency }
                        }
                    }
                }
                if let policy {
                    source.customPolicyDetails = AWSConfig.CustomPolicyDetails {
                        $0.policyRuntime = policy.runtime
                        $0.policyText = policy.text
                        $0.enableDebugLogDelivery = policy.deliversDebugLog
                    }
                }
            }
        }
    }

    var view: AWSConfig.OrganizationConfigRule {
        AWSConfig.OrganizationConfigRule {
            $0.organizationConfigRuleName = name
            $0.organizationConfigRuleArn = arn
            $0.excludedAccounts = excluded
            $0.lastUpdateTime = lastUpdate
            switch owner {
            case .aws:
                $0.organizationManagedRuleMetadata = AWSConfig.OrganizationManagedRuleMetadata {
                    $0.description = description
                    $0.ruleIdentifier = identifier ?? ""
                    $0.inputParameters = inputParameters
                    $0.maximumExecutionFrequency = frequency
                    $0.resourceTypesScope = types
                    $0.resourceIdScope = resourceID
                    $0.tagKeyScope = tagKey
                    $0.tagValueScope = tagValue
                }
            case .customLambda:
                $0.organizationCustomRuleMetadata = AWSConfig.OrganizationCustomRuleMetadata {
                    $0.description = description
                    $0.lambdaFunctionArn = identifier ?? ""
                    $0.organizationConfigRuleTriggerTypes = triggers
                    $0.inputParameters = inputParameters
                    $0.maximumExecutionFrequency = frequency
                    $0.resourceTypesScope = types
                    $0.resourceIdScope = resourceID
                    $0.tagKeyScope = tagKey
                    $0.tagValueScope = tagValue
                }
            case .customPolicy:
                $0.organizationCustomPolicyRuleMetadata = AWSConfig.OrganizationCustomPolicyRuleMetadataNoPolicy {
                    $0.description = description
                    $0.organizationConfigRuleTriggerTypes = triggers
                    $0.inputParameters = inputParameters
                    $0.maximumExecutionFrequency = frequency
                    $0.resourceTypesScope = types
                    $0.resourceIdScope = resourceID
                    $0.tagKeyScope = tagKey
                    $0.tagValueScope = tagValue
                    $0.policyRuntime = policy?.runtime
                    $0.debugLogDeliveryAccounts = debugAccounts.isEmpty ? nil : debugAccounts
                }
            }
        }
    }
}

extension OrganizationRule {
    /// Reads a request.
    /// - Throws: InvalidParameterValueException unless there is one kind of rule in it.
    init(_ input: AWSConfig.PutOrganizationConfigRule.Input, _ call: Call) throws(ServiceError) {
        let managed = input.organizationManagedRuleMetadata
        let custom = input.organizationCustomRuleMetadata
        let policy = input.organizationCustomPolicyRuleMetadata
        guard [managed != nil, custom != nil, policy != nil].count(where: { $0 }) == 1 else {
            throw .invalidParameterValue("You must specify one kind of metadata of an organization's rule.")
        }
        self.init(
            name: input.organizationConfigRuleName, accountID: call.accountID, region: call.region, owner: .aws,
            updated: call.time)
        excluded = input.excludedAccounts ?? []
        if let managed {
            identifier = managed.ruleIdentifier
            (description, inputParameters) = (managed.description, managed.inputParameters)
            (frequency, types, resourceID) =
                (managed.maximumExecutionFrequency, managed.resourceTypesScope, managed.resourceIdScope)
            (tagKey, tagValue) = (managed.tagKeyScope, managed.tagValueScope)
        } else if let custom {
            (owner, identifier, triggers) =
                (.customLambda, custom.lambdaFunctionArn, custom.organizationConfigRuleTriggerTypes)
            (description, inputParameters) = (custom.description, custom.inputParameters)
            (frequency, types, resourceID) =
                (custom.maximumExecutionFrequency, custom.resourceTypesScope, custom.resourceIdScope)
            (tagKey, tagValue) = (custom.tagKeyScope, custom.tagValueScope)
        } else if let policy {
            (owner, triggers) = (.customPolicy, policy.organizationConfigRuleTriggerTypes ?? [])
            (description, inputParameters) = (policy.description, policy.inputParameters)
            (frequency, types, resourceID) =
                (policy.maximumExecutionFrequency, policy.resourceTypesScope, policy.resourceIdScope)
            (tagKey, tagValue) = (policy.tagKeyScope, policy.tagValueScope)
            debugAccounts = policy.debugLogDeliveryAccounts ?? []
            self.policy = StoredRule.Policy(
                runtime: policy.policyRuntime, text: policy.policyText, deliversDebugLog: false)
        }
    }
}
