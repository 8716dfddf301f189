/// Who is granted what of a bucket or an object, besides what policies say.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>
struct AccessControlList: Sendable, Codable, Hashable {
    /// What is granted; the names are AWS's.
    enum Permission: String, Sendable, Codable, CaseIterable {
        case fullControl = "FULL_CONTROL"
        case write = "WRITE"
        case writeACP = "WRITE_ACP"
        case read = "READ"
        case readACP = "READ_ACP"

        /// Whether it has another permission in it.
        func includes(_ other: Permission) -> Bool { self == .fullControl || self == other }
    }

    /// Groups of callers that AWS has made, by the last part of their URIs.
    enum Group: String, Sendable, Codable, CaseIterable {
        /// Everybody, without a signature as well.
        case everybody = "global/AllUsers"
        /// Whoever signs, of whichever account.
        case authenticated = "global/AuthenticatedUsers"
        /// S3, when it delivers access logs.
        case logDelivery = "s3/LogDelivery"

        var uri: String { "http://acs.amazonaws.com/groups/\(rawValue)" }

        init?(uri: String) {
            guard let group = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
            self = group
        }

        /// Whether the public is in it.
        var isPublic: Bool { self != .logDelivery }
    }

    enum Grantee: Sendable, Codable, Hashable {
        case account(String)
        case group(Group)
        /// A canonical user of AWS's own, which is nobody here.
        case other(String)
    }

    struct Grant: Sendable, Codable, Hashable {
        var grantee: Grantee
        var permission: Permission

        var isPublic: Bool {
            guard case .group(let group) = grantee else { return false }
            return group.isPublic
        }
    }

    var grants: [Grant]

    /// Whether the public gets anything.
    var isPublic: Bool { grants.contains(where: \.isPublic) }

    /// The list of what nobody has granted anything of: its owner's.
    static func ofOwner(_ account: String) -> AccessControlList {
        AccessControlList(grants: [Grant(grantee: .account(account), permission: .fullControl)])
    }
}
