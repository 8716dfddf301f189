import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// An operation on the organization's rule that its request names.
protocol OnOrganizationRule: Platform.Operation where InputFields: AWSConfig.WithOrganizationConfigRuleName {}

extension OnOrganizationRule {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.configAccess(OrganizationRule.arn(input.organizationConfigRuleName, call.accountID, call.region)))
    }
}

extension RecordReading {
    /// - Throws: NoSuchOrganizationConfigRuleException.
    func organizationRule(_ name: String) throws(ServiceError) -> OrganizationRule {
        guard let rule = try get(OrganizationRule.self, name) else {
            throw AWSConfig.Failure.noSuchOrganizationConfigRuleException(
                "The organization config rule \(name) does not exist.")
        }
        return rule
    }

    /// A page of an organization's rules: those of the names that a request has, or all.
    fileprivate func organizationRules(
        _ names: [String]?, _ paging: Paging
    ) throws(ServiceError) -> Page<OrganizationRule> {
        guard let names, !names.isEmpty else { return try page(OrganizationRule.self, paging) }
        var found: [OrganizationRule] = []
        for name in names { found.append(try organizationRule(name)) }
        return Page(items: found)
    }

    /// How what an organization has is in its accounts, together.
    func status(
        of deployment: OrganizationDeployment, isDeleting: Bool, isUnderWay: Bool
    ) throws(ServiceError) -> String {
        if isDeleting { return "DELETE_IN_PROGRESS" }
        if isUnderWay { return "CREATE_IN_PROGRESS" }
        let failed = try sum(MemberDeployment.failed, MemberDeployment.self, of: deployment.id)
        return failed > 0 ? "CREATE_FAILED" : "CREATE_SUCCESSFUL"
    }

    func isUnderWay(_ deployment: OrganizationDeployment, at time: Double) throws(ServiceError) -> Bool {
        try scheduledTime(of: DeployToOrganization.self, id: deployment.id).map { $0 <= time } ?? false
    }

    /// A page of how it is in the accounts.
    func members(
        of deployment: OrganizationDeployment, _ account: String?, _ status: String?, _ paging: Paging
    ) throws(ServiceError) -> Page<MemberDeployment> {
        let after = paging.after.map { RowRange.Place.key(RowKey(.text($0))) }
        let rows = try list(
            MemberDeployment.self, of: deployment.id, RowRange(after: after), limit: paging.limit + 1)
        let shown = rows.prefix(paging.limit)
        return Page(
            items: shown.filter { (account == nil || $0.account == account) && (status == nil || $0.status == status) },
            marker: rows.count > paging.limit ? shown.last.map { Paging.marker(after: $0.account) } : nil)
    }
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
        _ = try StoredRule(rule.asked, named: rule.memberName, call.home)
        try records.put(rule)
        try records.ensureServiceLinkedRole(of: OrganizationRule.creator, at: call.time)
        try records.schedule(DeployToOrganization(deployment: rule.deployment), id: rule.deployment.id, at: call.time)
        return Output { $0.organizationConfigRuleArn = rule.arn }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteOrganizationConfigRule.html>
extension AWSConfig.DeleteOrganizationConfigRule: WriteOperation, OnOrganizationRule {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        var rule = try records.organizationRule(input.organizationConfigRuleName)
        rule.isDeleting = true
        try records.put(rule)
        try records.schedule(DeployToOrganization(deployment: rule.deployment), id: rule.deployment.id, at: call.time)
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConfigRules.html>
extension AWSConfig.DescribeOrganizationConfigRules: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let page = try records.organizationRules(
            input.organizationConfigRuleNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        return Output {
            $0.organizationConfigRules = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeOrganizationConfigRuleStatuses.html>
extension AWSConfig.DescribeOrganizationConfigRuleStatuses: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        _ = try call.organizationOfRules()
        let page = try records.organizationRules(
            input.organizationConfigRuleNames, try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
        var found: [AWSConfig.OrganizationConfigRuleStatus] = []
        for rule in page.items {
            let isUnderWay = try records.isUnderWay(rule.deployment, at: call.time)
            let status = try records.status(of: rule.deployment, isDeleting: rule.isDeleting, isUnderWay: isUnderWay)
            found.append(
                AWSConfig.OrganizationConfigRuleStatus {
                    $0.organizationConfigRuleName = rule.name
                    $0.organizationRuleStatus = status
                    $0.lastUpdateTime = Timestamp(secondsSinceEpoch: rule.updated)
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
        _ = try call.organizationOfRules()
        let rule = try records.organizationRule(input.organizationConfigRuleName)
        let page = try records.members(
            of: rule.deployment, input.filters?.accountId, input.filters?.memberAccountRuleStatus,
            try ConfigPage.paging(input.nextToken, input.limit, usual: 100))
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
        _ = try call.organizationOfRules()
        let rule = try records.organizationRule(input.organizationConfigRuleName)
        return Output { $0.policyText = rule.policy?.text }
    }
}
