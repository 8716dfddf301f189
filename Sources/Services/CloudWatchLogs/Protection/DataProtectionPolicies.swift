import CloudWatchLogsAPI
import Ledger
import LogMasking
import Platform
import S3API
import Wire

// Data protection policies of log groups.
// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutDataProtectionPolicy.html>

extension DataProtectionPolicy {
    /// - Throws: InvalidParameterException.
    init(parameter document: String) throws(ServiceError) {
        do throws(InvalidDataProtectionPolicy) { try self.init(parsing: document, for: .logs) } catch {
            throw .invalidParameter("Invalid data protection policy: \(error.reason)")
        }
    }

    /// What else putting it needs permission for.
    func needs(_ call: Call) -> [Access] {
        destinations.isEmpty ? [] : [Access("logs:CreateLogDelivery", on: "*")]
    }

    /// - Throws: InvalidParameterException for a destination that is not there.
    func checkDestinations(_ call: Call) async throws(ServiceError) {
        guard destinations.deliveryStream == nil else {
            throw .notImplemented("Gatehouse sends findings to log groups and buckets, and to no delivery streams.")
        }
        if let name = destinations.logGroup {
            guard call.environment.projection(LogsIndex.self).group(LogGroupName(name, call)) != nil else {
                throw .invalidParameter("The log group \(name) of FindingsDestination does not exist.")
            }
        }
        guard let bucket = destinations.bucket else { return }
        do throws(ServiceError) {
            _ = try await call.environment.services(in: call.region).call(
                S3.HeadBucket.self, S3.HeadBucket.Input { $0.bucket = bucket },
                as: .own(
                    AuditFindings.service, for: "arn:aws:logs:\(call.region):\(call.accountID):*", in: call.accountID))
        } catch {
            // Whether it may be written to is seen when there is something to write.
            guard error.status == 404 || error.code == "NoSuchBucket" else { return }
            throw .invalidParameter("The bucket \(bucket) of FindingsDestination does not exist.")
        }
    }
}

extension CloudWatchLogs.PutDataProtectionPolicy: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try LogGroupName(identifier: input.logGroupIdentifier, call)
        let policy = try? DataProtectionPolicy(parameter: input.policyDocument)
        return .required([call.logsAccess(name.policyARN)] + (policy?.needs(call) ?? []))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedDataProtection {
        try await DataProtectionPolicy(parameter: input.policyDocument).checkDestinations(call)
        return PreparedDataProtection(
            policy: LogGroup.DataProtection(document: input.policyDocument, updated: Int(milliseconds(call.time))))
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedDataProtection, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = try LogGroupName(identifier: input.logGroupIdentifier, call)
        var group = try records.logGroup(name)
        guard group.logClass == "STANDARD" else {
            throw .invalidParameter("Data protection policies are for log groups of the class STANDARD.")
        }
        group.dataProtection = prepared.policy
        try records.of(name.scope).put(group)
        return Output {
            $0.logGroupIdentifier = input.logGroupIdentifier
            $0.policyDocument = prepared.policy.document
            $0.lastUpdatedTime = prepared.policy.updated
        }
    }
}

/// A policy that has been checked.
public struct PreparedDataProtection: Sendable {
    let policy: LogGroup.DataProtection
}

extension CloudWatchLogs.GetDataProtectionPolicy: ReadOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try LogGroupName(identifier: input.logGroupIdentifier, call).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let group = try records.logGroup(try LogGroupName(identifier: input.logGroupIdentifier, call))
        return Output {
            $0.logGroupIdentifier = input.logGroupIdentifier
            $0.policyDocument = group.dataProtection?.document
            $0.lastUpdatedTime = group.dataProtection?.updated
        }
    }
}

extension CloudWatchLogs.DeleteDataProtectionPolicy: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.logsAccess(try LogGroupName(identifier: input.logGroupIdentifier, call).policyARN))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let name = try LogGroupName(identifier: input.logGroupIdentifier, call)
        var group = try records.logGroup(name)
        guard group.dataProtection != nil else {
            throw CloudWatchLogs.Failure.resourceNotFoundException(
                "The specified data protection policy does not exist.")
        }
        group.dataProtection = nil
        try records.of(name.scope).put(group)
        return Output()
    }
}
