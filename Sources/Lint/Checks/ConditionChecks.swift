import Catalogue
import Policy

// Whether operators and keys exist, and go together.

extension Checker {
    mutating func checkConditions(of statement: LooseStatement) {
        checkDuplicateKeys(in: statement)
        for condition in statement.conditions {
            checkOperator(condition)
            let key = checkKey(condition)
            if condition.values.isEmpty { checkEmptyValues(condition) }
            if let key, let operation = condition.operation {
                checkOperator(operation, for: key, condition, statement)
            }
            checkValues(of: condition)
        }
    }

    private mutating func checkDuplicateKeys(in statement: LooseStatement) {
        var seen: Set<[String]> = []
        for condition in statement.conditions {
            let key = condition.key.value.lowercased()
            guard !seen.insert([condition.operatorText.value, key]).inserted else { continue }
            report(
                .duplicateKeysWithDifferentCase, condition.key.place,
                "The block has \"\(condition.key.value)\" twice, in different case: put all values under one key.")
        }
    }

    private mutating func checkOperator(_ condition: LooseStatement.Condition) {
        let name = condition.operatorText
        guard let operation = condition.operation else {
            let stem = name.value.replacing("IfExists", with: "")
            let advice = suggestion { _ in nearest(to: stem, among: OperatorName.names) }
            report(.invalidConditionOperator, name.place, "There is no operator \"\(name.value)\"\(advice)")
            return
        }
        guard operation.family == .null else { return }
        if operation.ifExists {
            report(.nullWithIfExists, name.place, "Remove IfExists: Null itself asks whether the key exists.")
        }
        if let qualifier = operation.qualifier {
            let outcome = qualifier == .forAllValues ? "always" : "never"
            report(.nullWithQualifier, name.place, "Write Null alone: with this qualifier it \(outcome) matches.")
        }
    }

    /// The key in the catalogue, if it is there.
    private mutating func checkKey(_ condition: LooseStatement.Condition) -> CatalogueService.ConditionKey? {
        let name = condition.key.value
        if name.contains("${") { return nil }
        guard let colon = name.firstIndex(of: ":"), colon > name.startIndex, name.index(after: colon) < name.endIndex
        else {
            report(
                .invalidConditionKeyFormat, condition.key.place, "Write the key as service:key, not \"\(name)\".")
            return nil
        }
        let prefix = name.prefix { $0 != ":" }
        if prefix.lowercased() == "aws" { return checkGlobalKey(condition) }
        // An identity provider's keys begin with its address, and which ones there are is up to the provider.
        if prefix.contains(".") || prefix.contains("/") { return catalogue.conditionKey(name) }
        if let key = catalogue.service(prefix)?.conditionKey(name) ?? catalogue.conditionKey(name) {
            return checkTagKey(condition, key)
        }
        guard let service = catalogue.service(prefix) else {
            if !Self.prefixesOfFederatedKeys.contains(prefix.lowercased()) {
                report(
                    .invalidService, condition.key.place,
                    "There is no service \"\(prefix)\" with condition keys"
                        + suggestion { $0.nearestPrefix(to: String(prefix)) })
            }
            return nil
        }
        report(
            .invalidServiceConditionKey, condition.key.place,
            "\(service.prefix) has no condition key \"\(name)\"\(suggestion { _ in service.nearestConditionKey(to: name) })"
        )
        return nil
    }

    /// Keys of SAML assertions and of services' own token issuers, whose names the catalogue has only in part.
    private static let prefixesOfFederatedKeys = ["saml", "identitycenter", "cognito-identity-auth", "catalog"]

    private mutating func checkGlobalKey(_ condition: LooseStatement.Condition) -> CatalogueService.ConditionKey? {
        let name = condition.key.value
        if condition.isAbout("aws:ARN") {
            report(
                .unsupportedGlobalConditionKey, condition.key.place,
                "Use aws:PrincipalArn or aws:SourceArn: \(name) is not supported any more.")
            return nil
        }
        if condition.isAbout("aws:SourceOwner") {
            report(.deprecatedGlobalConditionKey, condition.key.place, "Use aws:SourceAccount instead of \(name).")
        }
        guard let global = catalogue.service("aws") else { return nil }
        if let key = global.conditionKey(name) { return checkTagKey(condition, key) }
        if global.conditionKey(name + "/") != nil {
            report(.missingTagKeyInCondition, condition.key.place, "Add the key of the tag: \(name)/KEY.")
            return nil
        }
        report(
            .invalidGlobalConditionKey, condition.key.place,
            "There is no global condition key \"\(name)\"\(suggestion { _ in global.nearestConditionKey(to: name) })")
        return nil
    }

    private mutating func checkTagKey(
        _ condition: LooseStatement.Condition, _ key: CatalogueService.ConditionKey
    ) -> CatalogueService.ConditionKey? {
        let name = condition.key.value
        guard key.name.hasSuffix("/${TagKey}"), name.hasSuffix("/") else { return key }
        report(.missingTagKeyInCondition, condition.key.place, "Add the key of the tag: \(name)KEY.")
        return nil
    }

    private mutating func checkEmptyValues(_ condition: LooseStatement.Condition) {
        let key = condition.key.value
        let (code, message): (FindingCode, String) =
            switch (condition.operation?.qualifier, condition.operation?.ifExists) {
            case (.forAllValues, _):
                (.emptyArrayConditionForallvalues, "This asks whether \(key) is missing: write Null \(key) true.")
            case (.forAnyValue, _):
                (.emptyArrayConditionForanyvalue, "Name values of \(key): without one this never matches.")
            case (nil, true):
                (.emptyArrayConditionIfexists, "This asks whether \(key) is missing: write Null \(key) true.")
            default: (.emptyArrayCondition, "Name values of \(key), or remove it.")
            }
        report(code, condition.key.place, message)
    }

    private mutating func checkOperator(
        _ operation: OperatorName, for key: CatalogueService.ConditionKey, _ condition: LooseStatement.Condition,
        _ statement: LooseStatement
    ) {
        if operation.family == .null { return }
        let name = condition.key.value
        if key.isMultivalued, operation.qualifier == nil {
            report(
                .missingQualifier, condition.operatorText.place,
                "\(name) has many values: put ForAnyValue: or ForAllValues: before \(operation.base).")
        }
        if !key.isMultivalued, operation.qualifier == .forAllValues, statement.effect == .allow {
            report(
                .forallvaluesWithSingleValuedKey, condition.operatorText.place,
                "Remove ForAllValues: \(name) has one value, and ForAllValues matches when it is missing.")
        }
        let fitting = Self.families(for: key.type)
        if !fitting.contains(operation.family) {
            report(
                .typeMismatch, condition.operatorText.place,
                "Use an operator of \(fitting.map(\.rawValue).joined(separator: " or ")) for \(name), not "
                    + "\(condition.operatorText.value).")
        }
        if key.type == .arn, operation.family == .string, operation.isLike,
            condition.values.contains(where: { $0.value.hasWildcards })
        {
            report(
                .stringLikeOperatorWithARNConditionKeys, condition.operatorText.place,
                "Use ArnLike for \(name): in StringLike, * crosses from one part of an ARN to the next.")
        }
    }

    private static func families(for type: CatalogueService.ValueType) -> [OperatorName.Family] {
        switch type {
        // Many keys hold ARNs and are listed as strings.
        case .string: [.string, .arn]
        case .arn: [.arn, .string]
        case .bool: [.bool]
        case .numeric: [.numeric]
        case .date: [.date, .numeric]
        case .ipAddress: [.ipAddress]
        }
    }
}
