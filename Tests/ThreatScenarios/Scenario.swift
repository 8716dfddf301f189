import ThreatDetection

/// An attack, as the calls that it consists of. The names are those of public catalogues; the calls are our own.
public struct Scenario: Sendable {
    /// One call of an attack.
    struct Step: Sendable {
        let source: String
        let name: String
        var request = "null"
        var isOfData = false
        var error: String?
        var count = 1

        init(
            _ source: String, _ name: String, _ request: String = "null", data: Bool = false, error: String? = nil,
            count: Int = 1
        ) {
            (self.source, self.name, self.request) = (source, name, request)
            (isOfData, self.error, self.count) = (data, error, count)
        }
    }

    /// Whose credentials are used.
    enum Victim: Sendable { case alice, server }

    /// From where, and with what: how much an attacker gives away.
    public enum Manner: String, Sendable, CaseIterable {
        /// From a network that nobody of the account has used, with a program that nobody has used.
        case stranger = "from elsewhere"
        /// From the victim's own network, with a program that nobody has used.
        case inside = "from the victim's network"
        /// From the victim's own network, with the victim's own program.
        case imitator = "as the victim works"
    }

    /// As the catalogue names it.
    public let name: String
    /// The technique of MITRE ATT&CK.
    public let technique: String
    let victim: Victim
    let steps: [Step]

    init(_ name: String, _ technique: String, _ victim: Victim, _ steps: [Step]) {
        (self.name, self.technique, self.victim, self.steps) = (name, technique, victim, steps)
    }

    init(_ name: String, _ technique: String, _ steps: [Step]) { self.init(name, technique, .alice, steps) }

    /// What is found of an attack.
    public struct Outcome: Sendable, Equatable {
        /// In the order of their names.
        public let types: [String]
        /// After which call there was the first finding; nil: there was none.
        public let after: Int?
    }

    /// How many calls it consists of.
    public var calls: Int { steps.reduce(0) { $0 + $1.count } }

    /// Has it happen to a detector that has learnt.
    public func outcome(_ manner: Manner, _ learnt: Remembered, at time: Double) -> Outcome {
        var memory = learnt
        var types: Set<String> = []
        var after: Int?
        for (number, event) in events(manner, at: time).enumerated() {
            let found = memory.see(event)
            types.formUnion(found.map(\.type.name))
            if after == nil, !found.isEmpty { after = number + 1 }
        }
        return Outcome(types: types.sorted(), after: after)
    }

    /// What it consists of, from a time on: a call every five seconds.
    public func events(_ manner: Manner, at time: Double) -> [Made] {
        steps.flatMap { step in [Step](repeating: step, count: step.count) }.enumerated().map { number, step in
            made(step, manner, at: time + Double(number) * 5)
        }
    }

    private func made(_ step: Step, _ manner: Manner, at time: Double) -> Made {
        Made(step.source, step.name) {
            if victim == .server { QuietDays.server(&$0, time, key: "file-1") }
            ($0.time, $0.request, $0.isOfData, $0.error) = (time, step.request, step.isOfData, step.error)
            if step.name == "GetFederationToken" || step.name == "GetPasswordData" { $0.isReadOnly = false }
            switch manner {
            case .stranger: ($0.address, $0.agent) = ("185.220.101.5", "python-requests/2.31")
            case .inside: $0.agent = "python-requests/2.31"
            case .imitator: break
            }
        }
    }

    // MARK: - The catalogue

    /// What nearly every tool for attacks looks at first.
    public static let enumeration: [(String, String)] = [
        ("sts", "GetCallerIdentity"), ("iam", "GetUser"), ("iam", "GetAccountSummary"), ("iam", "ListUsers"),
        ("iam", "ListPolicies"), ("iam", "GetAccountAuthorizationDetails"), ("ec2", "DescribeSnapshots"),
        ("cloudtrail", "DescribeTrails"), ("guardduty", "ListDetectors"), ("secretsmanager", "ListSecrets"),
    ]

    private static func objects(_ bucket: String, _ name: String, _ count: Int) -> Step {
        Step("s3", name, #"{"bucketName":"\#(bucket)","key":"customers.csv"}"#, data: true, count: count)
    }

    /// Stolen credentials, by the tactics of Stratus Red Team's catalogue, and of ATT&CK's.
    /// <https://stratus-red-team.cloud/attack-techniques/AWS/>
    public static let all: [Scenario] = [
        Scenario(
            "credential-access.ec2-get-password-data", "T1552",
            [Step("ec2", "GetPasswordData", error: "Client.UnauthorizedOperation", count: 30)]),
        Scenario(
            "credential-access.secretsmanager-retrieve-secrets", "T1552",
            [Step("secretsmanager", "ListSecrets"), Step("secretsmanager", "GetSecretValue", count: 20)]),
        Scenario(
            "credential-access.secretsmanager-batch-retrieve-secrets", "T1552",
            [Step("secretsmanager", "BatchGetSecretValue", count: 2)]),
        Scenario(
            "credential-access.ssm-retrieve-securestring-parameters", "T1552",
            [
                Step("ssm", "DescribeParameters"), Step("ssm", "GetParameters", count: 5),
                Step("kms", "Decrypt", count: 5),
            ]),
        Scenario(
            "defense-evasion.cloudtrail-delete", "T1562.008", [Step("cloudtrail", "DeleteTrail", #"{"name":"t"}"#)]),
        Scenario("defense-evasion.cloudtrail-stop", "T1562.008", [Step("cloudtrail", "StopLogging", #"{"name":"t"}"#)]),
        Scenario(
            "defense-evasion.cloudtrail-event-selectors", "T1562.008",
            [Step("cloudtrail", "PutEventSelectors", #"{"trailName":"t"}"#)]),
        Scenario(
            "defense-evasion.cloudtrail-lifecycle-rule", "T1562.008",
            [Step("s3", "PutBucketLifecycle", #"{"bucketName":"trail-logs"}"#)]),
        Scenario(
            "defense-evasion.dns-delete-logs", "T1562.008",
            [
                Step("route53resolver", "DisassociateResolverQueryLogConfig"),
                Step("route53resolver", "DeleteResolverQueryLogConfig"),
            ]),
        Scenario(
            "defense-evasion.organizations-leave", "T1562.008",
            [Step("organizations", "LeaveOrganization", error: "AccessDeniedException")]),
        Scenario("defense-evasion.vpc-remove-flow-logs", "T1562.008", [Step("ec2", "DeleteFlowLogs")]),
        Scenario(
            "discovery.ec2-enumerate-from-instance", "T1580", .server,
            enumeration.map { Step($0.0, $0.1, error: $0.1.hasPrefix("Get") ? "AccessDenied" : nil) }),
        Scenario(
            "discovery.ec2-download-user-data", "T1552.005",
            [Step("ec2", "DescribeInstanceAttribute", error: "Client.UnauthorizedOperation", count: 15)]),
        Scenario(
            "discovery.ses-enumerate", "T1087",
            [
                Step("ses", "GetAccountSendingEnabled"), Step("ses", "GetSendQuota"), Step("ses", "ListIdentities"),
                Step("ses", "GetIdentityVerificationAttributes"),
            ]),
        Scenario(
            "execution.ec2-launch-unusual-instances", "T1204.003",
            [Step("ec2", "RunInstances", error: "Client.UnauthorizedOperation", count: 2)]),
        Scenario(
            "execution.ec2-user-data", "T1059.009",
            [Step("ec2", "StopInstances"), Step("ec2", "ModifyInstanceAttribute"), Step("ec2", "StartInstances")]),
        Scenario("execution.ssm-send-command", "T1651", [Step("ssm", "SendCommand", count: 3)]),
        Scenario("execution.ssm-start-session", "T1021.007", [Step("ssm", "StartSession", count: 3)]),
        Scenario(
            "exfiltration.ec2-security-group-open-port-22-ingress", "T1562.007",
            [Step("ec2", "AuthorizeSecurityGroupIngress")]),
        Scenario("exfiltration.ec2-share-ami", "T1537", [Step("ec2", "ModifyImageAttribute")]),
        Scenario(
            "exfiltration.ec2-share-ebs-snapshot", "T1537",
            [Step("ec2", "CreateSnapshot"), Step("ec2", "ModifySnapshotAttribute")]),
        Scenario("exfiltration.rds-share-snapshot", "T1537", [Step("rds", "ModifyDBSnapshotAttribute")]),
        Scenario(
            "exfiltration.s3-backdoor-bucket-policy", "T1537",
            [
                Step(
                    "s3", "PutBucketPolicy",
                    #"{"bucketName":"payroll","bucketPolicy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::payroll/*"}]}}"#
                )
            ]),
        Scenario(
            "impact.s3-ransomware-batch-deletion", "T1485",
            [
                objects("payroll", "ListObjectVersions", 2), objects("payroll", "GetObject", 50),
                objects("payroll", "DeleteObjects", 1), objects("payroll", "PutObject", 1),
            ]),
        Scenario(
            "impact.s3-ransomware-client-side-encryption", "T1486",
            [
                objects("payroll", "ListObjectVersions", 1), objects("payroll", "GetObject", 50),
                objects("payroll", "PutObject", 50),
            ]),
        Scenario(
            "impact.s3-ransomware-individual-deletion", "T1485",
            [objects("payroll", "ListObjectVersions", 1), objects("payroll", "DeleteObject", 50)]),
        Scenario(
            "lateral-movement.ec2-instance-connect", "T1021",
            [Step("ec2-instance-connect", "SendSSHPublicKey", count: 3)]),
        Scenario("persistence.iam-backdoor-role", "T1098", [Step("iam", "UpdateAssumeRolePolicy")]),
        Scenario("persistence.iam-backdoor-user", "T1098.001", [Step("iam", "CreateAccessKey")]),
        Scenario(
            "persistence.iam-create-admin-user", "T1136.003",
            [Step("iam", "CreateUser"), Step("iam", "AttachUserPolicy"), Step("iam", "CreateAccessKey")]),
        Scenario(
            "persistence.iam-create-backdoor-role", "T1098",
            [Step("iam", "CreateRole"), Step("iam", "AttachRolePolicy")]),
        Scenario("persistence.iam-create-user-login-profile", "T1098.001", [Step("iam", "CreateLoginProfile")]),
        Scenario("persistence.lambda-backdoor-function", "T1098", [Step("lambda", "AddPermission20150331v2")]),
        Scenario("persistence.lambda-overwrite-code", "T1525", [Step("lambda", "UpdateFunctionCode20150331v2")]),
        Scenario(
            "persistence.rolesanywhere-create-trust-anchor", "T1550",
            [
                Step("rolesanywhere", "CreateTrustAnchor"), Step("iam", "CreateRole"),
                Step("rolesanywhere", "CreateProfile"),
            ]),
        Scenario(
            "persistence.sts-federation-token", "T1550.001",
            [Step("sts", "GetFederationToken"), Step("iam", "ListUsers")]),
        Scenario(
            "privilege-escalation.iam-update-user-login-profile", "T1098", [Step("iam", "UpdateLoginProfile")]),
        Scenario(
            "privilege-escalation.iam-create-policy-version", "T1098.003", [Step("iam", "CreatePolicyVersion")]),
        Scenario(
            "data taken from a bucket", "T1530",
            [objects("payroll", "ListObjects", 1), objects("payroll", "GetObject", 5)]),
        Scenario("data taken from a known bucket, in bulk", "T1530", .server, [objects("uploads", "GetObject", 400)]),
        Scenario("looking around", "T1087.004", enumeration.map { Step($0.0, $0.1) }),
        Scenario(
            "a password policy made weak", "T1556",
            [Step("iam", "UpdateAccountPasswordPolicy", #"{"minimumPasswordLength":6}"#)]),
        Scenario(
            "a bucket opened to everybody", "T1562",
            [
                Step("s3", "DeleteBucketPublicAccessBlock", #"{"bucketName":"payroll"}"#),
                Step("s3", "PutBucketAcl", #"{"bucketName":"payroll","x-amz-acl":"public-read"}"#),
            ]),
        Scenario(
            "access logs switched off", "T1562.008",
            [Step("s3", "PutBucketLogging", #"{"bucketName":"payroll","bucketLoggingStatus":{}}"#)]),
    ]
}
