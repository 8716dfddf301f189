/// What an attacker is after with a call, in the words of the types of findings.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-format.html#guardduty_threat_purposes>
public enum Tactic: String, Sendable, Codable, CaseIterable {
    case credentialAccess = "CredentialAccess"
    case defenseEvasion = "DefenseEvasion"
    case discovery = "Discovery"
    case exfiltration = "Exfiltration"
    case impact = "Impact"
    case initialAccess = "InitialAccess"
    case persistence = "Persistence"
    case privilegeEscalation = "PrivilegeEscalation"

    /// Which calls serve a tactic: those that AWS's page gives as examples, and those of public catalogues of techniques that do the
    /// same.
    /// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-iam.html>
    static let calls: [String: Tactic] = {
        let table: [(Tactic, String)] = [
            (
                .credentialAccess,
                "secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue ssm:GetParameter ssm:GetParameters "
                    + "ssm:GetParametersByPath ec2:GetPasswordData kms:Decrypt rds:GenerateDbAuthToken"
            ),
            (
                .defenseEvasion,
                "cloudtrail:StopLogging cloudtrail:DeleteTrail cloudtrail:UpdateTrail cloudtrail:PutEventSelectors "
                    + "cloudtrail:DeleteEventDataStore logs:DeleteLogGroup logs:DeleteLogStream logs:PutRetentionPolicy "
                    + "ec2:DeleteFlowLogs config:DeleteConfigurationRecorder config:StopConfigurationRecorder "
                    + "config:DeleteDeliveryChannel guardduty:DeleteDetector guardduty:UpdateDetector "
                    + "guardduty:CreateIPSet guardduty:CreateFilter monitoring:DeleteAlarms "
                    + "monitoring:DisableAlarmActions events:DisableRule events:DeleteRule wafv2:DeleteWebACL "
                    + "wafv2:DisassociateWebACL access-analyzer:DeleteAnalyzer inspector2:Disable "
                    + "route53resolver:DeleteResolverQueryLogConfig "
                    + "route53resolver:DisassociateResolverQueryLogConfig"
            ),
            (
                .discovery,
                "iam:ListUsers iam:ListRoles iam:ListPolicies iam:ListGroups iam:ListAccessKeys "
                    + "iam:GetAccountAuthorizationDetails iam:GetAccountSummary iam:GetUser iam:ListUserPolicies "
                    + "iam:ListAttachedUserPolicies iam:ListAttachedRolePolicies iam:ListRolePolicies "
                    + "iam:ListMFADevices iam:SimulatePrincipalPolicy iam:ListInstanceProfiles iam:GetRolePolicy "
                    + "iam:GetUserPolicy iam:GetGroupPolicy iam:GenerateServiceLastAccessedDetails "
                    + "organizations:ListAccounts organizations:DescribeOrganization s3:ListBuckets "
                    + "s3:GetBucketAcl s3:GetBucketPolicy s3:GetBucketLocation ec2:DescribeInstances "
                    + "ec2:DescribeSecurityGroups ec2:DescribeVpcs ec2:DescribeSubnets ec2:DescribeSnapshots "
                    + "ec2:DescribeImages ec2:DescribeVolumes ec2:DescribeNetworkInterfaces ec2:DescribeKeyPairs "
                    + "cloudtrail:DescribeTrails cloudtrail:GetTrailStatus cloudtrail:LookupEvents "
                    + "guardduty:ListDetectors config:DescribeConfigurationRecorders kms:ListKeys kms:ListAliases "
                    + "secretsmanager:ListSecrets ssm:DescribeParameters logs:DescribeLogGroups sns:ListTopics "
                    + "sqs:ListQueues cognito-idp:ListUserPools cognito-identity:ListIdentityPools "
                    + "rds:DescribeDBInstances lambda:ListFunctions20150331 ses:ListIdentities ses:GetSendQuota "
                    + "ses:GetAccountSendingEnabled ses:GetIdentityVerificationAttributes "
                    + "ec2:DescribeInstanceAttribute"
            ),
            (
                .exfiltration,
                "ec2:CreateSnapshot ec2:ModifySnapshotAttribute ec2:ModifyImageAttribute ec2:CopySnapshot "
                    + "s3:PutBucketReplication rds:ModifyDBSnapshotAttribute rds:CreateDBSnapshot "
                    + "rds:RestoreDBInstanceFromDBSnapshot"
            ),
            (
                .impact,
                "s3:DeleteBucket s3:PutBucketPolicy s3:PutBucketLifecycle iam:UpdateUser iam:DeleteUser iam:DeleteRole "
                    + "iam:DeleteAccessKey ec2:DeleteSecurityGroup ec2:AuthorizeSecurityGroupIngress "
                    + "ec2:TerminateInstances ec2:DeleteVolume ec2:DeleteSnapshot kms:ScheduleKeyDeletion "
                    + "kms:DisableKey kms:PutKeyPolicy rds:DeleteDBInstance sns:DeleteTopic sqs:DeleteQueue "
                    + "cognito-idp:DeleteUserPool organizations:LeaveOrganization"
            ),
            (
                .initialAccess,
                "sts:GetFederationToken sts:GetSessionToken ssm:StartSession ecr:GetAuthorizationToken "
                    + "ec2-instance-connect:SendSSHPublicKey ec2-instance-connect:SendSerialConsoleSSHPublicKey"
            ),
            (
                .persistence,
                "iam:CreateUser iam:CreateAccessKey iam:CreateLoginProfile iam:UpdateLoginProfile iam:CreateRole "
                    + "iam:UpdateAssumeRolePolicy iam:CreateVirtualMFADevice iam:DeactivateMFADevice "
                    + "iam:UploadSSHPublicKey iam:CreateSAMLProvider iam:CreateOpenIDConnectProvider ec2:ImportKeyPair "
                    + "ec2:CreateKeyPair ec2:ModifyInstanceAttribute ec2:RunInstances cognito-idp:AdminCreateUser "
                    + "ssm:SendCommand rolesanywhere:CreateTrustAnchor rolesanywhere:CreateProfile "
                    + "lambda:AddPermission20150331v2 lambda:UpdateFunctionCode20150331v2 "
                    + "lambda:CreateFunction20150331"
            ),
            (
                .privilegeEscalation,
                "iam:AttachUserPolicy iam:AttachRolePolicy iam:AttachGroupPolicy iam:PutUserPolicy iam:PutRolePolicy "
                    + "iam:PutGroupPolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion iam:AddUserToGroup "
                    + "iam:AddRoleToInstanceProfile iam:PutUserPermissionsBoundary iam:DeleteUserPermissionsBoundary "
                    + "iam:DeleteRolePermissionsBoundary iam:CreatePolicy ec2:AssociateIamInstanceProfile"
            ),
        ]
        return table.reduce(into: [:]) { calls, entry in
            for call in entry.1.split(separator: " ") { calls[String(call)] = entry.0 }
        }
    }()

    /// What it means, as titles say it.
    var purpose: String {
        switch self {
        case .credentialAccess: "gain access to credentials"
        case .defenseEvasion: "evade defensive measures"
        case .discovery: "discover resources"
        case .exfiltration: "collect data"
        case .impact: "tamper with data or processes"
        case .initialAccess: "gain unauthorized access"
        case .persistence: "maintain unauthorized access"
        case .privilegeEscalation: "obtain high-level permissions"
        }
    }
}

/// What a call does with the data in a bucket.
public enum DataUse: String, Sendable, CaseIterable {
    case list, read, write, delete, permission

    /// nil: none of these.
    init?(_ name: String) {
        switch name {
        case "ListObjects", "ListObjectVersions", "ListObjectsV2", "ListParts", "HeadBucket": self = .list
        case "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "HeadObject", "CopyObject",
            "SelectObjectContent", "GetObjectTorrent":
            self = .read
        case "PutObject", "CreateMultipartUpload", "CompleteMultipartUpload", "UploadPart", "UploadPartCopy",
            "PutObjectTagging", "RestoreObject", "UpdateObjectEncryption":
            self = .write
        case "DeleteObject", "DeleteObjects", "DeleteObjectTagging": self = .delete
        case "PutObjectAcl": self = .permission
        default: return nil
        }
    }

    /// The purposes of findings by lists.
    var purpose: String {
        switch self {
        case .list: "Discovery"
        case .read: "Exfiltration"
        default: "Impact"
        }
    }

    var words: String {
        switch self {
        case .list: "listed the objects of"
        case .read: "read objects of"
        case .write: "wrote objects into"
        case .delete: "deleted objects of"
        case .permission: "changed the permissions of objects in"
        }
    }
}

/// Systems that are made for penetration tests, by what clients call themselves on them.
enum AttackSystem {
    static let names = ["KaliLinux", "ParrotLinux", "PentooLinux"]
    private static let words: [(word: [UInt8], name: String)] = [
        (Array("kali".utf8), names[0]), (Array("parrot".utf8), names[1]), (Array("pentoo".utf8), names[2]),
    ]

    /// The system that a user agent names as a word of its own, as kernels' releases do: `Linux/4.18.0-kali2-amd64`.
    static func named(in userAgent: String) -> String? {
        var userAgent = userAgent
        return userAgent.withUTF8 { text in
            func lower(_ index: Int) -> UInt8 { text.indices.contains(index) ? text[index] | 0x20 : 0 }
            func isLetter(_ index: Int) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower(index)) }
            for index in text.indices {
                let first = text[index] | 0x20
                guard first == UInt8(ascii: "k") || first == UInt8(ascii: "p"), !isLetter(index - 1) else { continue }
                for (word, name) in words where word[0] == first && !isLetter(index + word.count) {
                    if word.indices.allSatisfy({ lower(index + $0) == word[$0] }) { return name }
                }
            }
            return nil
        }
    }
}
