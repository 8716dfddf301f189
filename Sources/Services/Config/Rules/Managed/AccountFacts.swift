import Wire

/// What rules about an account ask of services.
enum AccountFact: Sendable, CaseIterable {
    case summary, passwordPolicy, credentials, policyUse, organization, securityContact, trails, keys, logGroups, alarms
    case shield, webACLs, accountBlock, networks, instances, volumeEncryption, publicSnapshots
}

/// What services have told of an account in a Region.
struct AccountFacts: Sendable {
    var account: String
    var region: String
    /// Seconds since 1970.
    var now: Double
    /// `AccountMFAEnabled` and others.
    var summary: [String: Int] = [:]
    /// Whether the MFA device of the root user is a virtual one.
    var hasVirtualRootDevice = false
    /// nil: the account has none of its own.
    var passwordPolicy: PasswordPolicy?
    var users: [User] = []
    /// The ARN of the policy that was asked about, with what it is attached to: `AWS::IAM::User` and so on.
    var policyUse: [PolicyUse] = []
    /// The management account; nil: it is in no organization.
    var managementAccount: String?
    var hasSecurityContact = false
    var trails: [Trail] = []
    var keys: [Key] = []
    var logGroups: [LogGroup] = []
    var alarms: [Alarm] = []
    /// nil: there is no subscription.
    var shield: Shield?
    var webACLs: [WebACL] = []
    var networks: [VPC] = []
    var instances: [Instance] = []
    /// Whether new volumes are encrypted, whatever their requests say.
    var encryptsVolumes = false
    /// The ids of snapshots that everybody may make volumes of.
    var publicSnapshots: [String] = []
    /// What is blocked for all buckets, by the names of configuration items.
    var accountBlock: JSONValue?

    struct VPC: Sendable {
        var id: String
        /// `ACCEPT`, `REJECT` or `ALL`: what its flow logs write down.
        var logged: Set<String> = []
    }

    struct Instance: Sendable {
        var id: String
        /// `stopped`
        var state: String
        /// Since when it is stopped, in seconds since 1970; nil: it is not, or it can't be told.
        var stopped: Double?
    }

    struct PasswordPolicy: Sendable {
        var minimumLength = 6
        var requiresSymbols = false
        var requiresNumbers = false
        var requiresUppercase = false
        var requiresLowercase = false
        var maxAge: Int?
        var reusePrevention: Int?
    }

    /// A line of the credential report. Times are in seconds since 1970.
    struct User: Sendable {
        var name: String
        /// AWS Config's id: the unique one.
        var id: String
        var hasPassword = false
        var passwordUsed: Double?
        var passwordChanged: Double?
        var hasMFA = false
        var keys: [AccessKey] = []
        var created: Double = 0
    }

    struct AccessKey: Sendable {
        var isActive: Bool
        var rotated: Double?
        var used: Double?
    }

    enum PolicyUse: String, Sendable {
        case user = "IAM_USER"
        case group = "IAM_GROUP"
        case role = "IAM_ROLE"
    }

    struct Trail: Sendable {
        var name: String
        var arn: String
        var isLogging = true
        var isMultiRegion = false
        var includesGlobalEvents = true
        var validatesFiles = false
        var keyID: String?
        var bucket: String?
        var topicARN: String?
        var logGroupARN: String?
        /// When events reached the log group last; nil: never.
        var logsDelivered: Double?
        /// `All`, `ReadOnly`, `WriteOnly` of those that have management events.
        var managementEvents: String?
        var excludesServices = false
        /// The buckets whose data events it has; `*` for all.
        var dataEventBuckets: [String] = []
    }

    struct Key: Sendable {
        var id: String
        var isCustomerManaged = true
        var isSymmetric = true
        var isOfKMS = true
        var state = "Enabled"
        var rotates = false
    }

    struct LogGroup: Sendable {
        var name: String
        var keyID: String?
        var retention: Int?
    }

    struct Alarm: Sendable {
        var name: String
        var metric: String
        /// The values of its dimensions.
        var resources: [String]
    }

    struct Shield: Sendable {
        var isRenewed: Bool
        var hasResponseTeamRole: Bool
    }

    struct WebACL: Sendable {
        var arn: String
        var id: String
        var logDestinations: [String]
    }
}
