import KeyMaterial
import Ledger
import Platform
import Wire

// The keys that AWS manages: one for each service that encrypts for an account, made when it is first needed.
// <https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk>

enum ManagedKeys {
    /// The aliases of all of them.
    static let aliases = services.keys.map { "alias/aws/\($0)" }

    /// The services that have one, by what follows `alias/aws/`, with the name that the policy has for them.
    fileprivate static let services: [String: (endpoint: String, title: String)] = [
        "acm": ("acm", "ACM"), "backup": ("backup", "AWS Backup"), "codeartifact": ("codeartifact", "CodeArtifact"),
        "codecommit": ("codecommit", "CodeCommit"), "connect": ("connect", "Amazon Connect"),
        "dms": ("dms", "DMS"), "dynamodb": ("dynamodb", "Amazon DynamoDB"), "ebs": ("ec2", "EBS"),
        "elasticfilesystem": ("elasticfilesystem", "EFS"), "es": ("es", "Amazon OpenSearch Service"),
        "fsx": ("fsx", "FSx"), "glue": ("glue", "Glue"), "kafka": ("kafka", "Amazon MSK"),
        "kinesis": ("kinesis", "Kinesis"), "lambda": ("lambda", "AWS Lambda"),
        "rds": ("rds", "RDS"), "redshift": ("redshift", "Redshift"), "s3": ("s3", "S3"),
        "secretsmanager": ("secretsmanager", "AWS Secrets Manager"), "sns": ("sns", "SNS"), "sqs": ("sqs", "SQS"),
        "ssm": ("ssm", "Systems Manager"), "workspaces": ("workspaces", "Workspaces"),
    ]

    /// Whoever may use the service's resources in the account may use the key through it; to everybody else it only tells
    /// what it is.
    fileprivate static func policy(_ name: String, account: String, region: String) -> String? {
        guard let (endpoint, title) = services[name] else { return nil }
        return """
            {
              "Version" : "2012-10-17",
              "Id" : "auto-\(name)-2",
              "Statement" : [ {
                "Sid" : "Allow access through \(title) for all principals in the account that are authorized to use \(title)",
                "Effect" : "Allow",
                "Principal" : {
                  "AWS" : "*"
                },
                "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey" ],
                "Resource" : "*",
                "Condition" : {
                  "StringEquals" : {
                    "kms:CallerAccount" : "\(account)",
                    "kms:ViaService" : "\(endpoint).\(region).amazonaws.com"
                  }
                }
              }, {
                "Sid" : "Allow direct access to key metadata to the account",
                "Effect" : "Allow",
                "Principal" : {
                  "AWS" : "arn:aws:iam::\(account):root"
                },
                "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant" ],
                "Resource" : "*"
              } ]
            }
            """
    }
}

extension Call {
    /// The key that AWS would make for one of its services now; nil for other aliases, and for callers for whom it would
    /// make none.
    /// - Parameter arn: of the alias.
    func managedKey(forAlias arn: String) -> KeyTarget? {
        guard let range = arn.firstRange(of: ":alias/aws/"), operation == "DescribeKey" || isForAWSResource,
            arn.utf8.starts(with: "arn:aws:kms:\(region):\(accountID):".utf8)
        else { return nil }
        let name = String(arn[range.upperBound...])
        guard let policy = ManagedKeys.policy(name, account: accountID, region: region) else { return nil }
        let period = 365
        let key = Key(
            id: KeyIDs.make(isMultiRegion: false), accountID: accountID, region: region, creationDate: time,
            spec: .symmetricDefault, usage: .encryptDecrypt, origin: .kms, isAWSManaged: true,
            description: "Default key that protects my \(ManagedKeys.services[name]?.title ?? name) data "
                + "when no other key is defined",
            policy: policy, state: .enabled,
            rotation: Key.Rotation(period: period, since: time, next: time + Double(period) * 86_400))
        return KeyTarget(KeyEntry(key), alias: "alias/aws/\(name)", isNew: true)
    }

    /// The key of a request, which is made if it is one of AWS's that is not there yet.
    func existing(_ target: KeyTarget) async throws(ServiceError) -> KeyTarget {
        guard target.isNew, let name = target.alias else { return target }
        let material = try await KeyMaterial.making(.symmetricDefault)
        let (new, date) = (target.key, time)
        let id = try await keep { (records) throws(ServiceError) in
            // Somebody else may have been faster.
            if let alias = try records.get(Alias.self, name) { return alias.keyID }
            var key = new
            try key.begin(with: material, records)
            try key.scheduleRotation(records, notBefore: date)
            try records.put(key)
            try records.put(Alias(id: name, keyID: key.id, creationDate: date, lastUpdatedDate: date))
            return key.id
        }
        guard let entry = try await knownKey("arn:aws:kms:\(region):\(accountID):key/\(id)") else {
            throw .internalFailure
        }
        return KeyTarget(entry, alias: name)
    }
}
