import Directory
import IAMAPI
import Platform
import Policy
import Wire

// Instance profiles.
// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html>

extension IAM.InstanceProfile {
    init(
        _ profile: Directory.InstanceProfile, _ answer: AnswerKind, _ records: some RecordReading,
        _ directory: IdentityDirectory
    ) throws(ServiceError) {
        self.init()
        path = profile.path
        instanceProfileName = profile.name
        instanceProfileId = profile.uniqueID
        arn = profile.arn
        createDate = Timestamp(secondsSinceEpoch: profile.createDate)
        var roles: [IAM.Role] = []
        if let id = profile.roleID, let role = try records.get(Directory.Role.self, id) {
            roles = [IAM.Role(role, .nested, directory)]
        }
        self.roles = roles
        tags = shownTags(profile.tags, in: answer)
    }
}

extension IAM.CreateInstanceProfile: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        let arn = ARN.iam(
            call.accountID, "instance-profile", path: input.path ?? "/", name: input.instanceProfileName)
        return call.access(creating: arn, input.tags, taggedBy: "TagInstanceProfile")
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let name = input.instanceProfileName
        guard try records.get(InstanceProfile.self, InstanceProfile.id(ofName: name)) == nil else {
            throw .entityAlreadyExists("Instance Profile \(name) already exists.")
        }
        let quota = call.quotas[.instanceProfiles]
        guard try records.count(InstanceProfile.self) < quota else {
            throw .quotaExceeded("InstanceProfilesPerAccount", quota)
        }
        let profile = InstanceProfile(
            accountID: call.accountID, name: name, path: input.path ?? "/",
            uniqueID: Identifiers.unique(.instanceProfile), createDate: call.time,
            tags: try TagRules.ofResources.new(input.tags))
        try records.put(profile)
        return Output(instanceProfile: try IAM.InstanceProfile(profile, .written, records, call.directory))
    }
}

extension IAM.GetInstanceProfile: ReadOperation, OnInstanceProfile {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        return Output(
            instanceProfile: try IAM.InstanceProfile(
                records.instanceProfile(input.instanceProfileName), .got, records, call.directory))
    }
}

extension IAM.ListInstanceProfiles: ReadOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        call.access(onAll: "instance-profile", pathPrefix: input.pathPrefix)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let paths = input.paths
        let page = try records.page(InstanceProfile.self, Paging(input)) {
            paths.contains($0.path)
        }
        .map { (profile) throws(ServiceError) in
            try IAM.InstanceProfile(profile, .listed, records, call.directory)
        }
        return Output(page)
    }
}

extension IAM.ListInstanceProfilesForRole: ReadOperation, OnRole {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let role = try records.role(input.roleName)
        let page = try records.page(
            InstanceProfile.self, Relation.role, to: role.id, Paging(input)
        )
        .map { (profile) throws(ServiceError) in
            try IAM.InstanceProfile(profile, .listed, records, call.directory)
        }
        return Output(page)
    }
}

extension IAM.DeleteInstanceProfile: DeleteOperation, OnInstanceProfile {
    static func check(_ profile: InstanceProfile, _ records: MutableRecords) throws(ServiceError) {
        guard profile.roleID == nil else { throw .deleteConflict("remove roles from instance profile") }
    }
}

extension IAM.AddRoleToInstanceProfile: WriteOperation {
    /// A caller who gives a role to instances needs permission to pass it.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var pass = call.need(onRole: input.roleName, ["iam:passedtoservice": .one("ec2.amazonaws.com")])
        pass.action = "iam:PassRole"
        return .required([call.need(onInstanceProfile: input.instanceProfileName), pass])
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var profile = try records.instanceProfile(input.instanceProfileName)
        let role = try records.changeableRole(input.roleName)
        guard profile.roleID == nil else { throw .quotaExceeded("InstanceSessionsPerInstanceProfile", 1) }
        profile.roleID = role.id
        try records.put(profile)
        return Output()
    }
}

extension IAM.RemoveRoleFromInstanceProfile: ChangeOperation, OnInstanceProfile {
    static func change(
        _ profile: inout InstanceProfile, _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let role = try records.role(input.roleName)
        guard profile.roleID == role.id else {
            throw .noSuchEntity("Role \(role.name) in Instance Profile \(profile.name) cannot be found.")
        }
        profile.roleID = nil
    }
}

extension IAM.TagInstanceProfile: TagOperation, OnInstanceProfile {}
extension IAM.UntagInstanceProfile: UntagOperation, OnInstanceProfile {}
extension IAM.ListInstanceProfileTags: ListTagsOperation, OnInstanceProfile {}
