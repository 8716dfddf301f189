import CloudWatchLogsAPI
import Ledger
import LogPatterns
import Platform
import Wire

/// A subscription filter of a log group: which events are sent on, and where to.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_SubscriptionFilter.html>
struct SubscriptionFilter: Record {
    static let kind = "AWS::Logs::SubscriptionFilter"
    static let relation = "subscribed"
    /// Of a group.
    static let most = 2

    let group: String
    let name: String
    let rule: SubscriptionRule
    /// Milliseconds since 1970.
    let created: Int

    var id: String { MetricFilter.id(name, of: group) }
    var references: [Reference] { [Reference(Self.relation, to: group)] }

    func view() -> CloudWatchLogs.SubscriptionFilter {
        CloudWatchLogs.SubscriptionFilter {
            $0.filterName = name
            $0.logGroupName = group
            $0.filterPattern = rule.pattern
            $0.destinationArn = rule.destinationARN
            $0.roleArn = rule.roleARN
            $0.distribution = rule.distribution
            $0.applyOnTransformedLogs = false
            $0.creationTime = created
        }
    }
}

/// What a subscription filter and an account's subscription policy have in common.
struct SubscriptionRule: Codable, Sendable, Equatable {
    let pattern: String
    let destinationARN: String
    let roleARN: String?
    /// `ByLogStream` or `Random`: how a stream's shards would be chosen.
    let distribution: String?
    /// Whether the pattern has regular expressions.
    let hasExpression: Bool
}

/// A rule by which a group's events are sent on, ready to be asked.
struct Subscription: Sendable {
    /// Among all of the group: of a filter `filter:NAME`, of the account's policy `policy:NAME`.
    let id: String
    let pattern: FilterPattern
    let target: SubscriptionTarget

    /// nil: this version can't read it.
    init?(id: String, _ rule: SubscriptionRule) {
        guard let pattern = try? FilterPattern(rule.pattern), let target = SubscriptionTarget(rule.destinationARN)
        else {
            return nil
        }
        (self.id, self.pattern, self.target) = (id, pattern, target)
    }

    static func id(ofFilter name: String) -> String { "filter:\(name)" }
    static func id(ofPolicy name: String) -> String { "policy:\(name)" }
}

extension RecordReading {
    /// The subscription filters of a group, in the order of their names.
    func subscriptionFilters(of group: String) throws(ServiceError) -> [SubscriptionFilter] {
        try referrers(SubscriptionFilter.self, SubscriptionFilter.relation, to: group)
    }

    /// The rule that a subscription is by; nil: it is gone.
    /// - Returns: with the name that messages call it by, and whether it is the account's.
    func subscription(
        _ id: String, of group: String
    ) throws(ServiceError) -> (name: String, rule: SubscriptionRule, isOfAccount: Bool)? {
        guard let colon = id.firstIndex(of: ":") else { return nil }
        let name = String(id[id.index(after: colon)...])
        guard id.hasPrefix("policy:") else {
            return try get(SubscriptionFilter.self, MetricFilter.id(name, of: group)).map { (name, $0.rule, false) }
        }
        let policy = try get(AccountPolicy.self, AccountPolicy.id(.subscription, name))
        return policy?.subscription.map { (name, $0, true) }
    }

    /// - Throws: LimitExceededException where a group has as many patterns with regular expressions as it may.
    /// - Parameter replaced: the id of the filter that comes in the place of one with the same.
    func checkExpressions(of group: String, replacing replaced: String) throws(ServiceError) {
        let metric = try metricFilters(of: group).filter { $0.hasExpression && "metric \($0.name)" != replaced }
        let sent = try subscriptionFilters(of: group).filter {
            $0.rule.hasExpression && "subscription \($0.name)" != replaced
        }
        guard metric.count + sent.count < MetricFilter.mostWithExpressions else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
    }
}
