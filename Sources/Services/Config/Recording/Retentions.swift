import AWSConfigAPI
import Ledger
import Platform
import Wire

// For how long items are kept.
// <https://docs.aws.amazon.com/config/latest/developerguide/delete-config-data-with-retention-period.html>

extension Retention {
    fileprivate var view: AWSConfig.RetentionConfiguration {
        AWSConfig.RetentionConfiguration {
            $0.name = id
            $0.retentionPeriodInDays = days
        }
    }
}

extension RecordReading {
    fileprivate func retention(_ name: String) throws(ServiceError) -> Retention {
        guard let retention = try get(Retention.self, name) else {
            throw AWSConfig.Failure.noSuchRetentionConfigurationException(
                "Cannot find retention configuration with the specified name '\(name)'.")
        }
        return retention
    }
}

extension AWSConfig.PutRetentionConfiguration: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let retention = Retention(days: input.retentionPeriodInDays)
        try records.put(retention)
        return Output { $0.retentionConfiguration = retention.view }
    }
}

extension AWSConfig.DescribeRetentionConfigurations: ReadOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var found: [Retention] = []
        if let names = input.retentionConfigurationNames, !names.isEmpty {
            for name in names { found.append(try records.retention(name)) }
        } else {
            found = try records.list(Retention.self)
        }
        let all = found
        return Output { $0.retentionConfigurations = all.map(\.view) }
    }
}

extension AWSConfig.DeleteRetentionConfiguration: WriteOperation, OnAllOfConfig {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.delete(try records.retention(input.retentionConfigurationName))
        return Output()
    }
}
