public import Ledger
public import Policy

/// A launch template: requests to launch instances, kept under a name, in versions.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_LaunchTemplate.html>
public struct StoredLaunchTemplate: EC2Resource {
    public static let kind = "AWS::EC2::LaunchTemplate"
    public static let prefix = "lt"
    public static let arnType = "launch-template"
    /// The relation to its name.
    public static let named = "launch template name"

    /// Its id is `lt-` and 17 digits.
    public var head: EC2Head
    /// Unique in the account and Region; it never changes.
    public let name: String
    /// The ARN of who has made it.
    public let creator: String
    /// In the order of their numbers; those that were deleted are not there.
    public var versions: [Version]
    /// The number of the version that is meant where none is named.
    public var defaultVersion = 1
    /// The number of the last version that was made: it is not given again when that is deleted.
    public var lastVersion = 1

    /// One of the requests.
    public struct Version: Codable, Sendable, Hashable {
        /// From 1.
        public let number: Int
        /// Its description; nil: nobody has said.
        public let summary: String?
        /// Seconds since 1970.
        public let created: Double
        /// The ARN of who has made it.
        public let creator: String
        /// `RequestLaunchTemplateData` as it came, in JSON.
        public let data: String
        /// What the request called itself that made it; nil: it had no token.
        public let clientToken: String?
        /// By which that request is told from another with its token.
        public let requestHash: String?

        /// - Parameters: see the properties; `summary` is the version's description.
        public init(
            number: Int, summary: String?, created: Double, creator: String, data: String, clientToken: String? = nil,
            requestHash: String? = nil
        ) {
            self.number = number
            self.summary = summary
            self.created = created
            self.creator = creator
            self.data = data
            self.clientToken = clientToken
            self.requestHash = requestHash
        }
    }

    /// - Parameters: see the properties; `version` is the first.
    public init(head: EC2Head, name: String, creator: String, version: Version) {
        self.head = head
        self.name = name
        self.creator = creator
        versions = [version]
    }

    /// The highest version that is there: what `$Latest` means.
    public var latestVersion: Int { versions.last?.number ?? lastVersion }

    public var conditions: [String: ContextValue] { [:] }
    public var references: [Reference] { [Reference(Self.named, to: name)] }
}
