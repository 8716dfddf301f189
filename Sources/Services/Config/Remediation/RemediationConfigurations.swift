import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Posture
import Wire

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationConfigurations.html>
extension AWSConfig.PutRemediationConfigurations: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var accesses: [Access] = []
        for asked in input.remediationConfigurations {
            accesses.append(
                call.configAccess(StoredRemediation.arn(asked.configRuleName, call.accountID, call.region)))
            if let role = asked.parameters?[RemediationDocument.roleParameter]?.staticValue?.values.first {
                accesses.append(RemediationCalls.passing(role))
            }
        }
        return .required(accesses.isEmpty ? [call.configAccess("*")] : accesses)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var failed: [AWSConfig.FailedRemediationBatch] = []
        for asked in input.remediationConfigurations {
            guard try records.get(StoredRule.self, asked.configRuleName) != nil else {
                failed.append(
                    AWSConfig.FailedRemediationBatch {
                        $0.failureMessage = ServiceError.noSuchRule(asked.configRuleName).message
                        $0.failedItems = [asked]
                    })
                continue
            }
            try records.put(try StoredRemediation(asked, call.home()))
        }
        return Output { $0.failedBatches = failed }
    }
}

extension StoredRemediation {
    /// - Throws: InvalidParameterValueException for a document that is not here, or parameters that it does not have.
    init(_ asked: AWSConfig.RemediationConfiguration, _ home: RuleHome) throws(ServiceError) {
        self.init(
            rule: asked.configRuleName, accountID: home.account, region: home.region, document: asked.targetId)
        guard asked.targetType == "SSM_DOCUMENT" else {
            throw .invalidParameterValue("The target type \(asked.targetType) is not valid.")
        }
        guard let known = RemediationDocument.all[asked.targetId] else {
            throw .invalidParameterValue(
                "The document \(asked.targetId) can't run here: Gatehouse has no Systems Manager, and does what these"
                    + " documents do: \(RemediationDocument.all.keys.sorted().joined(separator: ", ")).")
        }
        version = asked.targetVersion
        resourceType = asked.resourceType
        isAutomatic = asked.automatic ?? false
        concurrency = asked.executionControls?.ssmControls?.concurrentExecutionRatePercentage
        errorPercentage = asked.executionControls?.ssmControls?.errorPercentage
        attempts = asked.maximumAutomaticAttempts ?? attempts
        attemptSeconds = asked.retryAttemptSeconds ?? attemptSeconds
        for (name, value) in asked.parameters ?? [:] {
            guard name == RemediationDocument.roleParameter || known.parameters.contains(where: { $0.name == name })
            else {
                throw .invalidParameterValue("The document \(asked.targetId) has no parameter \(name).")
            }
            if let texts = value.staticValue?.values {
                parameters[name] = .texts(texts)
            } else if value.resourceValue?.value == "RESOURCE_ID" {
                parameters[name] = .resourceID
            } else {
                throw .invalidParameterValue("The parameter \(name) has neither a static nor a resource value.")
            }
        }
        if let missing = known.parameters.first(where: { $0.usual == nil && parameters[$0.name] == nil }) {
            throw .invalidParameterValue("The parameter \(missing.name) of \(asked.targetId) is missing.")
        }
        guard role != nil else {
            throw .invalidParameterValue(
                "The parameter \(RemediationDocument.roleParameter) must have one static value: it says with which role"
                    + " the document runs.")
        }
    }

    var view: AWSConfig.RemediationConfiguration {
        AWSConfig.RemediationConfiguration {
            $0.configRuleName = rule
            $0.targetType = "SSM_DOCUMENT"
            $0.targetId = document
            $0.targetVersion = version
            $0.parameters = parameters.mapValues { value in
                AWSConfig.RemediationParameterValue {
                    switch value {
                    case .resourceID: $0.resourceValue = AWSConfig.ResourceValue { $0.value = "RESOURCE_ID" }
                    case .texts(let texts): $0.staticValue = AWSConfig.StaticValue { $0.values = texts }
                    }
                }
            }
            $0.resourceType = resourceType
            $0.automatic = isAutomatic
            if concurrency != nil || errorPercentage != nil {
                $0.executionControls = AWSConfig.ExecutionControls {
                    $0.ssmControls = AWSConfig.SsmControls {
                        $0.concurrentExecutionRatePercentage = concurrency
                        $0.errorPercentage = errorPercentage
                    }
                }
            }
            if isAutomatic {
                $0.maximumAutomaticAttempts = attempts
                $0.retryAttemptSeconds = attemptSeconds
            }
            $0.arn = arn
        }
    }
}

extension ServiceError {
    static func noSuchRemediation(_ rule: String) -> ServiceError {
        AWSConfig.Failure.noSuchRemediationConfigurationException(
            "No RemediationConfiguration for rule exists.")
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeRemediationConfigurations.html>
extension AWSConfig.DescribeRemediationConfigurations: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            input.configRuleNames.map {
                call.configAccess(StoredRemediation.arn($0, call.accountID, call.region))
            })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var found: [AWSConfig.RemediationConfiguration] = []
        for name in input.configRuleNames {
            if let remediation = try records.get(StoredRemediation.self, name) { found.append(remediation.view) }
        }
        return Output { $0.remediationConfigurations = found }
    }
}

/// An operation on the remediation of the rule that its request names.
protocol OnRemediation: Platform.Operation where InputFields: AWSConfig.WithConfigRuleName {}

extension OnRemediation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(StoredRemediation.arn(input.configRuleName, call.accountID, call.region)))
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteRemediationConfiguration.html>
extension AWSConfig.DeleteRemediationConfiguration: WriteOperation, OnRemediation {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let remediation = try records.get(StoredRemediation.self, input.configRuleName) else {
            throw .noSuchRemediation(input.configRuleName)
        }
        try records.delete(remediation)
        // What is left of many is forgotten in the background.
        let most = 256
        let executions = try records.deleteAll(RemediationExecution.self, of: remediation.rule, limit: most)
        let exemptions = try records.deleteAll(RemediationExemption.self, of: remediation.rule, limit: most)
        if max(executions, exemptions) == most {
            try records.schedule(
                ForgetRemediations(rule: remediation.rule, before: call.time), id: remediation.rule, at: call.time)
        }
        return Output()
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_StartRemediationExecution.html>
extension AWSConfig.StartRemediationExecution: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let name = input.configRuleName
        let remediation = try await call.read { (records) throws(ServiceError) in
            try records.get(StoredRemediation.self, name)
        }
        var accesses = [call.configAccess("*")]
        if let role = remediation?.role { accesses.append(RemediationCalls.passing(role)) }
        return .required(accesses)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let remediation = try records.get(StoredRemediation.self, input.configRuleName) else {
            throw .noSuchRemediation(input.configRuleName)
        }
        var failed: [AWSConfig.ResourceKey] = []
        for key in input.resourceKeys {
            let (type, id) = (key.resourceType, key.resourceId)
            // Only what the rule has looked at can be put right.
            guard try records.get(RuleResult.self, RuleResult.key(type, id), of: remediation.rule) != nil else {
                failed.append(key)
                continue
            }
            try records.remediate(remediation, type, id, isAutomatic: false, at: call.time)
        }
        return Output {
            if !failed.isEmpty {
                $0.failureMessage = "The rule has not evaluated these resources."
                $0.failedItems = failed
            }
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeRemediationExecutionStatus.html>
extension AWSConfig.DescribeRemediationExecutionStatus: ReadOperation, OnRemediation {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard try records.hasRemediation(input.configRuleName) else { throw .noSuchRemediation(input.configRuleName) }
        if let keys = input.resourceKeys, !keys.isEmpty {
            var found: [AWSConfig.RemediationExecutionStatus] = []
            for key in keys {
                let execution = try records.get(
                    RemediationExecution.self, RuleResult.key(key.resourceType, key.resourceId),
                    of: input.configRuleName)
                if let execution { found.append(execution.view) }
            }
            return Output { $0.remediationExecutionStatuses = found }
        }
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 10)
        let after = paging.after.flatMap(RuleResult.place)?.key
        let rows = try records.list(
            RemediationExecution.self, of: input.configRuleName, RowRange(after: after.map { .key($0) }),
            limit: paging.limit + 1)
        let page = Page(rows, limit: paging.limit)
        return Output {
            $0.remediationExecutionStatuses = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}
