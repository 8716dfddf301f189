import Platform
import Wire

/// Rules about certificates, keys, log groups, alarms, threats, web ACLs and tags.
package enum OtherRules {
    package static let all: [String: ManagedRule.Evaluation] = [
        "ACM_CERTIFICATE_EXPIRATION_CHECK": .item(certificateExpiration),
        "ACM_CERTIFICATE_RSA_CHECK": .item(certificateKey),
        "CLOUDWATCH_ALARM_ACTION_CHECK": .item(alarmActions),
        "CLOUDWATCH_ALARM_ACTION_ENABLED_CHECK": .item(alarmActionsEnabled),
        "CLOUDWATCH_ALARM_RESOURCE_CHECK": .account([.alarms], alarmResources),
        "CLOUDWATCH_ALARM_SETTINGS_CHECK": .item(alarmSettings),
        "CLOUDWATCH_LOG_GROUP_ENCRYPTED": .account([.logGroups], logGroupEncrypted),
        "CMK_BACKING_KEY_ROTATION_ENABLED": .account([.keys], keyRotation),
        "CW_LOGGROUP_RETENTION_PERIOD_CHECK": .account([.logGroups], logGroupRetention),
        "GUARDDUTY_ENABLED_CENTRALIZED": .account([.detector], detectorEnabled),
        "GUARDDUTY_NON_ARCHIVED_FINDINGS": .account([.detector, .threats], threatsPutAway),
        "KMS_CMK_NOT_SCHEDULED_FOR_DELETION": .account([.keys], keyNotScheduled),
        "REQUIRED_TAGS": .item(requiredTags),
        "SHIELD_ADVANCED_ENABLED_AUTORENEW": .account([.shield], shieldRenewed),
        "SHIELD_DRT_ACCESS": .account([.shield], shieldAccess),
        "WAFV2_LOGGING_ENABLED": .account([.webACLs], webACLLogging),
        "WAFV2_RULEGROUP_NOT_EMPTY": .item(hasRules),
        "WAFV2_WEBACL_NOT_EMPTY": .item(hasRules),
    ]

    /// A member of a configuration, which older services' items write in small letters.
    private static func value(_ name: String, _ item: ConfigurationItem) -> JSONValue? {
        if let value = item.configuration[name] { return value }
        let wanted = name.lowercased()
        return item.configuration.members.first { $0.key.lowercased() == wanted }?.value
    }

    // MARK: Tags

    private static func requiredTags(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        for number in 1...6 {
            guard let key = parameters["tag\(number)Key"] else { continue }
            guard let tag = item.tags.first(where: { $0.key == key }) else {
                return .nonCompliant("The tag \(key) is missing.")
            }
            let values = parameters.list("tag\(number)Value")
            if !values.isEmpty, !values.contains(tag.value) {
                return .nonCompliant("The tag \(key) has the value \(tag.value).")
            }
        }
        return .compliant
    }

    // MARK: Certificates

    private static func certificateExpiration(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard let end = value("notAfter", item).flatMap(seconds) else { return .notApplicable }
        let days = Double(parameters.number("daysToExpiration") ?? 14)
        return .when(
            end - around.now > days * 86_400, otherwise: "The certificate expires within \(Int(days)) days.")
    }

    private static func seconds(_ value: JSONValue) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .double(let number): number
        case .string(let text): Timestamp(parsing: text)?.secondsSinceEpoch
        default: nil
        }
    }

    private static func certificateKey(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let algorithm = (value("keyAlgorithm", item)?.text ?? "").replacing("_", with: "-")
        guard algorithm.hasPrefix("RSA-"), let bits = Int(algorithm.dropFirst(4)) else { return .notApplicable }
        return .when(bits >= 2048, otherwise: "The RSA key has \(bits) bits.")
    }

    // MARK: Alarms

    private static func alarmActions(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        let wanted = (1...5).compactMap { parameters["action\($0)"] }
        let states = [
            ("alarmActionRequired", "alarmActions"), ("insufficientDataActionRequired", "insufficientDataActions"),
            ("okActionRequired", "okActions"),
        ]
        for (parameter, member) in states where parameters.flag(parameter) == true {
            let actions = value(member, item)?.texts ?? []
            guard !actions.isEmpty else { return .nonCompliant("There are no \(member).") }
            if !wanted.isEmpty, !actions.contains(where: wanted.contains) {
                return .nonCompliant("None of \(member) is among those wanted.")
            }
        }
        return .compliant
    }

    private static func alarmActionsEnabled(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(value("actionsEnabled", item)?.isTrue == true, otherwise: "The actions are not enabled.")
    }

    private static func alarmSettings(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        guard value("metricName", item)?.text == parameters["metricName"] else { return .notApplicable }
        for name in ["threshold", "evaluationPeriods", "period"] {
            guard let wanted = parameters.number(name) else { continue }
            let isSame =
                switch value(name, item) {
                case .integer(let number)?: number == wanted
                case .double(let number)?: number == Double(wanted)
                default: false
                }
            guard isSame else { return .nonCompliant("\(name) is not \(wanted).") }
        }
        for name in ["comparisonOperator", "statistic"] {
            guard let wanted = parameters[name] else { continue }
            guard value(name, item)?.text == wanted else { return .nonCompliant("\(name) is not \(wanted).") }
        }
        return .compliant
    }

    private static func alarmResources(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let type = parameters["resourceType"] ?? ""
        let metric = parameters["metricName"] ?? ""
        let watched = Set(facts.alarms.filter { $0.metric == metric }.flatMap(\.resources))
        let ids: [String] =
            switch type {
            case "AWS::KMS::Key": facts.keys.map(\.id)
            default: []
            }
        return ids.map { id in
            ResourceVerdict(
                type, id, .when(watched.contains(id), otherwise: "No alarm is on the metric \(metric) of it."))
        }
    }

    // MARK: Log groups

    private static let logGroupType = "AWS::Logs::LogGroup"

    private static func logGroupEncrypted(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        facts.logGroups.map { group in
            let isWanted = parameters["KmsKeyId"].map { group.keyID == $0 || group.keyID?.hasSuffix("/\($0)") == true }
            return ResourceVerdict(
                logGroupType, group.name,
                .when(group.keyID != nil && isWanted ?? true, otherwise: "The log group is not encrypted with the key.")
            )
        }
    }

    private static func logGroupRetention(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let names = parameters.list("LogGroupNames")
        let least = parameters.number("MinRetentionTime") ?? 365
        return facts.logGroups.map { group in
            guard names.isEmpty || names.contains(group.name) else {
                return ResourceVerdict(logGroupType, group.name, .notApplicable)
            }
            // Without a retention events never expire.
            let isLong = group.retention.map { $0 >= least } ?? true
            return ResourceVerdict(
                logGroupType, group.name, .when(isLong, otherwise: "Events are kept for less than \(least) days."))
        }
    }

    // MARK: Keys

    private static let keyType = "AWS::KMS::Key"

    private static func keyRotation(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        facts.keys.map { key in
            guard key.isCustomerManaged, key.isSymmetric, key.isOfKMS, key.state == "Enabled" else {
                return ResourceVerdict(keyType, key.id, .notApplicable)
            }
            return ResourceVerdict(
                keyType, key.id, .when(key.rotates, otherwise: "Automatic rotation is not enabled."))
        }
    }

    private static func keyNotScheduled(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let wanted = parameters.list("kmsKeyIds")
        return facts.keys.map { key in
            guard key.isCustomerManaged, wanted.isEmpty || wanted.contains(where: { $0.hasSuffix(key.id) }) else {
                return ResourceVerdict(keyType, key.id, .notApplicable)
            }
            return ResourceVerdict(
                keyType, key.id,
                .when(
                    !key.state.hasPrefix("Pending") || key.state == "PendingImport",
                    otherwise: "The key is scheduled for deletion."))
        }
    }

    // MARK: Shield, WAF

    private static func shieldRenewed(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        AccountRules.ofAccount(
            facts,
            .when(facts.shield?.isRenewed == true, otherwise: "Shield Advanced is not enabled with automatic renewal."))
    }

    private static func shieldAccess(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        guard let shield = facts.shield else { return AccountRules.ofAccount(facts, .notApplicable) }
        return AccountRules.ofAccount(
            facts, .when(shield.hasResponseTeamRole, otherwise: "The Shield Response Team has no role."))
    }

    // MARK: Threats

    private static func detectorEnabled(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        guard let detector = facts.detector, detector.isEnabled else {
            return AccountRules.ofAccount(facts, .nonCompliant("GuardDuty is not enabled."))
        }
        guard let wanted = parameters["CentralMonitoringAccount"] else {
            return AccountRules.ofAccount(facts, .compliant)
        }
        let central = detector.administrator ?? facts.account
        return AccountRules.ofAccount(
            facts, .when(central == wanted, otherwise: "GuardDuty's findings are seen by \(central), not by \(wanted).")
        )
    }

    private static func threatsPutAway(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        guard facts.detector != nil else { return AccountRules.ofAccount(facts, .notApplicable) }
        let grades = [
            (name: "high", least: 7.0, days: parameters.number("daysHighSev") ?? 1),
            (name: "medium", least: 4.0, days: parameters.number("daysMediumSev") ?? 7),
            (name: "low", least: 0.0, days: parameters.number("daysLowSev") ?? 30),
        ]
        var late: [String: Int] = [:]
        for threat in facts.threats {
            guard let grade = grades.first(where: { threat.severity >= $0.least }) else { continue }
            if facts.now - threat.found > Double(grade.days) * 86_400 { late[grade.name, default: 0] += 1 }
        }
        let told = grades.compactMap { grade in
            late[grade.name].map { "\($0) of \(grade.name) severity older than \(grade.days) days" }
        }
        return AccountRules.ofAccount(
            facts, .when(told.isEmpty, otherwise: "Findings that are not archived: \(told.joined(separator: ", "))."))
    }

    // MARK: Web ACLs

    private static func webACLLogging(_ facts: AccountFacts, _ parameters: RuleParameters) -> [ResourceVerdict] {
        let wanted = parameters.list("KinesisFirehoseDeliveryStreamArns")
        return facts.webACLs.map { acl in
            let isLogged = acl.logDestinations.contains { wanted.isEmpty || wanted.contains($0) }
            return ResourceVerdict(
                "AWS::WAFv2::WebACL", acl.id, .when(isLogged, otherwise: "Logging is not enabled."))
        }
    }

    private static func hasRules(
        _ item: ConfigurationItem, _ parameters: RuleParameters, _ around: RuleSurroundings
    ) -> RuleVerdict {
        .when(!(value("rules", item)?.elements ?? []).isEmpty, otherwise: "There are no rules.")
    }
}
