import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Metric streams, by the properties of CloudFormation.
    /// <https://github.com/awslabs/aws-config-resource-schema>
    static let metricStream = ConfiguredResourceType(
        StoredMetricStream.kind, of: StoredMetricStream.self,
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "cloudwatch",
                name.resource.hasPrefix(CloudWatchARN.streams)
            else { return nil }
            return ConfiguredResource(
                StoredMetricStream.kind, name.lastPart, account: name.account, region: name.region)
        },
        item: { (stream, _) throws(ServiceError) in
            func list(_ filters: [StoredMetricStream.Filter]) -> JSONValue? {
                guard !filters.isEmpty else { return nil }
                return .array(
                    filters.map { filter in
                        .members([
                            "Namespace": .string(filter.namespace),
                            "MetricNames": filter.names.isEmpty ? nil : .array(filter.names.map { .string($0) }),
                        ])
                    })
            }
            let statistics = stream.statistics.map { statistics in
                JSONValue.members([
                    "AdditionalStatistics": .array(statistics.statistics.map { .string($0) }),
                    "IncludeMetrics": .array(
                        statistics.metrics.map {
                            .members(["Namespace": .string($0.namespace), "MetricName": .string($0.name)])
                        }),
                ])
            }
            return ConfigurationItem(
                StoredMetricStream.kind, id: stream.name, name: stream.name, arn: stream.arn,
                account: stream.accountID, region: stream.region, availabilityZone: "Not Applicable",
                created: stream.created, tags: stream.tags,
                configuration: .members([
                    "Arn": .string(stream.arn), "Name": .string(stream.name),
                    "FirehoseArn": .string(stream.firehoseARN), "RoleArn": .string(stream.roleARN),
                    "OutputFormat": .string(stream.outputFormat), "State": .string(stream.state.rawValue),
                    "IncludeFilters": list(stream.included), "ExcludeFilters": list(stream.excluded),
                    "StatisticsConfigurations": statistics.isEmpty ? nil : .array(statistics),
                    "IncludeLinkedAccountsMetrics": stream.includesLinkedAccounts.map { .boolean($0) },
                    "CreationDate": .time(stream.created), "LastUpdateDate": .time(stream.updated),
                ]))
        })
}
