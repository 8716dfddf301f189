public import Wire

/// What rules about an account ask of services.
package enum AccountFact: Sendable, CaseIterable {
    case summary, passwordPolicy, credentials, policyUse, organization, securityContact, trails, keys, logGroups, alarms
    case shield, webACLs, accountBlock, networks, instances, volumeEncryption, publicSnapshots, detector, threats
}

/// What services have told of an account in a Region.
package struct AccountFacts: Sendable {
    package var account: String
    package var region: String
    /// Seconds since 1970.
    package var now: Double
    /// `AccountMFAEnabled` and others.
    package var summary: [String: Int] = [:]
    /// Whether the MFA device of the root user is a virtual one.
    package var hasVirtualRootDevice = false
    /// nil: the account has none of its own.
    package var passwordPolicy: PasswordPolicy?
    package var users: [User] = []
    /// The ARN of the policy that was asked about, with what it is attached to: `AWS::IAM::User` and so on.
    package var policyUse: [PolicyUse] = []
    /// The management account; nil: it is in no organization.
    package var managementAccount: String?
    package var hasSecurityContact = false
    package var trails: [Trail] = []
    package var keys: [Key] = []
    package var logGroups: [LogGroup] = []
    package var alarms: [Alarm] = []
    /// nil: there is no subscription.
    package var shield: Shield?
    package var webACLs: [WebACL] = []
    /// GuardDuty's; nil: there is none.
    package var detector: Detector?
    /// What GuardDuty has found, and nobody has put away.
    package var threats: [Threat] = []
    package var networks: [VPC] = []
    package var instances: [Instance] = []
    /// Whether new volumes are encrypted, whatever their requests say.
    package var encryptsVolumes = false
    /// The ids of snapshots that everybody may make volumes of.
    package var publicSnapshots: [String] = []
    /// What is blocked for all buckets, by the names of configuration items.
    package var accountBlock: JSONValue?

    package init(account: String, region: String, now: Double) {
        self.account = account
        self.region = region
        self.now = now
    }

    package struct Detector: Sendable {
        package var isEnabled: Bool
        /// The account that sees its findings; nil: its own.
        package var administrator: String?

        package init(isEnabled: Bool, administrator: String? = nil) {
            self.isEnabled = isEnabled
            self.administrator = administrator
        }
    }

    package struct Threat: Sendable {
        /// 1 to 10.
        package var severity: Double
        /// When it was found, in seconds since 1970.
        package var found: Double

        package init(severity: Double, found: Double) {
            self.severity = severity
            self.found = found
        }
    }

    package struct VPC: Sendable {
        package var id: String
        /// `ACCEPT`, `REJECT` or `ALL`: what its flow logs write down.
        package var logged: Set<String> = []

        package init(id: String, logged: Set<String> = []) {
            self.id = id
            self.logged = logged
        }
    }

    package struct Instance: Sendable {
        package var id: String
        /// `stopped`
        package var state: String
        /// Since when it is stopped, in seconds since 1970; nil: it is not, or it can't be told.
        package var stopped: Double?

        package init(id: String, state: String, stopped: Double? = nil) {
            self.id = id
            self.state = state
            self.stopped = stopped
        }
    }

    package struct PasswordPolicy: Sendable {
        package var minimumLength = 6
        package var requiresSymbols = false
        package var requiresNumbers = false
        package var requiresUppercase = false
        package var requiresLowercase = false
        package var maxAge: Int?
        package var reusePrevention: Int?

        package init() {}
    }

    /// A line of the credential report. Times are in seconds since 1970.
    package struct User: Sendable {
        package var name: String
        /// AWS Config's id: the unique one.
        package var id: String
        package var hasPassword = false
        package var passwordUsed: Double?
        package var passwordChanged: Double?
        package var hasMFA = false
        package var keys: [AccessKey] = []
        package var created: Double = 0

        package init(name: String, id: String) {
            self.name = name
            self.id = id
        }
    }

    package struct AccessKey: Sendable {
        package var isActive: Bool
        package var rotated: Double?
        package var used: Double?

        package init(isActive: Bool, rotated: Double? = nil, used: Double? = nil) {
            self.isActive = isActive
            self.rotated = rotated
            self.used = used
        }
    }

    package enum PolicyUse: String, Sendable {
        case user = "IAM_USER"
        case group = "IAM_GROUP"
        case role = "IAM_ROLE"
    }

    package struct Trail: Sendable {
        package var name: String
        package var arn: String
        package var isLogging = true
        package var isMultiRegion = false
        package var includesGlobalEvents = true
        package var validatesFiles = false
        package var keyID: String?
        package var bucket: String?
        package var topicARN: String?
        package var logGroupARN: String?
        /// When events reached the log group last; nil: never.
        package var logsDelivered: Double?
        /// `All`, `ReadOnly`, `WriteOnly` of those that have management events.
        package var managementEvents: String?
        package var excludesServices = false
        /// The buckets whose data events it has; `*` for all.
        package var dataEventBuckets: [String] = []

        package init(name: String, arn: String) {
            self.name = name
            self.arn = arn
        }
    }

    package struct Key: Sendable {
        package var id: String
        package var isCustomerManaged = true
        package var isSymmetric = true
        package var isOfKMS = true
        package var state = "Enabled"
        package var rotates = false

        package init(id: String) { self.id = id }
    }

    package struct LogGroup: Sendable {
        package var name: String
        package var keyID: String?
        package var retention: Int?

        package init(name: String, keyID: String? = nil, retention: Int? = nil) {
            self.name = name
            self.keyID = keyID
            self.retention = retention
        }
    }

    package struct Alarm: Sendable {
        package var name: String
        package var metric: String
        /// The values of its dimensions.
        package var resources: [String]

        package init(name: String, metric: String, resources: [String]) {
            self.name = name
            self.metric = metric
            self.resources = resources
        }
    }

    package struct Shield: Sendable {
        package var isRenewed: Bool
        package var hasResponseTeamRole: Bool

        package init(isRenewed: Bool, hasResponseTeamRole: Bool) {
            self.isRenewed = isRenewed
            self.hasResponseTeamRole = hasResponseTeamRole
        }
    }

    package struct WebACL: Sendable {
        package var arn: String
        package var id: String
        package var logDestinations: [String]

        package init(arn: String, id: String, logDestinations: [String]) {
            self.arn = arn
            self.id = id
            self.logDestinations = logDestinations
        }
    }
}
