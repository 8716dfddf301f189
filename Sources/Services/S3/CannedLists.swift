import Directory
import Platform
import S3API
import Wire

// Access control lists as requests say them: by a name, by headers, or as a document.

extension AccessControlList {
    /// The permissions that headers grant, by the members of requests.
    private static let headers: [(member: String, permission: Permission)] = [
        ("GrantFullControl", .fullControl), ("GrantRead", .read), ("GrantReadACP", .readACP),
        ("GrantWrite", .write), ("GrantWriteACP", .writeACP),
    ]
    private static let mostGrants = 100

    /// Whether a request says anything of a list in its headers.
    static func isSaid(in input: Structure) -> Bool {
        input["ACL"] != nil || headers.contains { input[$0.member] != nil }
    }

    /// The name of the canned list that a request asks for.
    static func cannedName(in input: Structure) -> String? {
        guard case .string(let name) = input["ACL"] else { return nil }
        return name
    }

    /// The list that a request's headers say; nil: none.
    /// - Parameters:
    ///   - owner: the account that owns, or will own, what the list is of.
    ///   - bucketOwner: of the bucket; nil for the list of a bucket itself.
    /// - Throws: InvalidRequest, InvalidArgument; MethodNotAllowed for grantees by e-mail address.
    init?(
        headersOf input: Structure, owner: String, bucketOwner: String?, _ directory: IdentityDirectory
    ) throws(ServiceError) {
        let granted = Self.headers.compactMap { header -> (String, Permission)? in
            guard case .string(let text) = input[header.member] else { return nil }
            return (text, header.permission)
        }
        if let name = Self.cannedName(in: input) {
            guard granted.isEmpty else {
                throw .invalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
            }
            try self.init(canned: name, owner: owner, bucketOwner: bucketOwner)
            return
        }
        guard !granted.isEmpty else { return nil }
        var grants: [Grant] = []
        for (text, permission) in granted {
            for grantee in try Self.grantees(text, directory) {
                grants.append(Grant(grantee: grantee, permission: permission))
            }
        }
        guard grants.count <= Self.mostGrants else { throw .malformedACL }
        self.init(grants: grants)
    }

    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#canned-acl>
    private init(canned name: String, owner: String, bucketOwner: String?) throws(ServiceError) {
        self = .ofOwner(owner)
        func add(_ grantee: Grantee, _ permissions: Permission...) {
            grants += permissions.map { Grant(grantee: grantee, permission: $0) }
        }
        switch (name, bucketOwner) {
        case ("private", _): break
        case ("public-read", _): add(.group(.everybody), .read)
        case ("public-read-write", _): add(.group(.everybody), .read, .write)
        case ("authenticated-read", _): add(.group(.authenticated), .read)
        case ("aws-exec-read", _): add(.other(CanonicalUser.ec2), .read)
        case ("log-delivery-write", nil): add(.group(.logDelivery), .write, .readACP)
        case ("bucket-owner-read", let bucketOwner?): if bucketOwner != owner { add(.account(bucketOwner), .read) }
        case ("bucket-owner-full-control", let bucketOwner?):
            if bucketOwner != owner { add(.account(bucketOwner), .fullControl) }
        default: throw .invalidArgument("", "x-amz-acl", name)
        }
    }

    /// The grantees of a header: `id="…", uri="…"`.
    private static func grantees(
        _ text: String, _ directory: IdentityDirectory
    ) throws(ServiceError) -> [Grantee] {
        var grantees: [Grantee] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else {
                throw .invalidArgument("Argument format not recognized", "x-amz-grant", text)
            }
            let value = parts[1].trimmed.trimming("\"")
            switch parts[0].trimmed.lowercased() {
            case "id": grantees.append(try grantee(id: value, directory))
            case "uri": grantees.append(try grantee(uri: value))
            case "emailaddress": throw .emailGrantee
            default: throw .invalidArgument("Argument format not recognized", "x-amz-grant", text)
            }
        }
        return grantees
    }

    private static func grantee(id: String, _ directory: IdentityDirectory) throws(ServiceError) -> Grantee {
        if CanonicalUser.ofAWS.contains(id) { return .other(id) }
        guard let account = CanonicalUser.account(of: id, directory) else {
            throw .invalidArgument("Invalid id", "CanonicalUser/ID", id)
        }
        return .account(account)
    }

    private static func grantee(uri: String) throws(ServiceError) -> Grantee {
        guard let group = Group(uri: uri) else { throw .invalidArgument("Invalid group uri", "Group/URI", uri) }
        return .group(group)
    }

    /// The list of a document.
    /// - Throws: MalformedACLError; AccessDenied for one that names another owner.
    init(
        _ document: S3.AccessControlPolicy, owner: String, _ directory: IdentityDirectory
    ) throws(ServiceError) {
        guard let named = document.owner?.id, let listed = document.grants, listed.count <= Self.mostGrants else {
            throw .malformedACL
        }
        guard named == CanonicalUser.id(ofAccount: owner) else { throw .accessDenied }
        var grants: [Grant] = []
        for item in listed {
            guard let grantee = item.grantee, let permission = item.permission.flatMap(Permission.init(rawValue:))
            else { throw .malformedACL }
            grants.append(Grant(grantee: try Self.grantee(grantee, directory), permission: permission))
        }
        self.init(grants: grants)
    }

    private static func grantee(_ said: S3.Grantee, _ directory: IdentityDirectory) throws(ServiceError) -> Grantee {
        switch said.type {
        case "CanonicalUser":
            guard let id = said.id else { throw .malformedACL }
            return try grantee(id: id, directory)
        case "Group":
            guard let uri = said.uri else { throw .malformedACL }
            return try grantee(uri: uri)
        case "AmazonCustomerByEmail": throw .emailGrantee
        default: throw .malformedACL
        }
    }

    /// As answers have it.
    var shown: [S3.Grant] {
        grants.map { grant in
            S3.Grant {
                $0.permission = grant.permission.rawValue
                $0.grantee = S3.Grantee {
                    switch grant.grantee {
                    case .account(let account):
                        $0.type = "CanonicalUser"
                        $0.id = CanonicalUser.id(ofAccount: account)
                    case .other(let id):
                        $0.type = "CanonicalUser"
                        $0.id = id
                    case .group(let group):
                        $0.type = "Group"
                        $0.uri = group.uri
                    }
                }
            }
        }
    }
}

extension StringProtocol {
    /// Without the spaces around it.
    fileprivate var trimmed: String { trimming(" ") }

    /// Without a character at both ends.
    fileprivate func trimming(_ character: Character) -> String {
        String(drop { $0 == character }.reversed().drop { $0 == character }.reversed())
    }
}

extension ServiceError {
    static var malformedACL: ServiceError {
        .s3(
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published schema")
    }

    /// AWS takes no addresses since October 2025.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>
    fileprivate static var emailGrantee: ServiceError {
        .s3(
            "MethodNotAllowed",
            "Grantees can't be named by e-mail address any more. Name them by canonical user ID.", status: 405)
    }
}
