import CognitoIDPAPI
import Directory
import Ledger
import Platform
import Wire

/// Where a pool's logs go. <https://docs.aws.amazon.com/cognito/latest/developerguide/exporting-quotas-and-usage.html>
struct LogDelivery: PoolPart {
    static let kind = "AWS::Cognito::LogDeliveryConfiguration"
    static let ofPool = "log-delivery-of-pool"

    let poolID: String
    /// `LogDeliveryConfigurationType`, as JSON.
    var settings: String

    var id: String { poolID }

    /// As it is in answers.
    func view() throws(ServiceError) -> CognitoIDP.LogDeliveryConfigurationType {
        CognitoIDP.LogDeliveryConfigurationType(
            try Structure(json: settings, of: CognitoIDP.LogDeliveryConfigurationType.shape))
    }
}

extension CognitoIDP.LogConfigurationType {
    /// - Throws: InvalidParameterException, FeatureUnavailableInTierException.
    fileprivate func check(_ tier: PoolTier, _ pool: UserPool) throws(ServiceError) {
        let arns = [
            ("logs", cloudWatchLogsConfiguration.map { $0.logGroupArn ?? "" }),
            ("s3", s3Configuration.map { $0.bucketArn ?? "" }),
            ("firehose", firehoseConfiguration.map { $0.streamArn ?? "" }),
        ].compactMap { service, arn in arn.map { (service, $0) } }
        guard arns.count == 1, let (service, arn) = arns.first else {
            throw .invalidParameter("A log configuration must have exactly one destination.")
        }
        guard let named = ARN(parsing: arn), named.service == service,
            service != "s3" || (!named.resource.isEmpty && !named.resource.contains("/"))
        else {
            throw .invalidParameter("Invalid ARN of a log destination: \(arn)")
        }
        if eventSource == "userNotification" {
            guard logLevel == "ERROR", service == "logs" else {
                throw .invalidParameter(
                    "The event source userNotification must have the log level ERROR and a CloudWatchLogsConfiguration."
                )
            }
        } else {
            guard logLevel == "INFO" else {
                throw .invalidParameter("The event source userAuthEvents must have the log level INFO.")
            }
            guard tier == .plus else { throw .unavailable(["User activity log export"], in: tier) }
        }
        guard service != "firehose" else {
            throw .notImplemented(
                "Gatehouse has no Firehose: userAuthEvents can be delivered to S3 buckets and log groups.")
        }
        if service == "logs" {
            guard LogDelivery.group(named) != nil, named.account == pool.accountID, named.region == pool.region else {
                throw .invalidParameter("Invalid ARN of a log destination: \(arn)")
            }
        }
    }
}

extension CognitoIDP.SetLogDeliveryConfiguration: WriteOperation, OnUserPool {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        let tier = try PoolEntry(pool).tier
        for configuration in input.logConfigurations { try configuration.check(tier, pool) }
        guard Set(input.logConfigurations.map(\.eventSource)).count == input.logConfigurations.count else {
            throw .invalidParameter("Each event source can have only one log configuration.")
        }
        var view = CognitoIDP.LogDeliveryConfigurationType()
        view.userPoolId = pool.id
        view.logConfigurations = input.logConfigurations
        try records.put(LogDelivery(poolID: pool.id, settings: view.structure.json))
        return Output(logDeliveryConfiguration: view)
    }
}

extension CognitoIDP.GetLogDeliveryConfiguration: ReadOperation, OnUserPool {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let pool = try records.userPool(input.userPoolId)
        if let delivery = try records.get(LogDelivery.self, pool.id) {
            return Output(logDeliveryConfiguration: try delivery.view())
        }
        var view = CognitoIDP.LogDeliveryConfigurationType()
        view.userPoolId = pool.id
        view.logConfigurations = []
        return Output(logDeliveryConfiguration: view)
    }
}
