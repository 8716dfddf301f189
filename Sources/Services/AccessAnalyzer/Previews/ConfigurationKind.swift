import AccessAnalyzerAPI
import Directory
import Wire

/// What a proposed configuration is of: the members of the union.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Configuration.html>
enum ConfigurationKind: String, CaseIterable {
    case ebsSnapshot, ecrRepository, iamRole, efsFileSystem, kmsKey, rdsDbClusterSnapshot, rdsDbSnapshot
    case secretsManagerSecret, s3Bucket, snsTopic, sqsQueue, s3ExpressDirectoryBucket, dynamodbStream, dynamodbTable

    /// - Throws: ValidationException unless there is exactly one.
    init(of configuration: AccessAnalyzer.Configuration) throws(ServiceError) {
        let present: [(ConfigurationKind, Bool)] = [
            (.ebsSnapshot, configuration.ebsSnapshot != nil), (.ecrRepository, configuration.ecrRepository != nil),
            (.iamRole, configuration.iamRole != nil), (.efsFileSystem, configuration.efsFileSystem != nil),
            (.kmsKey, configuration.kmsKey != nil),
            (.rdsDbClusterSnapshot, configuration.rdsDbClusterSnapshot != nil),
            (.rdsDbSnapshot, configuration.rdsDbSnapshot != nil),
            (.secretsManagerSecret, configuration.secretsManagerSecret != nil),
            (.s3Bucket, configuration.s3Bucket != nil), (.snsTopic, configuration.snsTopic != nil),
            (.sqsQueue, configuration.sqsQueue != nil),
            (.s3ExpressDirectoryBucket, configuration.s3ExpressDirectoryBucket != nil),
            (.dynamodbStream, configuration.dynamodbStream != nil),
            (.dynamodbTable, configuration.dynamodbTable != nil),
        ]
        let found = present.filter(\.1)
        guard found.count == 1, let kind = found.first?.0 else {
            throw .invalidField("configurations", "The configuration must have exactly one type.")
        }
        self = kind
    }

    /// The type of the resource: `AWS::S3::Bucket`.
    var resourceType: String {
        switch self {
        case .ebsSnapshot: "AWS::EC2::Snapshot"
        case .ecrRepository: "AWS::ECR::Repository"
        case .iamRole: "AWS::IAM::Role"
        case .efsFileSystem: "AWS::EFS::FileSystem"
        case .kmsKey: "AWS::KMS::Key"
        case .rdsDbClusterSnapshot: "AWS::RDS::DBClusterSnapshot"
        case .rdsDbSnapshot: "AWS::RDS::DBSnapshot"
        case .secretsManagerSecret: "AWS::SecretsManager::Secret"
        case .s3Bucket: "AWS::S3::Bucket"
        case .snsTopic: "AWS::SNS::Topic"
        case .sqsQueue: "AWS::SQS::Queue"
        case .s3ExpressDirectoryBucket: "AWS::S3Express::DirectoryBucket"
        case .dynamodbStream: "AWS::DynamoDB::Stream"
        case .dynamodbTable: "AWS::DynamoDB::Table"
        }
    }

    /// The service in the ARNs of the type, and what their last part begins with.
    private var form: (service: String, prefix: String) {
        switch self {
        case .ebsSnapshot: ("ec2", "snapshot/")
        case .ecrRepository: ("ecr", "repository/")
        case .iamRole: ("iam", "role/")
        case .efsFileSystem: ("elasticfilesystem", "file-system/")
        case .kmsKey: ("kms", "key/")
        case .rdsDbClusterSnapshot: ("rds", "cluster-snapshot:")
        case .rdsDbSnapshot: ("rds", "snapshot:")
        case .secretsManagerSecret: ("secretsmanager", "secret:")
        case .s3Bucket: ("s3", "")
        case .snsTopic: ("sns", "")
        case .sqsQueue: ("sqs", "")
        case .s3ExpressDirectoryBucket: ("s3express", "bucket/")
        case .dynamodbStream, .dynamodbTable: ("dynamodb", "table/")
        }
    }

    /// Whether an ARN names a resource of the type that an analyzer looks at: in its account and Region, where the ARN says
    /// those.
    func names(_ text: String, _ analyzer: Analyzer) -> Bool {
        guard let arn = ARN(parsing: text), arn.partition == "aws", arn.service == form.service,
            arn.resource.hasPrefix(form.prefix), arn.resource.utf8.count > form.prefix.utf8.count
        else { return false }
        let isInRegion = arn.region == analyzer.region
        switch self {
        case .s3Bucket: return arn.region.isEmpty && arn.account.isEmpty && !arn.resource.contains("/")
        case .iamRole: return arn.region.isEmpty && arn.account == analyzer.accountID
        // Snapshots' ARNs have no account, as AWS writes them.
        case .ebsSnapshot: return isInRegion && (arn.account.isEmpty || arn.account == analyzer.accountID)
        case .dynamodbStream:
            return isInRegion && arn.account == analyzer.accountID && arn.resource.contains("/stream/")
        case .dynamodbTable:
            return isInRegion && arn.account == analyzer.accountID && !arn.resource.contains("/stream/")
        default: return isInRegion && arn.account == analyzer.accountID
        }
    }
}
