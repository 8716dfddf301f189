import AWSConfigAPI
import Directory
import GuardRules
import Ledger
import Platform
import Policy
import Posture
import Wire

extension Quota {
    /// <https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html>
    static let configRules = Quota("ConfigRulesPerRegion", 1000)
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutConfigRule.html>
extension AWSConfig.PutConfigRule: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let rule = input.configRule
        // The rule that `handle` changes: the name decides, and the ARN and the ID have to be that rule's.
        let arn =
            rule.configRuleName.map { StoredRule.arn($0, call.accountID, call.region) } ?? rule.configRuleArn
            ?? ConfigName.arn(call.accountID, call.region, "\(StoredRule.arnType)/\(rule.configRuleId ?? "")")
        var access = call.configAccess(arn, ConditionKeys.requestTags(try Tag.config(input.tags)))
        access.isOfNewResource = false
        return .required(access)
    }

    /// - Returns: the end of the journal before there was this rule.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Int64 {
        try await call.environment.journalEnd()
    }

    public static func handle(
        _ input: Input, _ end: Int64, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let asked = input.configRule
        let name = try name(asked, call, records)
        var old = try records.get(StoredRule.self, name)
        if old?.state.hasPrefix("DELETING") == true { old = try records.changeableRule(name) }
        if let old, old.createdBy != nil {
            throw AWSConfig.Failure.insufficientPermissionsException(
                "The rule \(name) was created by \(old.createdBy ?? "") and can't be changed.")
        }
        let count = try records.count(StoredRule.self)
        guard old != nil || count < call.quotas[.configRules] else {
            throw AWSConfig.Failure.maxNumberOfConfigRulesExceededException(
                "Failed to put config rule '\(name)' because the maximum number of config rules is reached.")
        }
        let recorders = try records.list(Recorder.self, limit: 1)
        guard !recorders.isEmpty else {
            throw AWSConfig.Failure.noAvailableConfigurationRecorderException(
                "Configuration recorder is not available to put ConfigRule.")
        }
        var rule = try StoredRule(asked, named: name, call.home())
        rule.tags = try TagRules.ofConfig.merge(try Tag.config(input.tags), into: [])
        try records.place(rule, call.home(end), old)
        return Output()
    }

    /// The name, or that of the rule whose ARN or ID there is.
    /// - Throws: InvalidParameterValueException unless all that the request says is of one rule.
    private static func name(
        _ asked: AWSConfig.ConfigRule, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> String {
        func isOne(_ arn: String, _ id: String) -> Bool {
            (asked.configRuleArn ?? arn) == arn && (asked.configRuleId ?? id) == id
        }
        if let name = asked.configRuleName {
            guard !name.isEmpty else { throw .invalidParameterValue("The rule name must not be empty.") }
            let (account, region) = call.place
            guard isOne(StoredRule.arn(name, account, region), StoredRule.ruleID(name, account, region)) else {
                throw .invalidParameterValue("The ARN or ID in the request is not that of the rule \(name).")
            }
            return name
        }
        guard asked.configRuleArn != nil || asked.configRuleId != nil else {
            throw .invalidParameterValue(
                "One or more identifiers needs to be provided. Provide Name or Id or Arn")
        }
        var after: String?
        while true {
            let page = try records.list(StoredRule.self, after: after, limit: 100)
            if let rule = page.first(where: { isOne($0.arn, $0.ruleID) }) {
                return rule.name
            }
            guard page.count == 100 else { break }
            after = page.last?.id
        }
        throw .invalidParameterValue(
            "There is no rule of the ARN or ID \(asked.configRuleArn ?? asked.configRuleId ?? "").")
    }
}

/// Where a rule is made, and when.
struct RuleHome: Sendable {
    let account: String
    let region: String
    /// Seconds since 1970.
    let time: Double
    let environment: Environment
    /// The end of the journal before what is made here; see ``Environment/journalEnd()``.
    var journalEnd: Int64 = 0
}

extension Call {
    /// The caller's account, where it calls.
    func home(_ journalEnd: Int64 = 0) -> RuleHome {
        RuleHome(account: accountID, region: region, time: time, environment: environment, journalEnd: journalEnd)
    }
}

extension MutableRecords {
    /// Puts a rule in its place, and has it evaluated.
    func place(_ rule: StoredRule, _ home: RuleHome, _ old: StoredRule?) throws(ServiceError) {
        var rule = rule
        let time = home.time
        // What changed before any rule was there, the rules' first evaluation sees.
        if home.environment.projection(RuleIndex.self).isEmpty { try move(EvaluateChanges.self, to: home.journalEnd) }
        // One that is being deleted is another rule: what it has said goes all the same.
        let isNew = old?.isDeleting ?? true
        if let old, !isNew { rule = rule.replacing(old) }
        try put(rule)
        let status = isNew ? nil : try get(RuleStatus.self, rule.name)
        if status == nil { try put(RuleStatus(id: rule.name, activated: time)) }
        if old != nil, isNew || !rule.isEvaluated {
            try schedule(ForgetResults(rule: rule.name, before: time), id: rule.name, at: time)
        }
        if rule.isEvaluated {
            try schedule(EvaluateRule(), id: rule.name, at: time)
        } else {
            try cancel(EvaluateRule.self, id: rule.name)
        }
        // The role with which services are asked.
        try ensureServiceLinkedRole(of: ConfigName.principal, at: time)
    }

    /// Takes a rule away, with all that it has said.
    func remove(_ rule: StoredRule, at time: Double) throws(ServiceError) {
        var rule = rule
        rule.state = "DELETING"
        try put(rule)
        try cancel(EvaluateRule.self, id: rule.name)
        try schedule(ForgetResults(rule: rule.name, deletesRule: true), id: rule.name, at: time)
        try schedule(ForgetRemediations(rule: rule.name, before: time), id: rule.name, at: time)
    }
}

extension StoredRule {
    /// The rule that takes the place of one of its name, of which it is the next state.
    func replacing(_ old: StoredRule) -> StoredRule {
        var rule = StoredRule(
            name: name, accountID: accountID, region: region, created: old.created, description: description,
            owner: owner)
        (rule.identifier, rule.triggers, rule.policy, rule.target) = (identifier, triggers, policy, target)
        (rule.inputParameters, rule.frequency, rule.modes) = (inputParameters, frequency, modes)
        (rule.createdBy, rule.pack, rule.tags) = (createdBy, pack, old.tags)
        rule.functionAccount = functionAccount
        return rule
    }

    /// Reads a request.
    /// - Throws: InvalidParameterValueException for a rule that can't be.
    init(_ asked: AWSConfig.ConfigRule, named name: String, _ home: RuleHome) throws(ServiceError) {
        guard let owner = Owner(rawValue: asked.source.owner) else {
            throw .invalidParameterValue("The owner \(asked.source.owner) is none.")
        }
        self.init(
            name: name, accountID: home.account, region: home.region, created: home.time,
            description: asked.description, owner: owner)
        guard asked.configRuleState.map({ $0 == "ACTIVE" }) ?? true else {
            throw .invalidParameterValue("The ConfigRuleState \(asked.configRuleState ?? "") can't be put.")
        }
        identifier = asked.source.sourceIdentifier
        inputParameters = asked.inputParameters
        frequency = asked.maximumExecutionFrequency
        modes = try Self.modes(asked)
        target = try Target(asked.scope)
        if modes.contains("PROACTIVE") {
            let isKnown =
                owner == .aws
                && ManagedRule.all[identifier ?? ""].map { managed in
                    guard case .item = managed.evaluation else { return false }
                    return managed.types.contains(where: ProposedItem.types.contains)
                } ?? false
            guard isKnown else {
                throw .invalidParameterValue("The evaluation mode PROACTIVE is not supported by the rule \(name).")
            }
        }
        let parameters = try RuleParameters(parsing: inputParameters)
        switch owner {
        case .aws: try readManaged(asked, parameters, home.environment)
        case .customLambda: try readFunction(asked)
        case .customPolicy: try readPolicy(asked)
        }
    }

    private static func modes(_ asked: AWSConfig.ConfigRule) throws(ServiceError) -> [String] {
        let modes = (asked.evaluationModes ?? []).compactMap(\.mode)
        return modes.isEmpty ? ["DETECTIVE"] : modes
    }

    private mutating func readManaged(
        _ asked: AWSConfig.ConfigRule, _ parameters: RuleParameters, _ environment: Environment
    ) throws(ServiceError) {
        guard let identifier, let managed = ManagedRule.all[identifier], managed.isAvailable(environment) else {
            throw .invalidParameterValue(
                "The sourceIdentifier \(identifier ?? "") is invalid.  Please refer to the documentation for a list of"
                    + " valid sourceIdentifiers that can be used when AWS is the Owner.")
        }
        guard asked.source.sourceDetails?.isEmpty ?? true, asked.source.customPolicyDetails == nil else {
            throw .invalidParameterValue(
                "SourceDetails should be null/empty if the owner is AWS."
                    + " The SourceDetails are determined by AWS Config.")
        }
        guard frequency == nil || managed.isPeriodic else {
            throw .invalidParameterValue(
                "A maximum execution frequency is not allowed if MessageType is"
                    + " ConfigurationItemChangeNotification or OversizedConfigurationItemChangeNotification")
        }
        try parameters.check(managed.parameters)
        if let policy = parameters["controlPolicy"], PolicyComparison.control(policy) == nil {
            throw .invalidParameterValue("Value for controlPolicy parameter must be an Amazon S3 bucket policy.")
        }
        if let types = target?.types, !types.isEmpty, !managed.types.isEmpty,
            let other = types.first(where: { !managed.types.contains($0) })
        {
            throw .invalidParameterValue(
                "The resource type \(other) is not supported by the rule \(identifier).")
        }
    }

    private mutating func readTriggers(_ asked: AWSConfig.ConfigRule) throws(ServiceError) {
        for detail in asked.source.sourceDetails ?? [] {
            guard let type = detail.messageType else {
                throw .invalidParameterValue("A message type is missing in SourceDetails.")
            }
            let isScheduled = type == "ScheduledNotification"
            guard detail.maximumExecutionFrequency == nil || isScheduled else {
                throw .invalidParameterValue(
                    "A maximum execution frequency is not allowed if MessageType is"
                        + " ConfigurationItemChangeNotification or OversizedConfigurationItemChangeNotification")
            }
            triggers.append(
                Trigger(
                    messageType: type,
                    frequency: isScheduled ? detail.maximumExecutionFrequency ?? "TwentyFour_Hours" : nil))
        }
    }

    private mutating func readFunction(_ asked: AWSConfig.ConfigRule) throws(ServiceError) {
        guard let identifier, let arn = ARN(parsing: identifier), arn.service == "lambda",
            arn.resource.hasPrefix("function:")
        else {
            throw .invalidParameterValue("The ARN of the AWS Lambda function, \(identifier ?? ""), is invalid.")
        }
        guard asked.source.sourceDetails?.isEmpty == false else {
            throw .invalidParameterValue("SourceDetails should not be null/empty if the owner is CUSTOM_LAMBDA.")
        }
        try readTriggers(asked)
    }

    private mutating func readPolicy(_ asked: AWSConfig.ConfigRule) throws(ServiceError) {
        guard let details = asked.source.customPolicyDetails else {
            throw .invalidParameterValue("CustomPolicyDetails should not be null/empty if the owner is CUSTOM_POLICY.")
        }
        guard identifier == nil else {
            throw .invalidParameterValue("SourceIdentifier should be null if the owner is CUSTOM_POLICY.")
        }
        guard details.policyRuntime.hasPrefix("guard-2.") else {
            throw .invalidParameterValue("The policy runtime \(details.policyRuntime) is not supported.")
        }
        guard asked.source.sourceDetails?.isEmpty == false else {
            throw .invalidParameterValue("SourceDetails should not be null/empty if the owner is CUSTOM_POLICY.")
        }
        try readTriggers(asked)
        guard isChangeTriggered else {
            throw .invalidParameterValue("Custom policy rules are evaluated when resources change.")
        }
        do throws(GuardSyntaxError) { _ = try GuardRules(details.policyText) } catch {
            throw .invalidParameterValue("The policy text is invalid: \(error).")
        }
        policy = Policy(
            runtime: details.policyRuntime, text: details.policyText,
            deliversDebugLog: details.enableDebugLogDelivery ?? false)
    }
}

extension StoredRule.Target {
    /// nil: the rule is about all that it can be about.
    init?(_ scope: AWSConfig.Scope?) throws(ServiceError) {
        guard let scope else { return nil }
        types = scope.complianceResourceTypes ?? []
        (tagKey, tagValue, resourceID) = (scope.tagKey, scope.tagValue, scope.complianceResourceId)
        if tagValue != nil, tagKey == nil {
            throw .invalidParameterValue("TagKey should not be empty when TagValue is provided in the scope.")
        }
        if tagKey != nil, !types.isEmpty || resourceID != nil {
            throw .invalidParameterValue("Scope cannot be applied to both resource and tag.")
        }
        if resourceID != nil, types.count != 1 {
            throw .invalidParameterValue(
                "ComplianceResourceTypes should have exactly one type when ComplianceResourceId is provided.")
        }
    }
}

extension ManagedRule {
    /// Whether there is anything here that it can be about.
    func isAvailable(_ environment: Environment) -> Bool {
        guard case .item = evaluation else { return true }
        return types.isEmpty || types.contains { environment.configuredResources[$0] != nil }
    }
}
