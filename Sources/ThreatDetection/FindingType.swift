/// The types of findings that are made here, by their documented meaning, with their severities.
/// <https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-active.html>
public struct FindingType: Sendable, Hashable {
    /// As AWS names it.
    public let name: String
    public let severity: Double
    /// What its findings are about.
    public let subject: Detection.Subject
    /// Whether it is found in data events of S3, which a feature of its own has looked at.
    public let isOfData: Bool

    private init(_ name: String, _ severity: Double, _ subject: Detection.Subject = .accessKey, isOfData: Bool = false)
    {
        (self.name, self.severity, self.subject, self.isOfData) = (name, severity, subject, isOfData)
    }

    private static let (low, medium, high, critical) = (2.0, 5.0, 8.0, 9.0)

    static let rootUse = FindingType("Policy:IAMUser/RootCredentialUsage", low)
    static let shortRootUse = FindingType("Policy:IAMUser/ShortTermRootCredentialUsage", low)
    static let trailDisabled = FindingType("Stealth:IAMUser/CloudTrailLoggingDisabled", low)
    static let passwordPolicy = FindingType("Stealth:IAMUser/PasswordPolicyChange", low)
    static let consoleLogins = FindingType("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", medium)
    static let credentialsOutside = FindingType(
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", high)
    static let credentialsInside = FindingType(
        "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS", high)
    static let accessLogsDisabled = FindingType("Stealth:S3/ServerAccessLoggingDisabled", low, .bucket)
    static let accountBlockDisabled = FindingType("Policy:S3/AccountBlockPublicAccessDisabled", low, .bucket)
    static let bucketBlockDisabled = FindingType("Policy:S3/BucketBlockPublicAccessDisabled", low, .bucket)
    static let anonymousAccess = FindingType("Policy:S3/BucketAnonymousAccessGranted", high, .bucket)
    static let publicAccess = FindingType("Policy:S3/BucketPublicAccessGranted", high, .bucket)

    /// By what a user agent names.
    static func penTest(_ system: String, ofData: Bool) -> FindingType {
        ofData
            ? FindingType("PenTest:S3/\(system)", medium, .bucket, isOfData: true)
            : FindingType("PenTest:IAMUser/\(system)", medium)
    }

    /// Of a call that only looks, and of any other.
    static func maliciousIP(_ purpose: String, custom: Bool) -> FindingType {
        FindingType("\(purpose):IAMUser/MaliciousIPCaller\(custom ? ".Custom" : "")", medium)
    }
    static func tor(_ purpose: String) -> FindingType { FindingType("\(purpose):IAMUser/TorIPCaller", medium) }
    static func maliciousIPOfData(_ purpose: String, custom: Bool) -> FindingType {
        FindingType("\(purpose):S3/MaliciousIPCaller\(custom ? ".Custom" : "")", high, .bucket, isOfData: true)
    }
    static func torOfData(_ purpose: String) -> FindingType {
        FindingType("\(purpose):S3/TorIPCaller", purpose == "Discovery" ? medium : high, .bucket, isOfData: true)
    }

    static func anomalous(_ tactic: Tactic) -> FindingType {
        let severity: Double =
            switch tactic {
            case .discovery: low
            case .exfiltration, .impact: high
            default: medium
            }
        return FindingType("\(tactic.rawValue):IAMUser/AnomalousBehavior", severity)
    }
    static func anomalousOfData(_ kind: DataUse) -> FindingType {
        switch kind {
        case .list: FindingType("Discovery:S3/AnomalousBehavior", low, .bucket, isOfData: true)
        case .read: FindingType("Exfiltration:S3/AnomalousBehavior", high, .bucket, isOfData: true)
        case .write: FindingType("Impact:S3/AnomalousBehavior.Write", medium, .bucket, isOfData: true)
        case .delete: FindingType("Impact:S3/AnomalousBehavior.Delete", high, .bucket, isOfData: true)
        case .permission: FindingType("Impact:S3/AnomalousBehavior.Permission", high, .bucket, isOfData: true)
        }
    }
    static let compromisedCredentials = FindingType(
        "AttackSequence:IAM/CompromisedCredentials", critical, .sequence)
    static let compromisedData = FindingType("AttackSequence:S3/CompromisedData", critical, .sequence)

    /// All types, in the order of their names: what samples can be made of.
    public static let all: [FindingType] = {
        var all = [
            rootUse, shortRootUse, trailDisabled, passwordPolicy, consoleLogins, credentialsOutside,
            credentialsInside, accessLogsDisabled, accountBlockDisabled, bucketBlockDisabled, anonymousAccess,
            publicAccess, compromisedCredentials, compromisedData,
        ]
        for system in AttackSystem.names { all += [penTest(system, ofData: false), penTest(system, ofData: true)] }
        for purpose in ["Recon", "UnauthorizedAccess"] {
            all += [
                maliciousIP(purpose, custom: false), maliciousIP(purpose, custom: true), tor(purpose),
            ]
        }
        for purpose in ["Discovery", "Exfiltration", "Impact"] {
            all.append(maliciousIPOfData(purpose, custom: false))
        }
        all += [
            maliciousIPOfData("Discovery", custom: true), maliciousIPOfData("UnauthorizedAccess", custom: true),
            torOfData("Discovery"), torOfData("UnauthorizedAccess"),
        ]
        all += Tactic.allCases.map(anomalous) + DataUse.allCases.map(anomalousOfData)
        return all.sorted { $0.name < $1.name }
    }()

    /// The type of a name; nil: none that is made here has it.
    public static func named(_ name: String) -> FindingType? { all.first { $0.name == name } }
}
