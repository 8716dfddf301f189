import CloudWatchAPI
public import Platform

extension ServiceModule {
    /// Amazon CloudWatch: metrics, alarms, dashboards and metric streams.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>
    public static let cloudWatch = ServiceModule(
        CloudWatch.self, actionPrefix: "cloudwatch",
        operations: metricOperations + alarmOperations + dashboardOperations + streamOperations,
        events: EventParticulars(
            source: "monitoring.amazonaws.com",
            dataEvents: [
                "PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics", "GetMetricWidgetImage",
            ]),
        records: [StoredAlarm.self, AlarmStatus.self, StoredDashboard.self, StoredMetricStream.self],
        tables: [StoredMetric.self, DataRow.self, StoredHistoryItem.self], projections: [AlarmIndex.self],
        resourceTypes: [.ofCloudWatch], configuredResources: [.alarm],
        jobs: [
            RollUpMetrics.self, EvaluateAlarms.self, PerformAlarmAction.self, EndSuppression.self,
            KeepServiceMetrics.self,
        ],
        quotas: [.alarms, .dashboards, .metricStreams], samples: cloudWatchSamples,
        metrics: [.alarms, .alarmActions, .failedAlarmActions], takesCompressedBodies: true,
        takesMetricData: MetricStore.take)

    private static let metricOperations: [any Platform.Operation.Type] = [
        CloudWatch.PutMetricData.self, CloudWatch.ListMetrics.self, CloudWatch.GetMetricStatistics.self,
        CloudWatch.GetMetricData.self,
    ]

    private static let alarmOperations: [any Platform.Operation.Type] = [
        CloudWatch.PutMetricAlarm.self, CloudWatch.PutCompositeAlarm.self, CloudWatch.DescribeAlarms.self,
        CloudWatch.DescribeAlarmsForMetric.self, CloudWatch.DescribeAlarmHistory.self, CloudWatch.SetAlarmState.self,
        CloudWatch.EnableAlarmActions.self, CloudWatch.DisableAlarmActions.self, CloudWatch.DeleteAlarms.self,
        CloudWatch.TagResource.self, CloudWatch.UntagResource.self, CloudWatch.ListTagsForResource.self,
    ]

    private static let dashboardOperations: [any Platform.Operation.Type] = [
        CloudWatch.PutDashboard.self, CloudWatch.GetDashboard.self, CloudWatch.DeleteDashboards.self,
        CloudWatch.ListDashboards.self,
    ]

    private static let streamOperations: [any Platform.Operation.Type] = [
        CloudWatch.PutMetricStream.self, CloudWatch.GetMetricStream.self, CloudWatch.ListMetricStreams.self,
        CloudWatch.StartMetricStreams.self, CloudWatch.StopMetricStreams.self, CloudWatch.DeleteMetricStream.self,
    ]
}

extension Metric {
    fileprivate static let alarms = gauge("gatehouse_cloudwatch_alarms", "Alarms of CloudWatch.") { environment in
        [(label: "", value: environment.projection(AlarmIndex.self).count)]
    }
    static let alarmActions = Metric("gatehouse_cloudwatch_alarm_actions_total", "Actions of alarms that were done.")
    static let failedAlarmActions = Metric(
        "gatehouse_cloudwatch_failed_alarm_actions_total", "Actions of alarms that could not be done.")
}
