import Directory
import Ledger
import MetricMath
import Platform
import Wire

private let account = Samples.account

/// Made-up inputs for the reference of operations.
let cloudWatchSamples = Samples(
    texts: [
        "AlarmName": "x", "AlarmNames": "x", "AlarmRule": "TRUE", "DashboardName": "x", "DashboardNames": "x",
        "ResourceARN": CloudWatchARN.alarm("x", account, "us-east-1"), "Namespace": "x",
        "AlarmActions": "arn:aws:sns:us-east-1:\(account):x", "Name": "x", "Names": "x",
        "FirehoseArn": "arn:aws:firehose:us-east-1:\(account):deliverystream/x",
        "RoleArn": "arn:aws:iam::\(account):role/x",
    ],
    furnish: { environment in
        try await environment.write(Scope(account: account, region: "us-east-1"), requestID: "") {
            (records) throws(ServiceError) in
            let watch = MetricWatch(
                queries: [
                    MetricQuery(
                        id: "m1",
                        stat: .init(metric: MetricIdentity("x", "x", []), period: 60, statistic: "Sum", unit: nil),
                        returnsData: true)
                ], isOfOneMetric: true, evaluationPeriods: 1, threshold: 1, comparison: .greater)
            try records.put(
                StoredAlarm(
                    name: "x", accountID: account, region: "us-east-1", uniqueID: "x", actionsEnabled: true,
                    okActions: [], alarmActions: [], insufficientDataActions: [], tags: [Tag(key: "a", value: "b")],
                    updated: Samples.time, watch: .metric(watch)))
            try records.put(
                StoredMetricStream(
                    name: "x", accountID: account, region: "us-east-1", created: Samples.time, updated: Samples.time,
                    outputFormat: "json", firehoseARN: "arn:aws:firehose:us-east-1:\(account):deliverystream/x",
                    roleARN: "arn:aws:iam::\(account):role/x", included: [], excluded: [], statistics: [], tags: []))
            try records.of(Scope(account: account)).put(
                StoredDashboard(
                    name: "x", accountID: account, body: "{\"widgets\":[]}", tags: [Tag(key: "a", value: "b")],
                    updated: Samples.time))
        }
    })
