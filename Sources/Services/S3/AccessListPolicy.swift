import Platform
import Policy
import Wire

// What access control lists allow, as policies: by the table that AWS maps their permissions by.
// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html#acl-access-policy-permission-mapping>

extension AccessControlList {
    /// What a list is asked about.
    enum Subject {
        /// The bucket, or an object that is to be put there.
        case bucket
        /// An object that is there, or was until now, and the caller owns.
        case ownInBucket
        /// An object that is not there. Who may list learns that it is not.
        case nothingInBucket
        /// An object, by its own list.
        case object

        /// The actions that a permission allows.
        fileprivate func actions(_ permission: Permission) -> [String] {
            switch (self, permission) {
            case (.bucket, .read): ["ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"]
            // Who makes an object may also say whom it is for.
            case (.bucket, .write): ["PutObject", "PutObjectAcl"]
            case (.bucket, .readACP): ["GetBucketAcl"]
            case (.bucket, .writeACP): ["PutBucketAcl"]
            case (.ownInBucket, .write): ["PutObject", "PutObjectAcl", "DeleteObject", "DeleteObjectVersion"]
            case (.nothingInBucket, .read): ["GetObject", "GetObjectVersion", "GetObjectAcl", "GetObjectVersionAcl"]
            case (.object, .read): ["GetObject", "GetObjectVersion", "GetObjectTorrent"]
            case (.object, .readACP): ["GetObjectAcl", "GetObjectVersionAcl"]
            case (.object, .writeACP): ["PutObjectAcl", "PutObjectVersionAcl"]
            default: []
            }
        }
    }

    /// The list as a policy of the one resource that it is asked about; nil where it allows nothing to anybody but who has it
    /// anyhow.
    /// - Parameters:
    ///   - owner: the account whose own policies decide for its principals.
    ///   - ignoresPublic: whether Block Public Access takes grants to groups away.
    /// - Complexity: linear in the grants; some microseconds for each.
    func policy(about subject: Subject, owner: String, ignoresPublic: Bool) -> CompiledPolicy? {
        var writer = JSONWriter()
        var isEmpty = true
        writer.beginObject()
        writer.member("Version", "2012-10-17")
        writer.key("Statement")
        writer.beginArray()
        for grant in grants where grant.grantee != .account(owner) && !(ignoresPublic && grant.isPublic) {
            let actions = Permission.allCases.filter { grant.permission.includes($0) }.flatMap(subject.actions)
            guard let principal = grant.grantee.principal, !actions.isEmpty else { continue }
            isEmpty = false
            writer.beginObject()
            writer.member("Sid", "\(grant.permission.rawValue) for \(grant.grantee.name)")
            writer.member("Effect", "Allow")
            writer.key("Principal")
            writer.raw(principal)
            writer.key("Action")
            writer.beginArray()
            for action in actions { writer.string("s3:\(action)") }
            writer.endArray()
            writer.member("Resource", "*")
            if grant.grantee == .group(.authenticated) {
                writer.key("Condition")
                writer.raw(#"{"Null": {"aws:PrincipalArn": "false"}}"#)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        guard !isEmpty else { return nil }
        let source = PolicySource(type: .resource, name: "access control list")
        let text = String(decoding: writer.bytes, as: UTF8.self)
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return nil
        }
        return CompiledPolicy(document, source: source)
    }
}

extension AccessControlList.Grantee {
    /// nil: nobody here.
    fileprivate var principal: String? {
        switch self {
        case .account(let account) where !account.isEmpty: #"{"AWS": "\#(account)"}"#
        case .group(.everybody), .group(.authenticated): #""*""#
        case .group(.logDelivery): #"{"Service": "logging.s3.amazonaws.com"}"#
        case .account, .other: nil
        }
    }

    fileprivate var name: String {
        switch self {
        case .account(let account): account
        case .group(let group): String(group.rawValue.drop { $0 != "/" }.dropFirst())
        case .other(let id): id
        }
    }
}

/// What an access knows of the object that it is about.
protocol KnowsObject: Sendable {
    var bucket: BucketEntry { get }
    /// nil: there is none of this key and version.
    var version: ObjectVersion? { get }
    /// What the request would put a new object in the place of, where that matters.
    var overwritten: ObjectVersion? { get }
}

extension Resource {
    /// What is said of who owns an object decides about it, besides the bucket's policy.
    private static let ofObjects: Set<String> = [
        "s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectAttributes", "s3:GetObjectVersionAttributes",
        "s3:GetObjectAcl", "s3:GetObjectVersionAcl", "s3:PutObjectAcl", "s3:PutObjectVersionAcl",
        "s3:GetObjectTorrent",
    ]

    /// Adds what the access control lists of a bucket and of an object in it say.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html>
    mutating func takeLists(
        _ access: Access, isOfObject: Bool, _ bucket: Bucket, ignoresPublic: Bool, _ call: Call
    ) {
        guard !bucket.enforcesOwner else { return }
        func ofBucket(_ subject: AccessControlList.Subject) -> CompiledPolicy? {
            bucket.acl?.policy(about: subject, owner: bucket.accountID, ignoresPublic: ignoresPublic)
        }
        guard isOfObject else {
            accessControlList = ofBucket(.bucket)
            return
        }
        let known = access.learnt as? any KnowsObject
        func isOwn(_ version: ObjectVersion) -> Bool { bucket.owner(of: version) == call.accountID }
        switch access.action {
        case "s3:PutObject",
            "s3:PutObjectAcl" where known?.version == nil:
            // Only who owns an object may put another in its place.
            if let overwritten = known?.overwritten, !isOwn(overwritten) { return }
            accessControlList = ofBucket(.bucket)
        case "s3:DeleteObject", "s3:DeleteObjectVersion":
            if let version = known?.version, isOwn(version) { accessControlList = ofBucket(.ownInBucket) }
        case let action where Self.ofObjects.contains(action):
            guard let version = known?.version else {
                accessControlList = ofBucket(.nothingInBucket)
                return
            }
            let owner = bucket.owner(of: version)
            if owner != bucket.accountID { authority = owner.isEmpty ? CanonicalUser.nobody : owner }
            accessControlList = version.acl?.policy(about: .object, owner: owner, ignoresPublic: ignoresPublic)
        default: break
        }
    }
}
