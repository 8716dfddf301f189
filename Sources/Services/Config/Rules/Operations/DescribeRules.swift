import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRules.html>
extension AWSConfig.DescribeConfigRules: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let mode = input.filters?.evaluationMode
        let page = try records.rules(
            input.configRuleNames, try ConfigPage.paging(input.nextToken, nil, usual: 25))
        return Output {
            $0.configRules = page.items.filter { mode == nil || $0.modes.contains(mode ?? "") }.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeConfigRuleEvaluationStatus.html>
extension AWSConfig.DescribeConfigRuleEvaluationStatus: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.rules(
            input.configRuleNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 50))
        var statuses: [AWSConfig.ConfigRuleEvaluationStatus] = []
        for rule in page.items {
            let status = try records.get(RuleStatus.self, rule.name)
            statuses.append(
                AWSConfig.ConfigRuleEvaluationStatus {
                    $0.configRuleName = rule.name
                    $0.configRuleArn = rule.arn
                    $0.configRuleId = rule.ruleID
                    $0.lastSuccessfulInvocationTime = status?.invoked.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.lastFailedInvocationTime = status?.failedInvocation.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.lastSuccessfulEvaluationTime = status?.evaluated.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.lastFailedEvaluationTime = status?.failedEvaluation.map { Timestamp(secondsSinceEpoch: $0) }
                    $0.firstActivatedTime = status.map { Timestamp(secondsSinceEpoch: $0.activated) }
                    $0.lastErrorCode = status?.errorCode
                    $0.lastErrorMessage = status?.errorMessage
                    $0.firstEvaluationStarted = status.map { $0.invoked != nil || $0.failedInvocation != nil } ?? false
                })
        }
        return Output {
            $0.configRulesEvaluationStatus = statuses
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteConfigRule.html>
extension AWSConfig.DeleteConfigRule: WriteOperation, OnConfigRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let rule = try records.changeableRule(input.configRuleName)
        if let creator = rule.createdBy {
            throw AWSConfig.Failure.resourceInUseException(
                "The rule \(rule.name) was created by \(creator) and can't be deleted.")
        }
        if try records.hasRemediation(rule.name) {
            throw AWSConfig.Failure.resourceInUseException(
                "You must delete the remediation action associated with the rule before deleting the rule.")
        }
        try records.remove(rule, at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_StartConfigRulesEvaluation.html>
extension AWSConfig.StartConfigRulesEvaluation: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let names = input.configRuleNames ?? []
        guard !names.isEmpty else { return .required(call.configAccess("*")) }
        return .required(names.map { call.configAccess(StoredRule.arn($0, call.accountID, call.region)) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let names = input.configRuleNames, !names.isEmpty else {
            throw .invalidParameterValue("The ConfigRuleNames in the request must not be empty.")
        }
        for name in names {
            let rule = try records.changeableRule(name)
            guard rule.modes.contains("DETECTIVE") else {
                throw .invalidParameterValue("The rule \(name) is not evaluated in detective mode.")
            }
        }
        for name in names { try records.schedule(EvaluateRule(), id: name, at: call.time) }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteEvaluationResults.html>
extension AWSConfig.DeleteEvaluationResults: WriteOperation, OnConfigRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let rule = try records.changeableRule(input.configRuleName)
        // What is left of many is forgotten in the background.
        if try records.forgetResults(of: rule.name, at: call.time) != nil {
            try records.schedule(
                ForgetResults(rule: rule.name, before: call.time), id: rule.name, at: call.time)
        }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetCustomRulePolicy.html>
extension AWSConfig.GetCustomRulePolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(StoredRule.arn(input.configRuleName ?? "", call.accountID, call.region)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try records.rule(input.configRuleName ?? "")
        guard let policy = rule.policy else { throw .noSuchRule(rule.name) }
        return Output { $0.policyText = policy.text }
    }
}
