import ArgumentParser
import Policy
import Reasoning

struct CheckNoPublicAccess: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "no-public-access",
        abstract: "Does the policy of a resource grant anything to the public?",
        discussion: """
            gatehouse check no-public-access bucket-policy.json --type AWS::S3::Bucket

            The public is everybody whom the policy does not know: callers without credentials, and those of an account, an \
            organization, a VPC, an address or a source that it does not name.
            """)

    @Argument(help: "The resource's policy; - is standard input.")
    var policy: String

    @Option(help: "What the policy is of, as CloudFormation calls it.")
    var type: String

    @OptionGroup var options: CheckOptions

    func validate() throws {
        guard Self.types.contains(type) else {
            throw ValidationError(
                "--type takes one of Access Analyzer's resource types, not '\(type)': "
                    + Self.types.joined(separator: ", ") + ".")
        }
    }

    func run() throws {
        let isTrust = type == "AWS::IAM::AssumeRolePolicyDocument"
        let policy = try CheckedPolicy(policy, as: isTrust ? .roleTrust : .resource)
        let answer = Checks.withCatalogue.publicAccess(by: policy.symbolic)
        try CheckReport(
            "no-public-access", answer, of: policy,
            pass: "The resource policy does not grant public access for the given resource type.",
            fail: "The resource policy grants public access for the given resource type.",
            description: "Public access granted in the following statement", words: "grants this to the public"
        ).end(options.format)
    }

    /// AWS: `AccessCheckResourceType` of CheckNoPublicAccess, `API_CheckNoPublicAccess.html`.
    private static let types = [
        "AWS::ApiGateway::RestApi", "AWS::Backup::BackupVault", "AWS::CloudTrail::Dashboard",
        "AWS::CloudTrail::EventDataStore", "AWS::CodeArtifact::Domain", "AWS::DynamoDB::Stream", "AWS::DynamoDB::Table",
        "AWS::EFS::FileSystem", "AWS::IAM::AssumeRolePolicyDocument", "AWS::KMS::Key", "AWS::Kinesis::Stream",
        "AWS::Kinesis::StreamConsumer", "AWS::Lambda::Function", "AWS::OpenSearchService::Domain",
        "AWS::S3::AccessPoint", "AWS::S3::Bucket", "AWS::S3::Glacier", "AWS::S3Express::AccessPoint",
        "AWS::S3Express::DirectoryBucket", "AWS::S3Outposts::AccessPoint", "AWS::S3Outposts::Bucket",
        "AWS::S3Tables::Table", "AWS::S3Tables::TableBucket", "AWS::SNS::Topic", "AWS::SQS::Queue",
        "AWS::SecretsManager::Secret",
    ]
}
