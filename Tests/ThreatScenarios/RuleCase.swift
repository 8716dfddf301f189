public import ThreatDetection
import WAF

/// An attack that tells of itself, wherever it comes from, and something harmless that looks like it.
public struct RuleCase: Sendable {
    public let name: String
    /// What has to be found.
    public let type: String
    let attack: [Made]
    /// What the harmless one is, in words.
    public let twin: String
    let harmless: [Made]

    /// What detectors know besides: an instance, its role, and lists.
    public static let around: Surroundings = {
        func list(_ name: String, _ text: String, isCustom: Bool) -> AddressLists {
            AddressLists([AddressLists.List(name: name, isCustom: isCustom, [Network(text)].compactMap { $0 })])
        }
        var around = Surroundings(
            trusted: list("partners", "203.0.113.32/27", isCustom: true),
            threats: list("known", "203.0.113.0/26", isCustom: false)
                .adding(list("own", "198.18.0.0/15", isCustom: true)),
            tor: list("exits", "192.0.0.0/29", isCustom: false))
        around.instance = { id in
            id == "i-0123456789abcdef0" ? (account: "111122223333", addresses: ["10.1.0.30"]) : nil
        }
        around.owner = { $0 == "198.51.100.99" ? "444455556666" : nil }
        around.isRestricted = { $0 == "closed" }
        return around
    }()

    private static func one(_ source: String, _ name: String, _ change: (inout Made) -> Void = { _ in }) -> [Made] {
        [
            Made(source, name) {
                $0.time = DetectionTable.morning
                change(&$0)
            }
        ]
    }

    private static func asked(_ source: String, _ name: String, _ request: String) -> [Made] {
        one(source, name) { $0.request = request }
    }

    private static func object(_ name: String, _ change: (inout Made) -> Void) -> [Made] {
        one("s3", name) {
            ($0.isOfData, $0.request) = (true, #"{"bucketName":"uploads","key":"file-1"}"#)
            change(&$0)
        }
    }

    private static func policy(_ bucket: String, _ principal: String, _ condition: String = "") -> [Made] {
        asked(
            "s3", "PutBucketPolicy",
            #"{"bucketName":"\#(bucket)","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":\#(principal),"Action":"s3:GetObject","Resource":"arn:aws:s3:::\#(bucket)/*"\#(condition)}]}}"#
        )
    }

    private static func stolen(_ address: String, _ more: String = "", delivered: Bool = true) -> [Made] {
        one("s3", "ListBuckets") {
            QuietDays.server(&$0, DetectionTable.morning, key: "")
            ($0.isOfData, $0.request, $0.address, $0.more) = (false, "null", address, more)
            if delivered {
                $0.session = #","sessionContext":{"sessionIssuer":{"userName":"server"},"ec2RoleDelivery":"2.0"}"#
            }
        }
    }

    private static func login(_ address: String, _ minutes: Double, _ result: String = "Success") -> [Made] {
        one("signin", "ConsoleLogin") {
            ($0.time, $0.address) = (DetectionTable.morning + minutes * 60, address)
            ($0.isReadOnly, $0.response) = (false, #"{"ConsoleLogin":"\#(result)"}"#)
        }
    }

    private static let block =
        #"{"bucketName":"uploads","publicAccessBlockConfiguration":{"blockPublicAcls":true,"ignorePublicAcls":true,"blockPublicPolicy":false,"restrictPublicBuckets":true}}"#
    private static let strict =
        #"{"minimumPasswordLength":14,"requireSymbols":true,"requireNumbers":true,"requireUppercaseCharacters":true,"requireLowercaseCharacters":true}"#

    /// All of them.
    public static let all: [RuleCase] = [
        RuleCase(
            name: "the root user works", type: "Policy:IAMUser/RootCredentialUsage",
            attack: one("s3", "ListBuckets") { $0.type = "Root" }, twin: "a service calls in the course of it",
            harmless: one("kms", "Decrypt") { ($0.type, $0.session) = ("Root", #","invokedBy":"s3.amazonaws.com""#) }),
        RuleCase(
            name: "a session of AssumeRoot works", type: "Policy:IAMUser/ShortTermRootCredentialUsage",
            attack: one("s3", "GetBucketPolicy") {
                ($0.type, $0.session) = ("Root", #","sessionContext":{"assumedRoot":"true"}"#)
            }, twin: "somebody else's call", harmless: one("s3", "GetBucketPolicy")),
        RuleCase(
            name: "a trail stops", type: "Stealth:IAMUser/CloudTrailLoggingDisabled",
            attack: asked("cloudtrail", "StopLogging", #"{"name":"t"}"#), twin: "it was refused",
            harmless: one("cloudtrail", "StopLogging") { ($0.request, $0.error) = (#"{"name":"t"}"#, "AccessDenied") }),
        RuleCase(
            name: "a trail leaves Regions out", type: "Stealth:IAMUser/CloudTrailLoggingDisabled",
            attack: asked("cloudtrail", "UpdateTrail", #"{"name":"t","isMultiRegionTrail":false}"#),
            twin: "another bucket for it",
            harmless: asked("cloudtrail", "UpdateTrail", #"{"name":"t","s3BucketName":"b"}"#)),
        RuleCase(
            name: "passwords may be shorter", type: "Stealth:IAMUser/PasswordPolicyChange",
            attack: asked("iam", "UpdateAccountPasswordPolicy", strict)
                + asked("iam", "UpdateAccountPasswordPolicy", strict.replacing("14", with: "10")),
            twin: "they have to be longer",
            harmless: asked("iam", "UpdateAccountPasswordPolicy", strict)
                + asked("iam", "UpdateAccountPasswordPolicy", strict.replacing("14", with: "20"))),
        RuleCase(
            name: "a bucket's access logs end", type: "Stealth:S3/ServerAccessLoggingDisabled",
            attack: asked("s3", "PutBucketLogging", #"{"bucketName":"uploads","bucketLoggingStatus":{}}"#),
            twin: "they begin",
            harmless: asked(
                "s3", "PutBucketLogging",
                #"{"bucketName":"uploads","bucketLoggingStatus":{"loggingEnabled":{"targetBucket":"logs"}}}"#)),
        RuleCase(
            name: "Block Public Access of a bucket", type: "Policy:S3/BucketBlockPublicAccessDisabled",
            attack: asked("s3", "PutBucketPublicAccessBlock", block), twin: "all four settings are on",
            harmless: asked("s3", "PutBucketPublicAccessBlock", block.replacing("false", with: "true"))),
        RuleCase(
            name: "Block Public Access of the account", type: "Policy:S3/AccountBlockPublicAccessDisabled",
            attack: asked("s3", "DeleteAccountPublicAccessBlock", #"{"accountId":"111122223333"}"#),
            twin: "it was refused",
            harmless: one("s3", "DeleteAccountPublicAccessBlock") { $0.error = "AccessDenied" }),
        RuleCase(
            name: "a bucket for everybody, by policy", type: "Policy:S3/BucketAnonymousAccessGranted",
            attack: policy("uploads", #""*""#), twin: "for everybody of one network",
            harmless: policy("uploads", #""*""#, #","Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#)),
        RuleCase(
            name: "a bucket for everybody, by its list", type: "Policy:S3/BucketAnonymousAccessGranted",
            attack: asked("s3", "PutBucketAcl", #"{"bucketName":"uploads","x-amz-acl":"public-read"}"#),
            twin: "while Block Public Access is on",
            harmless: asked("s3", "PutBucketAcl", #"{"bucketName":"closed","x-amz-acl":"public-read"}"#)),
        RuleCase(
            name: "a bucket for all users of AWS", type: "Policy:S3/BucketPublicAccessGranted",
            attack: asked("s3", "PutBucketAcl", #"{"bucketName":"uploads","x-amz-acl":"authenticated-read"}"#),
            twin: "for its owner alone",
            harmless: asked("s3", "PutBucketAcl", #"{"bucketName":"uploads","x-amz-acl":"private"}"#)),
        RuleCase(
            name: "Kali Linux", type: "PenTest:IAMUser/KaliLinux",
            attack: one("iam", "ListRoles") { $0.agent = "aws-cli/2.31.0 Linux/6.6.9-kali1-amd64" },
            twin: "a program named Kalium", harmless: one("iam", "ListRoles") { $0.agent = "aws-cli/2.31.0 kalium/1" }),
        RuleCase(
            name: "Parrot, at objects", type: "PenTest:S3/ParrotLinux",
            attack: object("GetObject") { $0.agent = "aws-cli/2.31.0 Linux/6.5.0-13parrot1-amd64" },
            twin: "a program named Parroting",
            harmless: object("GetObject") { $0.agent = "aws-cli/2.31.0 parroting/1" }),
        RuleCase(
            name: "an address of the account's list", type: "Recon:IAMUser/MaliciousIPCaller.Custom",
            attack: one("iam", "ListRoles") { $0.address = "198.18.1.1" }, twin: "the address next to it",
            harmless: one("iam", "ListRoles") { $0.address = "198.20.0.0" }),
        RuleCase(
            name: "an address of the operator's list", type: "UnauthorizedAccess:IAMUser/MaliciousIPCaller",
            attack: one("iam", "TagUser") { $0.address = "203.0.113.7" }, twin: "an address that is trusted",
            harmless: one("iam", "TagUser") { $0.address = "203.0.113.40" }),
        RuleCase(
            name: "a Tor exit", type: "Recon:IAMUser/TorIPCaller",
            attack: one("iam", "ListRoles") { $0.address = "192.0.0.1" }, twin: "the address next to it",
            harmless: one("iam", "ListRoles") { $0.address = "192.0.0.8" }),
        RuleCase(
            name: "objects, from a Tor exit", type: "UnauthorizedAccess:S3/TorIPCaller",
            attack: object("GetObject") { $0.address = "192.0.0.1" }, twin: "a service called",
            harmless: object("GetObject") { $0.address = "athena.amazonaws.com" }),
        RuleCase(
            name: "credential-access.ec2-steal-instance-credentials",
            type: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
            attack: stolen("185.220.101.5"), twin: "the instance itself", harmless: stolen("10.1.0.30")),
        RuleCase(
            name: "an instance's credentials at another account's instance",
            type: "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS",
            attack: stolen("198.51.100.99"), twin: "the role, assumed by a person",
            harmless: stolen("185.220.101.5", delivered: false)),
        RuleCase(
            name: "initial-access.console-login-without-mfa, while its owner works",
            type: "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B",
            attack: login("192.0.2.10", 0) + login("185.220.101.5", 20), twin: "the password was wrong",
            harmless: login("192.0.2.10", 0) + login("185.220.101.5", 20, "Failure")),
    ]
}
