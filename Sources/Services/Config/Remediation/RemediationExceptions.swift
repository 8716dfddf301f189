import AWSConfigAPI
import Directory
import Ledger
import Platform
import Wire

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_PutRemediationExceptions.html>
extension AWSConfig.PutRemediationExceptions: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try records.get(StoredRule.self, input.configRuleName) != nil else {
            throw .invalidParameterValue(ServiceError.noSuchRule(input.configRuleName).message)
        }
        if let end = input.expirationTime?.secondsSinceEpoch, end <= call.time {
            throw .invalidParameterValue("The expiration time is in the past.")
        }
        for key in input.resourceKeys {
            guard let type = key.resourceType, let id = key.resourceId else {
                throw .invalidParameterValue("A resource type or ID is missing.")
            }
            try records.put(
                RemediationExemption(
                    rule: input.configRuleName, type: type, id: id, message: input.message,
                    expires: input.expirationTime?.secondsSinceEpoch, put: call.time))
        }
        return Output { $0.failedBatches = [] }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DeleteRemediationExceptions.html>
extension AWSConfig.DeleteRemediationExceptions: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var failed: [AWSConfig.RemediationExceptionResourceKey] = []
        for key in input.resourceKeys {
            let place = RuleResult.key(key.resourceType ?? "", key.resourceId ?? "")
            if try !records.delete(RemediationExemption.self, place, of: input.configRuleName) { failed.append(key) }
        }
        guard failed.count < input.resourceKeys.count else {
            throw AWSConfig.Failure.noSuchRemediationExceptionException(
                "There are no such remediation exceptions for the rule \(input.configRuleName).")
        }
        return Output {
            $0.failedBatches =
                failed.isEmpty
                ? []
                : [
                    AWSConfig.FailedDeleteRemediationExceptionsBatch {
                        $0.failureMessage = "There is no such remediation exception."
                        $0.failedItems = failed
                    }
                ]
        }
    }
}

/// <https://docs.aws.amazon.com/config/latest/APIReference/API_DescribeRemediationExceptions.html>
extension AWSConfig.DescribeRemediationExceptions: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let rule = input.configRuleName
        if let keys = input.resourceKeys, !keys.isEmpty {
            var found: [RemediationExemption] = []
            for key in keys {
                let place = RuleResult.key(key.resourceType ?? "", key.resourceId ?? "")
                if let one = try records.get(RemediationExemption.self, place, of: rule) { found.append(one) }
            }
            return Output { $0.remediationExceptions = found.map(\.view) }
        }
        let paging = try ConfigPage.paging(input.nextToken, input.limit, usual: 10)
        let after = paging.after.flatMap(RuleResult.place)?.key
        let rows = try records.list(
            RemediationExemption.self, of: rule, RowRange(after: after.map { .key($0) }), limit: paging.limit + 1)
        let page = Page(rows, limit: paging.limit)
        return Output {
            $0.remediationExceptions = page.items.map(\.view)
            $0.nextToken = page.marker
        }
    }
}
