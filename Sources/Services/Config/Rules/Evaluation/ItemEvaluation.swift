import Directory
import GuardRules
import Ledger
import Platform
import Posture
import Synchronization
import Wire

/// Evaluates rules about one resource.
extension StoredRule {
    /// What the rule says of a resource; nil: that is for somebody else to say, of a custom rule at an endpoint.
    /// - Throws: what is wrong with the rule's policy, or its parameters.
    func verdict(
        on item: ConfigurationItem, _ around: RuleSurroundings, _ policies: CompiledPolicies
    ) throws(ServiceError) -> RuleVerdict? {
        guard isAbout(item) else { return .notApplicable }
        switch owner {
        case .customLambda: return nil
        case .customPolicy:
            guard let policy else { return .notApplicable }
            return try policies.verdict(on: item, policy.text, try RuleParameters(parsing: inputParameters))
        case .aws:
            guard let managed, case .item(let decide) = managed.evaluation else { return nil }
            return decide(item, try RuleParameters(parsing: inputParameters).completed(managed.parameters), around)
        }
    }
}

/// The policies of custom rules, read once.
final class CompiledPolicies: Sendable {
    private let compiled = Mutex<[String: GuardRules]>([:])
    private static let most = 2000

    func rules(_ text: String) throws(GuardSyntaxError) -> GuardRules {
        if let rules = compiled.withLock({ $0[text] }) { return rules }
        let rules = try GuardRules(text)
        compiled.withLock { compiled in
            if compiled.count >= Self.most { compiled = [:] }
            compiled[text] = rules
        }
        return rules
    }

    func verdict(
        on item: ConfigurationItem, _ text: String, _ parameters: RuleParameters
    ) throws(ServiceError) -> RuleVerdict {
        let compiled: GuardRules
        do throws(GuardSyntaxError) { compiled = try rules(text) } catch {
            throw ServiceError("PolicyParsingError", "The policy is none: \(error).", status: 400)
        }
        do throws(GuardEvaluationError) {
            let outcome = try compiled.evaluate(item.guarded(with: parameters))
            switch outcome.status {
            case .pass: return .compliant
            case .skip: return .notApplicable
            case .fail: return .nonCompliant(outcome.messages.first)
            }
        } catch {
            throw ServiceError("PolicyEvaluationError", "The policy can't be evaluated: \(error).", status: 400)
        }
    }
}

extension ConfigurationItem {
    /// The document that a custom policy rule is evaluated against: the item, and the rule's parameters.
    /// <https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_develop-rules_cfn-guard.html>
    func guarded(with parameters: RuleParameters) -> JSONValue {
        .members([
            "version": .string("1.3"), "accountId": .string(accountID), "resourceType": .string(resourceType),
            "resourceId": .string(resourceID), "resourceName": .perhaps(resourceName), "arn": .perhaps(arn),
            "awsRegion": .string(region), "availabilityZone": .perhaps(availabilityZone),
            "resourceCreationTime": creationTime.map { .time($0) },
            "tags": .object(tags.map { JSONMember(key: $0.key, value: .string($0.value)) }),
            "relationships": .array(
                relationships.map { related in
                    .members([
                        "resourceType": .string(related.resourceType), "resourceId": .perhaps(related.resourceID),
                        "resourceName": .perhaps(related.resourceName), "name": .string(related.name),
                    ])
                }), "configuration": configuration, "supplementaryConfiguration": .object(supplementaryConfiguration),
            "InputParameters": parameters.json, "CONFIG_RULE_PARAMETERS": parameters.json,
        ])
    }
}
