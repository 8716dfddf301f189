import Crypto
import Directory
import Ledger

/// What an access grant lets a user or role do with the data in its scope. Its record is in the account and the Region of its
/// instance. There may be a hundred thousand in each, so that they stay in the ledger.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-grant.html>
struct AccessGrant: Record {
    static let kind = "AWS::S3::AccessGrant"

    let id: String
    let accountID: String
    let region: String
    let locationID: String
    /// What the client appended to the location's scope; nil: nothing.
    let subPrefix: String?
    let scope: AccessGrantScope
    let permission: Permission
    /// The ARN of the user or role, as the client wrote it.
    let grantee: String
    /// By which the grantee is known, so that a later namesake gets nothing; nil: a principal of an account that is not here.
    let granteeID: String?
    /// Seconds since 1970.
    let creationDate: Double
    var tags: [Tag] = []

    enum Permission: String, Codable, Sendable {
        case read = "READ"
        case write = "WRITE"
        case readWrite = "READWRITE"

        /// Whether whoever has this may ask for the other.
        func includes(_ other: Permission) -> Bool { self == other || self == .readWrite }
        var reads: Bool { self != .write }
        var writes: Bool { self != .read }
    }

    var references: [Reference] {
        var references = [
            Reference(Relation.location, to: locationID), Reference(Relation.name, to: grantee),
        ]
        if let granteeID {
            references.append(Reference(Relation.grantee, to: granteeID))
            references.append(Reference(Relation.scope, to: Self.key(of: scope, for: granteeID)))
        }
        return references
    }
    var requirements: [Requirement] { [Requirement(AccessGrantsLocation.kind, locationID)] }
    var arn: String { AccessGrantsName(accountID, region, .grant(id)).arn }

    enum Relation {
        /// From a grant to its location.
        static let location = "accessgrantslocation"
        /// From a grant to the ARN of its grantee.
        static let name = "accessgranteename"
        /// From a grant to the unique id of its grantee.
        static let grantee = "accessgrantee"
        /// From a grant to what a grantee may ask for: see ``key(of:for:)``.
        static let scope = "accessgrantscope"
    }

    /// By which the grants of a scope to somebody are found. A hash, since scopes may be longer than what a database takes into
    /// an index.
    static func key(of scope: AccessGrantScope, for granteeID: String) -> String {
        SHA256.hash(data: Array("\(granteeID) \(scope.isObject ? "=" : "~")\(scope.bucket)/\(scope.key)".utf8))
            .map { byte in
                let hex = String(byte, radix: 16)
                return byte < 16 ? "0\(hex)" : hex
            }
            .joined()
    }
}
