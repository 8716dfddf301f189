import CloudWatchLogsAPI
import Ledger
import LogMasking
import Platform
import Wire

// Account policies. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html>

extension AccountPolicy.Subject {
    /// - Throws: NotImplemented for what is not built.
    init(parameter text: String) throws(ServiceError) {
        guard let subject = AccountPolicy.Subject(rawValue: text) else {
            throw .notImplemented("Gatehouse has no account policies of the type \(text).")
        }
        self = subject
    }

    /// What reading or deleting a policy of a type needs permission for besides.
    fileprivate static func needs(_ verb: String, _ type: String) -> [Access] {
        type == dataProtection.rawValue ? [Access("logs:\(verb)DataProtectionPolicy", on: "*")] : []
    }
}

extension CloudWatchLogs.PutAccountPolicy: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needed = [call.logsAccess("*")]
        if input.policyType == AccountPolicy.Subject.subscription.rawValue {
            needed.append(Access("logs:PutSubscriptionFilter", on: "*"))
            if let rule = SubscriptionRule(document: input.policyDocument) {
                if let destination = LogDestinationName(arn: rule.destinationARN) {
                    needed.append(
                        Access("logs:PutSubscriptionFilter", on: destination.arn, resourceAccount: destination.account))
                }
                needed += call.passingRoleToLogs(rule.roleARN)
            }
        }
        if input.policyType == AccountPolicy.Subject.dataProtection.rawValue {
            needed.append(Access("logs:PutDataProtectionPolicy", on: "*"))
            needed += (try? DataProtectionPolicy(parameter: input.policyDocument))?.needs(call) ?? []
        }
        return .required(needed)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedAccountPolicy {
        let subject = try AccountPolicy.Subject(parameter: input.policyType)
        if let criteria = input.selectionCriteria {
            guard criteria.utf8.count <= 25_000, AccountPolicy.exceptions(in: criteria) != nil else {
                throw .invalidParameter(
                    "selectionCriteria is not valid: it has to be of the form LogGroupName NOT IN [\"a\", \"b\"].")
            }
        }
        switch subject {
        case .subscription:
            guard let rule = SubscriptionRule(document: input.policyDocument) else {
                throw .invalidParameter("The specified policy document is not valid.")
            }
            try await SubscriptionCheck(call.environment, account: call.accountID, region: call.region, rule).run()
        case .dataProtection:
            guard input.selectionCriteria == nil else {
                throw .invalidParameter("selectionCriteria can't be specified for a data protection policy.")
            }
            try await DataProtectionPolicy(parameter: input.policyDocument).checkDestinations(call)
        }
        return PreparedAccountPolicy(
            policy: AccountPolicy(
                name: input.policyName, subject: subject, document: input.policyDocument,
                selectionCriteria: input.selectionCriteria, updated: Int(milliseconds(call.time))))
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedAccountPolicy, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let policy = prepared.policy
        let others = try records.list(AccountPolicy.self).filter { $0.subject == policy.subject && $0.id != policy.id }
        guard others.isEmpty else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        try records.put(policy)
        return Output { $0.accountPolicy = policy.view(call.accountID) }
    }
}

/// A policy that has been checked.
public struct PreparedAccountPolicy: Sendable {
    let policy: AccountPolicy
}

extension AccountPolicy {
    fileprivate func view(_ account: String) -> CloudWatchLogs.AccountPolicy {
        CloudWatchLogs.AccountPolicy {
            $0.policyName = name
            $0.policyDocument = document
            $0.lastUpdatedTime = updated
            $0.policyType = subject.rawValue
            $0.scope = "ALL"
            $0.selectionCriteria = selectionCriteria
            $0.accountId = account
        }
    }
}

extension CloudWatchLogs.DescribeAccountPolicies: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([call.logsAccess("*")] + AccountPolicy.Subject.needs("Get", input.policyType))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard (input.accountIdentifiers ?? []).allSatisfy({ $0 == call.accountID }) else {
            throw .notImplemented("Gatehouse has no monitoring accounts: ask each account for its policies.")
        }
        let subject = AccountPolicy.Subject(rawValue: input.policyType)
        let policies = try records.list(AccountPolicy.self).filter { policy in
            policy.subject == subject && (input.policyName.map { $0 == policy.name } ?? true)
        }
        guard input.policyName == nil || !policies.isEmpty else { throw .noSuchAccountPolicy }
        return Output { $0.accountPolicies = policies.map { $0.view(call.accountID) } }
    }
}

extension CloudWatchLogs.DeleteAccountPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([call.logsAccess("*")] + AccountPolicy.Subject.needs("Delete", input.policyType))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let subject = AccountPolicy.Subject(rawValue: input.policyType),
            let policy = try records.get(AccountPolicy.self, AccountPolicy.id(subject, input.policyName))
        else { throw .noSuchAccountPolicy }
        try records.delete(policy)
        return Output()
    }
}

extension ServiceError {
    fileprivate static var noSuchAccountPolicy: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("The specified account policy does not exist.")
    }
}
