import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Roles. <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html>

extension IAM.Role {
    init(_ role: Directory.Role, _ answer: AnswerKind, _ directory: IdentityDirectory) {
        self.init()
        path = role.path
        roleName = role.name
        roleId = role.uniqueID
        arn = role.arn
        createDate = Timestamp(secondsSinceEpoch: role.createDate)
        assumeRolePolicyDocument = Documents.encoded(Documents.shown(trust: role.trustPolicy, directory))
        if answer == .got || answer == .listed {
            description = role.description
            maxSessionDuration = role.maxSessionDuration
        }
        guard answer == .got || answer == .written else { return }
        permissionsBoundary = role.permissionsBoundary.map { IAM.AttachedPermissionsBoundary(arn: $0) }
        if !role.tags.isEmpty { tags = role.tags.map(IAM.Tag.init) }
    }
}

extension IAM.CreateRole: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(call.accountID, "role", path: input.path ?? "/", name: input.roleName)
        return call.access(creating: arn, input.tags, taggedBy: "TagRole", boundaryKey(input.permissionsBoundary))
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.roleName
        let path = input.path ?? "/"
        guard !path.hasPrefix(Role.serviceLinkedPath) else {
            throw .invalidInput("Path /aws-service-role/ is reserved for service-linked roles.")
        }
        try requireUnreserved(path)
        let trustPolicy = try Documents.kept(trust: input.assumeRolePolicyDocument, call)
        guard try records.get(Role.self, Role.id(ofName: name)) == nil else {
            throw .entityAlreadyExists("Role with name \(name) already exists.")
        }
        let quota = call.quotas[.roles]
        guard try records.count(Role.self) < quota else { throw .quotaExceeded("RolesPerAccount", quota) }
        var role = Role(
            accountID: call.accountID, name: name, path: path, uniqueID: Identifiers.unique(.role),
            createDate: call.time, trustPolicy: trustPolicy, description: input.description,
            maxSessionDuration: input.maxSessionDuration ?? 3600)
        role.tags = try TagRules.ofIdentities.new(input.tags)
        if let boundary = input.permissionsBoundary {
            try records.requireBoundary(boundary)
            role.permissionsBoundary = boundary
        }
        try records.put(role)
        return Output(role: IAM.Role(role, .written, call.directory))
    }
}

/// The directory has the same records as the ledger, and costs less to ask.
extension IAM.GetRole: ComputeOperation, OnRole {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let role = call.directory.role(named: input.roleName, in: call.accountID) else {
            throw .roleNotFound(input.roleName)
        }
        var view = IAM.Role(role, .got, call.directory)
        view.roleLastUsed = call.lastUsed(role)
        return Output(role: view)
    }
}

extension IAM.ListRoles: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "role", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let paths = input.paths
        let page = page(try Paging(input)) { after, limit in
            call.directory.roles(in: call.accountID, after: after, limit: limit)
        } where: {
            paths.contains($0.bare.path)
        }
        return Output(page) { IAM.Role($0.bare, .listed, call.directory) }
    }
}

/// Its description is the one thing of a service-linked role that its account may change.
extension IAM.UpdateRole: WriteOperation, OnRole {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.role(input.roleName)
        if let description = input.description { role.description = description }
        if let duration = input.maxSessionDuration {
            try role.requireChangeable()
            role.maxSessionDuration = duration
        }
        try records.put(role)
        return Output()
    }
}

extension IAM.UpdateRoleDescription: WriteOperation, OnRole {
    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var role = try records.role(input.roleName)
        role.description = input.description
        try records.put(role)
        return Output(role: IAM.Role(role, .written, call.directory))
    }
}

extension IAM.UpdateAssumeRolePolicy: ChangeOperation, OnRole {
    static func change(
        _ role: inout Role, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try role.requireChangeable()
        role.trustPolicy = try Documents.kept(trust: input.policyDocument, call)
    }
}

extension IAM.DeleteRole: DeleteOperation, OnRole {
    static func check(_ role: Role, _ records: MutableRecords) throws(ServiceError) {
        try role.requireChangeable()
        guard try records.referrers(InstanceProfile.self, Relation.role, to: role.id, limit: 1).isEmpty else {
            throw .deleteConflict("remove roles from instance profile")
        }
        guard role.attachedPolicies.isEmpty else { throw .deleteConflict("detach all policies") }
        guard role.inlinePolicies.isEmpty else { throw .deleteConflict("delete policies") }
    }
}

extension IAM.TagRole: TagOperation, OnRole {}
extension IAM.UntagRole: UntagOperation, OnRole {}
extension IAM.ListRoleTags: ListTagsOperation, OnRole {}

extension RecordReading {
    /// A role that its account may change: service-linked roles are their service's.
    /// - Throws: NoSuchEntity, UnmodifiableEntity.
    func changeableRole(_ name: String) throws(ServiceError) -> Directory.Role {
        let role = try role(name)
        try role.requireChangeable()
        return role
    }
}
