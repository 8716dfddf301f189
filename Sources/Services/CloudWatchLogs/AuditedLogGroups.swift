import CloudWatchLogsAPI
import Directory
import Ledger
import Platform
import Wire

extension ConfiguredResourceType {
    /// Log groups with their metric filters. AWS Config does not record them.
    static let auditedLogGroup = audited(
        AuditedType.logGroup, of: LogGroup.self
    ) { (group, _, state) throws(ServiceError) in
        var filters: [JSONValue] = []
        for filter in try state.referrers(MetricFilter.self, MetricFilter.relation, to: group.name, in: group.scope) {
            let transformations = try filter.view().metricTransformations ?? []
            filters.append(
                .members([
                    "name": .string(filter.name), "pattern": .string(filter.pattern),
                    "metrics": .array(
                        transformations.map { metric in
                            .members([
                                "name": .string(metric.metricName), "namespace": .string(metric.metricNamespace),
                            ])
                        }),
                ]))
        }
        return ConfigurationItem(
            AuditedType.logGroup, id: group.name, name: group.name, arn: group.reference.arn,
            account: group.accountID, region: group.region, created: Double(group.created) / 1000, tags: group.tags,
            configuration: .members([
                "retentionInDays": group.retentionInDays.map { .integer($0) }, "kmsKeyId": .perhaps(group.kmsKeyID),
                "policy": .perhaps(group.policy?.document), "filters": .array(filters),
            ]))
    }
}
