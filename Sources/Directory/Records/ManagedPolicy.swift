public import Ledger

/// A customer managed policy with its versions.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
public struct ManagedPolicy: Record {
    public static let kind = "AWS::IAM::ManagedPolicy"

    /// One of up to five documents that a policy keeps.
    public struct Version: Sendable, Hashable, Codable {
        /// `v1`, `v2`, …: never used again.
        public var id: String
        /// The document as it was sent, up to 6,144 characters without white space.
        public var document: String
        /// Seconds since 1970.
        public var createDate: Double

        /// Makes a version from a document that has been validated already.
        public init(id: String, document: String, createDate: Double) {
            self.id = id
            self.document = document
            self.createDate = createDate
        }
    }

    /// The account that it is in.
    public let accountID: String
    /// 1 to 128 letters, digits and `+=,.@_-`; unique in the account without regard to case.
    public let name: String
    /// `/` or `/division/team/`: part of the ARN.
    public let path: String
    /// `ANPA…`
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// When the latest version was created, seconds since 1970.
    public var updateDate: Double
    /// What the policy is for, in its owner's words. It can't be changed.
    public let description: String?
    /// The oldest first; at most five, of which the one in force can't be deleted.
    public var versions: [Version]
    /// The ``Version/id`` of the version in force. It applies wherever the policy is attached.
    public var defaultVersionID: String
    /// The number of the version that was made last, a deleted one included.
    public var lastVersionNumber: Int
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag]

    /// Makes a policy with one version, `v1`, which is in force.
    public init(
        accountID: String, name: String, path: String, uniqueID: String, createDate: Double, description: String?,
        document: String, tags: [Tag]
    ) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.createDate = createDate
        updateDate = createDate
        self.description = description
        versions = [Version(id: "v1", document: document, createDate: createDate)]
        defaultVersionID = "v1"
        lastVersionNumber = 1
        self.tags = tags
    }

    public var id: String { Self.id(ofName: name) }

    /// The id that a record of this name has, whatever the case of its letters.
    public static func id(ofName name: String) -> String { name.lowercased() }

    public var aliases: [String] { [arn] }

    /// What an identity needs that has a policy of this ARN; nil for AWS's own, which are no records.
    static func requirement(_ arn: String) -> Requirement? {
        arn.hasPrefix("arn:aws:iam::aws:") ? nil : Requirement(kind, arn)
    }

    /// `arn:aws:iam::111122223333:policy/division/ReadOnly`. Other records name the policy by it, so it is one of the
    /// ``aliases``.
    public var arn: String { ARN.iam(accountID, "policy", path: path, name: name) }

    /// The version in force; nil only if the record was damaged.
    public var defaultVersion: Version? { versions.first { $0.id == defaultVersionID } }
}
