import CloudWatchAPI
import Directory
import Ledger
import Wire

/// A metric stream as somebody has configured it. There is no Firehose that could take what it would send: it is kept and
/// shown, and nothing comes of it.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStream.html>
struct StoredMetricStream: Record {
    static let kind = "AWS::CloudWatch::MetricStream"
    static let version = 1

    /// In AWS's words.
    enum State: String, Codable, Sendable {
        case running, stopped
    }

    /// A namespace, or some of its metrics.
    struct Filter: Codable, Sendable {
        let namespace: String
        /// Empty: all metrics.
        let names: [String]
    }

    /// What is sent of some metrics besides minimum, maximum, sum and count.
    struct Statistics: Codable, Sendable {
        struct Metric: Codable, Sendable {
            let namespace: String
            let name: String
        }

        let metrics: [Metric]
        let statistics: [String]
    }

    let name: String
    let accountID: String
    let region: String
    /// Seconds since 1970.
    let created: Double
    /// When it was last configured, in seconds since 1970.
    var updated: Double
    var state = State.running
    /// `json`, `opentelemetry0.7`, `opentelemetry1.0`
    var outputFormat: String
    var firehoseARN: String
    var roleARN: String
    /// Those alone are sent; empty: all that are not excluded.
    var included: [Filter]
    var excluded: [Filter]
    var statistics: [Statistics]
    /// nil: the request has said nothing.
    var includesLinkedAccounts: Bool?
    var tags: [Tag]

    var id: String { name }
    var arn: String { CloudWatchARN.stream(name, accountID, region) }

    /// As lists show it.
    var entry: CloudWatch.MetricStreamEntry {
        CloudWatch.MetricStreamEntry {
            $0.arn = arn
            $0.creationDate = Timestamp(secondsSinceEpoch: created)
            $0.lastUpdateDate = Timestamp(secondsSinceEpoch: updated)
            $0.name = name
            $0.firehoseArn = firehoseARN
            $0.state = state.rawValue
            $0.outputFormat = outputFormat
        }
    }

    var view: CloudWatch.GetMetricStreamOutput {
        CloudWatch.GetMetricStreamOutput {
            $0.arn = arn
            $0.name = name
            if !included.isEmpty { $0.includeFilters = included.map(\.view) }
            if !excluded.isEmpty { $0.excludeFilters = excluded.map(\.view) }
            $0.firehoseArn = firehoseARN
            $0.roleArn = roleARN
            $0.state = state.rawValue
            $0.creationDate = Timestamp(secondsSinceEpoch: created)
            $0.lastUpdateDate = Timestamp(secondsSinceEpoch: updated)
            $0.outputFormat = outputFormat
            if !statistics.isEmpty { $0.statisticsConfigurations = statistics.map(\.view) }
            $0.includeLinkedAccountsMetrics = includesLinkedAccounts
        }
    }
}

extension StoredMetricStream.Filter {
    fileprivate var view: CloudWatch.MetricStreamFilter {
        CloudWatch.MetricStreamFilter {
            $0.namespace = namespace
            if !names.isEmpty { $0.metricNames = names }
        }
    }
}

extension StoredMetricStream.Statistics {
    fileprivate var view: CloudWatch.MetricStreamStatisticsConfiguration {
        CloudWatch.MetricStreamStatisticsConfiguration {
            $0.includeMetrics = metrics.map { metric in
                CloudWatch.MetricStreamStatisticsMetric {
                    $0.namespace = metric.namespace
                    $0.metricName = metric.name
                }
            }
            $0.additionalStatistics = statistics
        }
    }
}
