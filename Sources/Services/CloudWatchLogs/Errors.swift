import CloudWatchLogsAPI
import Platform
import Wire

// The errors of CloudWatch Logs, with the texts that AWS sends.
// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Operations.html>

extension ServiceError {
    static var noSuchLogGroup: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("The specified log group does not exist.")
    }

    /// Neither it nor its streams can be deleted.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html>
    static var protectedLogGroup: ServiceError {
        CloudWatchLogs.Failure.validationException(
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first.")
    }

    static var noSuchLogStream: ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("The specified log stream does not exist.")
    }

    static func invalidParameter(_ message: String) -> ServiceError {
        CloudWatchLogs.Failure.invalidParameterException(message)
    }

    static var invalidNextToken: ServiceError { .invalidParameter("The specified nextToken is invalid.") }

    /// A key of KMS's that CloudWatch Logs may not use for a group.
    static func unusableKey(_ group: LogGroupName) -> ServiceError {
        .invalidParameter(
            "The specified KMS key does not exist or is not allowed to be used with Arn '\(group.arn)'")
    }

    /// KMS does not open the key that events are encrypted with.
    static var unreadableEvents: ServiceError {
        CloudWatchLogs.Failure.accessDeniedException(
            "CloudWatch Logs may not use the KMS key that the log group is encrypted with.")
    }
}
