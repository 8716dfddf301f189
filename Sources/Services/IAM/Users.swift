import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Users. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users.html>

extension IAM.User {
    /// - Parameter isWhole: with boundary and tags, which lists leave out.
    init(_ user: Directory.User, isWhole: Bool = false) {
        self.init()
        path = user.path
        userName = user.name
        userId = user.uniqueID
        arn = user.arn
        createDate = Timestamp(secondsSinceEpoch: user.createDate)
        guard isWhole else { return }
        permissionsBoundary = user.permissionsBoundary.map { IAM.AttachedPermissionsBoundary(arn: $0) }
        if !user.tags.isEmpty { tags = user.tags.map(IAM.Tag.init) }
    }
}

extension IAM.CreateUser: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(call.accountID, "user", path: input.path ?? "/", name: input.userName)
        return call.access(creating: arn, input.tags, taggedBy: "TagUser", boundaryKey(input.permissionsBoundary))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.userName
        guard try records.get(User.self, User.id(ofName: name)) == nil else {
            throw .entityAlreadyExists("User with name \(name) already exists.")
        }
        try requireUnreserved(input.path)
        let quota = call.quotas[.users]
        guard try records.count(User.self) < quota else { throw .quotaExceeded("UsersPerAccount", quota) }
        var user = User(
            accountID: call.accountID, name: name, path: input.path ?? "/", uniqueID: Identifiers.unique(.user),
            createDate: call.time)
        user.tags = try TagRules.ofIdentities.new(input.tags)
        if let boundary = input.permissionsBoundary {
            try records.requireBoundary(boundary)
            user.permissionsBoundary = boundary
        }
        try records.put(user)
        return Output(user: IAM.User(user, isWhole: true))
    }
}

/// The directory has the same records as the ledger, and costs less to ask.
extension IAM.GetUser: ComputeOperation, OnOwner {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        var output = Output()
        switch try Owner(input.userName, call) {
        case .user(let name):
            guard let user = call.directory.userEntry(named: name, in: call.accountID) else {
                throw .userNotFound(name)
            }
            var view = IAM.User(user.bare, isWhole: true)
            view.passwordLastUsed = call.passwordLastUsed(user.bare.uniqueID)
            output.user = view
        case .root:
            var root = IAM.User()
            root.userId = call.accountID
            root.arn = "arn:aws:iam::\(call.accountID):root"
            root.createDate =
                call.directory.account(call.accountID).map {
                    Timestamp(secondsSinceEpoch: $0.createDate)
                } ?? call.timestamp
            root.passwordLastUsed = call.passwordLastUsed(call.accountID)
            output.user = root
        }
        return output
    }
}

extension IAM.ListUsers: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "user", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let paths = input.paths
        let page = page(try Paging(input)) { after, limit in
            call.directory.users(in: call.accountID, after: after, limit: limit)
        } where: {
            paths.contains($0.bare.path)
        }
        return Output(page) { user in
            var view = IAM.User(user.bare)
            view.passwordLastUsed = call.passwordLastUsed(user.bare.uniqueID)
            return view
        }
    }
}

extension IAM.UpdateUser: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let user = call.directory.user(named: input.userName, in: call.accountID)
        return call.access(
            changing: call.need(onUser: input.userName), "user", input.userName, path: user?.path,
            toName: input.newUserName, toPath: input.newPath)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try requireUnreserved(input.newPath)
        try records.change(try records.user(input.userName), toName: input.newUserName, toPath: input.newPath)
        return Output()
    }
}

extension IAM.DeleteUser: DeleteOperation, OnUser {
    static func check(_ user: User, _ records: MutableRecords) throws(ServiceError) {
        guard user.groupIDs.isEmpty else { throw .deleteConflict("remove users from group") }
        guard user.attachedPolicies.isEmpty else { throw .deleteConflict("detach all policies") }
        guard user.inlinePolicies.isEmpty else { throw .deleteConflict("delete policies") }
        let owned = user.uniqueID
        guard try records.get(LoginProfile.self, owned) == nil else { throw .deleteConflict("delete login profile") }
        guard try records.referrers(AccessKey.self, Relation.owner, to: owned, limit: 1).isEmpty else {
            throw .deleteConflict("delete access keys")
        }
        guard try records.referrers(MFADevice.self, Relation.owner, to: owned, limit: 1).isEmpty else {
            throw .deleteConflict("delete MFA device")
        }
        guard try records.referrers(SigningCertificate.self, Relation.owner, to: owned, limit: 1).isEmpty else {
            throw .deleteConflict("delete signing certificates")
        }
        guard try records.referrerCount(Relation.owner, to: owned) == 0 else {
            // SSH public keys and service-specific credentials.
            throw .deleteConflict("remove referenced objects")
        }
    }
}

extension IAM.TagUser: TagOperation, OnUser {}
extension IAM.UntagUser: UntagOperation, OnUser {}
extension IAM.ListUserTags: ListTagsOperation, OnUser {}

extension IAM.AttachedPermissionsBoundary {
    init(arn: String) {
        self.init()
        permissionsBoundaryType = "Policy"
        permissionsBoundaryArn = arn
    }
}
