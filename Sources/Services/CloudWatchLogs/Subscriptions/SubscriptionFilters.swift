import CloudWatchLogsAPI
import Ledger
import LogPatterns
import Platform
import Wire

// Subscription filters. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html>

extension CloudWatchLogs.PutSubscriptionFilter: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needed = [call.logsAccess(LogGroupName(input.logGroupName, call).policyARN)]
        if let destination = LogDestinationName(arn: input.destinationArn) {
            needed.append(
                Access("logs:PutSubscriptionFilter", on: destination.arn, resourceAccount: destination.account))
        }
        return .required(needed + call.passingRoleToLogs(input.roleArn))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedSubscription {
        guard input.applyOnTransformedLogs != true, input.fieldSelectionCriteria == nil,
            (input.emitSystemFields ?? []).isEmpty
        else {
            throw .notImplemented(
                "Gatehouse has subscription filters on events as they come: leave out applyOnTransformedLogs, "
                    + "fieldSelectionCriteria and emitSystemFields.")
        }
        let name = LogGroupName(input.logGroupName, call)
        guard let group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        guard group.logClass == "STANDARD" else {
            throw .invalidParameter("Subscription filters are not supported on log groups of class \(group.logClass).")
        }
        let pattern = try FilterPattern(parameter: input.filterPattern)
        let rule = SubscriptionRule(
            pattern: input.filterPattern, destinationARN: input.destinationArn, roleARN: input.roleArn,
            distribution: input.distribution ?? "ByLogStream", hasExpression: pattern.expressionCount > 0)
        try await SubscriptionCheck(call.environment, owner: name, rule).run()
        return PreparedSubscription(rule: rule)
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedSubscription, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        let all = try records.subscriptionFilters(of: group.name)
        let old = all.first { $0.name == input.filterName }
        guard old != nil || all.count < SubscriptionFilter.most else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        if prepared.rule.hasExpression {
            try records.checkExpressions(of: group.name, replacing: "subscription \(input.filterName)")
        }
        try records.put(
            SubscriptionFilter(
                group: group.name, name: input.filterName, rule: prepared.rule,
                created: old?.created ?? Int(milliseconds(call.time))))
        return Output()
    }
}

/// A rule whose target takes what is sent to it.
public struct PreparedSubscription: Sendable {
    let rule: SubscriptionRule
}

extension Call {
    /// Whoever gives CloudWatch Logs a role has to be allowed to pass it on.
    func passingRoleToLogs(_ role: String?) -> [Access] {
        guard let role else { return [] }
        return [
            Access(
                "iam:PassRole", on: role, resourceAccount: accountID,
                context: ["iam:passedtoservice": .one(SubscriptionAccess.service)])
        ]
    }
}

extension CloudWatchLogs.DescribeSubscriptionFilters: ReadOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        let filters = try records.subscriptionFilters(of: group.name).filter { filter in
            input.filterNamePrefix.map { filter.name.utf8.starts(with: $0.utf8) } ?? true
        }
        let page = page(filters, by: \.id, try LogsPage.paging(input))
        return Output {
            $0.subscriptionFilters = page.items.map { $0.view() }
            $0.nextToken = page.marker
        }
    }
}

extension CloudWatchLogs.DeleteSubscriptionFilter: WriteOperation, OnLogGroup {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let group = try records.logGroup(LogGroupName(input.logGroupName, call))
        guard let filter = try records.get(SubscriptionFilter.self, MetricFilter.id(input.filterName, of: group.name))
        else {
            throw CloudWatchLogs.Failure.resourceNotFoundException("The specified subscription filter does not exist.")
        }
        try records.delete(filter)
        return Output()
    }
}
