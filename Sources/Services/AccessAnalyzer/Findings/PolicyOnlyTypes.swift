import Platform

extension AnalyzedResourceType {
    /// A type of which nothing but a policy is known, for policies that are handed in. nil: there is no such type.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-resources.html>
    static func policyOnly(_ name: String) -> AnalyzedResourceType? {
        guard let (prefix, types, inner) = policyTypes[name] else { return nil }
        return AnalyzedResourceType(
            name, actions: prefix, of: types, and: name == "AWS::IAM::Role" ? ["sts:AssumeRole"] : [],
            innerResources: inner, kinds: [], concerned: { _, _ in [] }, list: { _, _, _, _, _ in ([], nil) },
            fetch: { _, _ in nil })
    }

    private static let policyTypes: [String: (prefix: String, types: [String], inner: [String])] = [
        "AWS::S3::Bucket": ("s3", ["bucket", "object"], ["/*"]), "AWS::KMS::Key": ("kms", ["key"], []),
        "AWS::IAM::Role": ("sts", [], []), "AWS::SQS::Queue": ("sqs", ["queue"], []),
        "AWS::SNS::Topic": ("sns", ["topic"], []), "AWS::SecretsManager::Secret": ("secretsmanager", ["Secret"], []),
        "AWS::Lambda::Function": ("lambda", ["function", "function version", "function alias"], [":*"]),
        "AWS::Lambda::LayerVersion": ("lambda", ["layerVersion"], []),
        "AWS::ECR::Repository": ("ecr", ["repository"], []),
        "AWS::EFS::FileSystem": ("elasticfilesystem", ["file-system"], []),
        "AWS::DynamoDB::Table": ("dynamodb", ["table", "index"], ["/index/*"]),
        "AWS::DynamoDB::Stream": ("dynamodb", ["stream"], []),
        "AWS::S3Express::DirectoryBucket": ("s3express", ["bucket"], []),
        "AWS::EC2::Snapshot": ("ec2", ["snapshot"], []), "AWS::RDS::DBSnapshot": ("rds", ["snapshot"], []),
        "AWS::RDS::DBClusterSnapshot": ("rds", ["cluster-snapshot"], []),
    ]
}
