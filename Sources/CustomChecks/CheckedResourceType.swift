/// The types of resources whose policies can be checked for public access.
///
/// AWS: `resourceType` in `API_CheckNoPublicAccess.html`.
public enum CheckedResourceType {
    /// The names, in the order of the alphabet.
    public static let names = [
        "AWS::ApiGateway::RestApi", "AWS::Backup::BackupVault", "AWS::CloudTrail::Dashboard",
        "AWS::CloudTrail::EventDataStore", "AWS::CodeArtifact::Domain", "AWS::DynamoDB::Stream", "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem", "AWS::IAM::AssumeRolePolicyDocument", "AWS::KMS::Key", "AWS::Kinesis::Stream",
        "AWS::Kinesis::StreamConsumer", "AWS::Lambda::Function", "AWS::OpenSearchService::Domain",
        "AWS::S3::AccessPoint", "AWS::S3::Bucket", "AWS::S3::Glacier", "AWS::S3Express::AccessPoint",
        "AWS::S3Express::DirectoryBucket", "AWS::S3Outposts::AccessPoint", "AWS::S3Outposts::Bucket",
        "AWS::S3Tables::Table", "AWS::S3Tables::TableBucket", "AWS::SNS::Topic", "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    ]

    /// Whether policies of a type are those of roles, which say who may assume one.
    public static func isTrustPolicy(_ name: String) -> Bool { name == "AWS::IAM::AssumeRolePolicyDocument" }
}
