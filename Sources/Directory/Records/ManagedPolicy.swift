public import Ledger

/// A customer managed policy with its versions.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html>
public struct ManagedPolicy: Record {
    public static let kind = "AWS::IAM::ManagedPolicy"

    public struct Version: Sendable, Hashable, Codable {
        /// `v1`, `v2`, …: never used again.
        public var id: String
        public var document: String
        /// Seconds since 1970.
        public var createDate: Double

        public init(id: String, document: String, createDate: Double) {
            self.id = id
            self.document = document
            self.createDate = createDate
        }
    }

    public let accountID: String
    public let name: String
    public let path: String
    public let uniqueID: String
    public let createDate: Double
    public var updateDate: Double
    public let description: String?
    public var versions: [Version]
    public var defaultVersionID: String
    /// The number of the version that was made last, a deleted one included.
    public var lastVersionNumber: Int
    public var tags: [Tag]

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

    public static func id(ofName name: String) -> String { name.lowercased() }

    public var aliases: [String] { [arn] }

    /// What an identity needs that has a policy of this ARN; nil for AWS's own, which are no records.
    static func requirement(_ arn: String) -> Requirement? {
        arn.hasPrefix("arn:aws:iam::aws:") ? nil : Requirement(kind, arn)
    }

    public var arn: String { ARN.iam(accountID, "policy", path: path, name: name) }

    /// The version in force; nil only if the record was damaged.
    public var defaultVersion: Version? { versions.first { $0.id == defaultVersionID } }
}
