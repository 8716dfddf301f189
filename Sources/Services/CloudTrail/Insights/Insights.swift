import CloudTrailAPI
import Ledger
import Platform

/// What CloudTrail Insights adds to the service: unusual rates of calls and errors are found in the record itself.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-insights-events-with-cloudtrail.html>
enum Insights {
    static let operations: [any Platform.Operation.Type] = [
        CloudTrail.PutInsightSelectors.self, CloudTrail.GetInsightSelectors.self, CloudTrail.ListInsightsData.self,
        CloudTrail.ListInsightsMetricData.self,
    ]
    static let records: [any Record.Type] = [InsightWatch.self]
    static let tables: [any TableRow.Type] = [CallRate.self, InsightEvent.self, PendingInsight.self]
    static let jobs: [any Job.Type] = [WatchCalls.self, ForgetRates.self, ForgetOldRates.self]
}
