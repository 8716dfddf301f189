import AWSConfigAPI
import Directory
import Ledger
import Platform
import Policy
import Wire

/// An operation on the rule that its request names.
protocol OnConfigRule: Platform.Operation where InputFields: AWSConfig.WithConfigRuleName {}

extension OnConfigRule {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.configAccess(StoredRule.arn(input.configRuleName, call.accountID, call.region)))
    }
}

extension ServiceError {
    /// NoSuchConfigRuleException.
    static func noSuchRule(_ name: String) -> ServiceError {
        AWSConfig.Failure.noSuchConfigRuleException(
            "The ConfigRule '\(name)' provided in the request is invalid. Please check the configRule name.")
    }

    static func invalidParameterValue(_ message: String) -> ServiceError {
        AWSConfig.Failure.invalidParameterValueException(message)
    }
}

extension RecordReading {
    /// - Throws: NoSuchConfigRuleException.
    func rule(_ name: String) throws(ServiceError) -> StoredRule {
        guard let rule = try get(StoredRule.self, name) else { throw .noSuchRule(name) }
        return rule
    }

    /// A page of rules: those of the names that a request has, or all.
    func rules(_ names: [String]?, _ paging: Paging) throws(ServiceError) -> Page<StoredRule> {
        guard let names, !names.isEmpty else { return try page(StoredRule.self, paging) }
        var found: [StoredRule] = []
        for name in names where !found.contains(where: { $0.name == name }) { found.append(try rule(name)) }
        return Page(items: found)
    }
}

extension MutableRecords {
    /// A rule that may be changed.
    /// - Throws: NoSuchConfigRuleException; ResourceInUseException while it is being deleted.
    func changeableRule(_ name: String) throws(ServiceError) -> StoredRule {
        let rule = try rule(name)
        guard !rule.state.hasPrefix("DELETING") else {
            throw AWSConfig.Failure.resourceInUseException(
                "The rule \(name) is currently being deleted.  Please retry after some time")
        }
        return rule
    }
}
