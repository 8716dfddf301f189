import Directory
import Platform
import Posture
import Wire

/// The configuration item that a resource would have, from the properties of CloudFormation's schema.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>
enum ProposedItem {
    /// The types of resources that can be evaluated before they are there.
    static let types: Set<String> = ["AWS::S3::Bucket"]

    static func bucket(_ id: String, _ properties: JSONValue, account: String, region: String) -> ConfigurationItem {
        let name = properties["BucketName"]?.text ?? id
        let logging = properties["LoggingConfiguration"]
        let lock = properties["ObjectLockConfiguration"]?["Rule"]?["DefaultRetention"]
        let supplementary: JSONValue = .members([
            "AccessControlList": .members(["grantList": .array(grants(properties["AccessControl"]?.text))]),
            "BucketLoggingConfiguration": .members([
                "destinationBucketName": logging.map { $0["DestinationBucketName"] ?? .string(name) } ?? .null,
                "logFilePrefix": logging?["LogFilePrefix"] ?? .null,
            ]),
            "BucketVersioningConfiguration": .members([
                "status": properties["VersioningConfiguration"]?["Status"] ?? .string("Off"),
                "isMfaDeleteEnabled": .null,
            ]),
            "ObjectLockConfiguration": properties["ObjectLockEnabled"]?.isTrue == true
                ? .members([
                    "objectLockEnabled": .string("Enabled"),
                    "rule": lock.map { .members(["defaultRetention": .members(["mode": $0["Mode"] ?? .null])]) }
                        ?? .null,
                ]) : nil,
            "PublicAccessBlockConfiguration": properties["PublicAccessBlockConfiguration"]?.withLoweredNames,
            "ServerSideEncryptionConfiguration": .members(["rules": .array(encryption(properties))]),
        ])
        let tags = (properties["Tags"]?.elements ?? []).compactMap { tag in
            tag["Key"]?.text.map { Directory.Tag(key: $0, value: tag["Value"]?.text ?? "") }
        }
        return ConfigurationItem(
            "AWS::S3::Bucket", id: id, name: name, arn: "arn:aws:s3:::\(name)", account: account, region: region,
            tags: tags, configuration: .members(["name": .string(name)]), supplementary: supplementary.members)
    }

    private static func encryption(_ properties: JSONValue) -> [JSONValue] {
        let rules = properties["BucketEncryption"]?["ServerSideEncryptionConfiguration"]?.elements ?? []
        guard !rules.isEmpty else {
            return [
                .members(["applyServerSideEncryptionByDefault": .members(["sseAlgorithm": .string("AES256")])])
            ]
        }
        return rules.map { rule in
            let by = rule["ServerSideEncryptionByDefault"]
            return .members([
                "applyServerSideEncryptionByDefault": .members([
                    "sseAlgorithm": by?["SSEAlgorithm"] ?? .null, "kmsMasterKeyID": by?["KMSMasterKeyID"] ?? .null,
                ])
            ])
        }
    }

    private static func grants(_ list: String?) -> [JSONValue] {
        func grant(_ grantee: String, _ permission: String) -> JSONValue {
            .members(["grantee": .string(grantee), "permission": .string(permission)])
        }
        switch list {
        case "PublicRead": return [grant("AllUsers", "Read")]
        case "PublicReadWrite": return [grant("AllUsers", "Read"), grant("AllUsers", "Write")]
        case "AuthenticatedRead": return [grant("AuthenticatedUsers", "Read")]
        default: return []
        }
    }
}
