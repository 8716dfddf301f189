import CloudTrailAPI
import KMSAPI
import Platform
import SNSAPI
import WAFV2API
import Wire

/// Documents about keys, trails, web ACLs and notifications.
enum OtherRemedies {
    static let all = [
        RemediationDocument("AWSConfigRemediation-EnableKeyRotation", "KeyId") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                KMS.EnableKeyRotation.self, KMS.EnableKeyRotation.Input { $0.keyId = arguments["KeyId"] })
        },
        RemediationDocument("AWSConfigRemediation-CancelKeyDeletion", "KeyId") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                KMS.CancelKeyDeletion.self, KMS.CancelKeyDeletion.Input { $0.keyId = arguments["KeyId"] })
        },
        RemediationDocument("AWSConfigRemediation-EnableCloudTrailLogFileValidation", "TrailName") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                CloudTrail.UpdateTrail.self,
                CloudTrail.UpdateTrail.Input {
                    $0.name = arguments["TrailName"]
                    $0.enableLogFileValidation = true
                })
        },
        RemediationDocument("AWSConfigRemediation-EnableCloudTrailEncryptionWithKMS", "KMSKeyId TrailName") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                CloudTrail.UpdateTrail.self,
                CloudTrail.UpdateTrail.Input {
                    $0.name = arguments["TrailName"]
                    $0.kmsKeyId = arguments["KMSKeyId"]
                })
        },
        RemediationDocument("AWSConfigRemediation-EnableWAFV2Logging", "LogDestinationConfigs WebAclArn") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                WAFV2.PutLoggingConfiguration.self,
                WAFV2.PutLoggingConfiguration.Input {
                    $0.loggingConfiguration = WAFV2.LoggingConfiguration {
                        $0.resourceArn = arguments["WebAclArn"]
                        $0.logDestinationConfigs = arguments.list("LogDestinationConfigs")
                    }
                })
        },
        RemediationDocument("AWS-PublishSNSNotification", "TopicArn Message") {
            (calls, arguments) async throws(ServiceError) in
            try await calls.call(
                SNS.Publish.self,
                SNS.Publish.Input {
                    $0.topicArn = arguments["TopicArn"]
                    $0.message = arguments["Message"]
                })
        },
    ]
}
