import AWSConfigAPI
import Directory
import Ledger
import Platform
import Posture
import Wire

/// An operation on the organization's rule that its request names.
protocol OnOrganizationRule: OnDeployed
where Deployed == OrganizationRule, InputFields: AWSConfig.WithOrganizationConfigRuleName {}

extension OnOrganizationRule {
    static func deployedName(_ input: Input) -> String { input.organizationConfigRuleName }
}

extension Quota {
    /// <https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html>
    static let organizationRules = Quota("OrganizationConfigRules", 350)
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutOrganizationConfigRule.html>
extension AWSConfig.PutOrganizationConfigRule: WriteOperation, OnOrganizationRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let old = try records.get(OrganizationRule.self, input.organizationConfigRuleName)
        if old?.isDeleting == true {
            throw AWSConfig.Failure.resourceInUseException("The organization config rule is being deleted.")
        }
        let count = try records.count(OrganizationRule.self)
        guard old != nil || count < call.quotas[.organizationRules] else {
            throw AWSConfig.Failure.maxNumberOfOrganizationConfigRulesExceededException(
                "You have reached the limit of the number of organization config rules.")
        }
        let rule = try OrganizationRule(input, call)
        // What can't be a rule in any account is refused at once.
        _ = try StoredRule(rule.asked, named: rule.memberName, call.home())
        try records.deploy(rule, at: call.time)
        return Output { $0.organizationConfigRuleArn = rule.arn }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteOrganizationConfigRule.html>
extension AWSConfig.DeleteOrganizationConfigRule: WriteOperation, OnOrganizationRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.withdraw(try deployed(input, call, records), at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConfigRules.html>
extension AWSConfig.DescribeOrganizationConfigRules: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.deployed(
            OrganizationRule.self, input.organizationConfigRuleNames, input.nextToken, input.limit, call)
        return Output {
            $0.organizationConfigRules = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConfigRuleStatuses.html>
extension AWSConfig.DescribeOrganizationConfigRuleStatuses: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let page = try records.deployed(
            OrganizationRule.self, input.organizationConfigRuleNames, input.nextToken, input.limit, call)
        var found: [AWSConfig.OrganizationConfigRuleStatus] = []
        for rule in page.items {
            let status = try records.status(of: rule, at: call.time)
            found.append(
                AWSConfig.OrganizationConfigRuleStatus {
                    $0.organizationConfigRuleName = rule.name
                    $0.organizationRuleStatus = status
                    $0.lastUpdateTime = rule.lastUpdate
                })
        }
        return Output {
            $0.organizationConfigRuleStatuses = found
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetOrganizationConfigRuleDetailedStatus.html>
extension AWSConfig.GetOrganizationConfigRuleDetailedStatus: ReadOperation, OnOrganizationRule {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try deployed(input, call, records)
        let page = try members(
            rule, input.filters?.accountId, input.filters?.memberAccountRuleStatus,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 100), records)
        return Output {
            $0.organizationConfigRuleDetailedStatus = page.items.map { member in
                AWSConfig.MemberAccountStatus {
                    $0.accountId = member.account
                    $0.configRuleName = rule.memberName
                    $0.memberAccountRuleStatus = member.status
                    $0.errorCode = member.errorCode
                    $0.errorMessage = member.errorMessage
                    $0.lastUpdateTime = Timestamp(secondsSinceEpoch: member.updated)
                }
            }
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_GetOrganizationCustomRulePolicy.html>
extension AWSConfig.GetOrganizationCustomRulePolicy: ReadOperation, OnOrganizationRule {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = try deployed(input, call, records)
        return Output { $0.policyText = rule.policy?.text }
    }
}
