import Mapping
import Platform
import Wire

extension EventParticulars {
    /// How CloudTrail records the calls of a service behind Gatehouse.
    ///
    /// AWS: "Logging data events", https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
    static func ofOuterService(_ entry: ServiceModels.Entry) -> EventParticulars {
        EventParticulars(
            source: "\(entry.signingName).amazonaws.com", listsResources: true,
            dataEvents: DataEvents.operations[entry.id] ?? [], hiddenMembers: [],
            found: { call, accesses, _, _ in
                accesses.compactMap { access in
                    guard access.access.resource != "*", let arn = access.arn else { return nil }
                    return ResourceNames.type(of: arn.service, arn.resource).map {
                        Resource(access.access.resource, $0, account: access.owner(call))
                    }
                }
            },
            parameters: { accesses in
                for access in accesses {
                    if let findings = access.access.learnt as? Findings { return findings.parameters }
                }
                return nil
            })
    }
}

/// The operations whose events are data events.
enum DataEvents {
    static func contains(_ operation: OperationShape, of service: String) -> Bool {
        operations[service]?.contains(operation.name) ?? false
    }

    /// By the service's id.
    static let operations: [String: Set<String>] = [
        "dynamodb": DynamoDBEvents.dataOperations,
        "dynamodbstreams": DynamoDBEvents.dataOperations,
        "kinesis": ["GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"],
        "lambda": ["Invoke", "InvokeAsync", "InvokeWithResponseStream"],
        "s3": [
            "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
            "DeleteObjectTagging", "DeleteObjects", "GetObject", "GetObjectAcl", "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadObject", "ListObjectVersions",
            "ListObjects",
            "ListObjectsV2", "ListParts", "PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention",
            "PutObjectTagging", "RestoreObject", "SelectObjectContent", "UploadPart", "UploadPartCopy",
        ],
        "sns": ["Publish", "PublishBatch"],
        "sqs": [
            "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage", "DeleteMessageBatch",
            "PurgeQueue",
            "ReceiveMessage", "SendMessage", "SendMessageBatch",
        ],
        "ssm": [],
        "stepfunctions": ["StartSyncExecution"],
    ]
}

/// What CloudTrail and CloudFormation call types of resources.
enum ResourceNames {
    /// - Parameters:
    ///   - service: of the ARN.
    ///   - resource: its last part.
    /// - Returns: nil where there is no name for it here.
    static func type(of service: String, _ resource: String) -> String? {
        let kind = Substring(resource.utf8.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") })
        switch (service, kind) {
        case ("dynamodb", "table"):
            // `table/NAME`, or `table/NAME/stream/LABEL`.
            let parts = resource.utf8.split(separator: UInt8(ascii: "/"), maxSplits: 3)
            return parts.count > 3 && parts[2].elementsEqual("stream".utf8)
                ? "AWS::DynamoDB::Stream" : "AWS::DynamoDB::Table"
        case ("ec2", "instance"): return "AWS::EC2::Instance"
        case ("ec2", "security-group"): return "AWS::EC2::SecurityGroup"
        case ("ec2", "subnet"): return "AWS::EC2::Subnet"
        case ("ec2", "vpc"): return "AWS::EC2::VPC"
        case ("ec2", "volume"): return "AWS::EC2::Volume"
        case ("ecr", "repository"): return "AWS::ECR::Repository"
        case ("events", "event-bus"): return "AWS::Events::EventBus"
        case ("events", "rule"): return "AWS::Events::Rule"
        case ("cloudformation", "stack"): return "AWS::CloudFormation::Stack"
        case ("iam", "role"): return "AWS::IAM::Role"
        case ("kinesis", "stream"): return "AWS::Kinesis::Stream"
        case ("kms", "key"): return "AWS::KMS::Key"
        case ("lambda", "function"): return "AWS::Lambda::Function"
        case ("lambda", "layer"): return "AWS::Lambda::LayerVersion"
        case ("rds", "db"): return "AWS::RDS::DBInstance"
        case ("rds", "cluster"): return "AWS::RDS::DBCluster"
        case ("s3", _): return resource.contains("/") ? "AWS::S3::Object" : "AWS::S3::Bucket"
        case ("secretsmanager", "secret"): return "AWS::SecretsManager::Secret"
        case ("sns", _): return "AWS::SNS::Topic"
        case ("sqs", _): return "AWS::SQS::Queue"
        case ("ssm", "parameter"): return "AWS::SSM::Parameter"
        case ("states", "stateMachine"): return "AWS::StepFunctions::StateMachine"
        default: return nil
        }
    }
}

/// The members that no event shows, besides those that the model calls sensitive: what a data plane carries.
enum HiddenMembers {
    private static let byService: [String: Set<String>] = [
        "dynamodb": [
            "Item", "Items", "AttributeUpdates", "Expected", "ExpressionAttributeValues", "Parameters", "PutRequest",
            "ScanFilter", "QueryFilter", "KeyConditions", "Attributes", "ItemCollectionMetrics", "Responses",
        ],
        "events": ["Detail"],
        "kinesis": ["Data", "Records"],
        "lambda": ["Payload", "ZipFile"],
        "s3": [],
        "secretsmanager": ["SecretString", "SecretBinary"],
        "sns": ["Message", "MessageAttributes", "PhoneNumber", "Subject"],
        "sqs": ["MessageBody", "MessageAttributes", "Messages", "Body"],
        "ssm": ["Value"],
        "stepfunctions": ["input", "output", "cause"],
    ]

    static func of(_ service: String, _ operation: OperationShape) -> Set<String> { byService[service] ?? [] }
}
