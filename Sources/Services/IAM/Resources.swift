import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// Which resource an IAM request is about, for its authorisation. What does not exist yet, or not at all, has the ARN
/// that its name would give it: a caller without permission does not learn which it is.
extension Call {
    /// An access with the operation's own action.
    func access(on resource: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        .required(Access("\(service):\(operation)", on: resource, context: context))
    }

    /// The request's own action on an IAM resource type as a whole, as lists ask for it: `user/` with a path prefix.
    func access(onAll type: String, pathPrefix: String?) -> Authorization {
        access(on: "arn:aws:iam::\(accountID):\(type)\(pathPrefix ?? "/")")
    }

    func access(onUser name: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        guard let user = directory.user(named: name, in: accountID) else {
            return access(on: ARN.iam(accountID, "user", name: name), context)
        }
        let own = resourceTags(user.tags).merging(boundaryKey(user.permissionsBoundary)) { $1 }
        return access(on: user.arn, own.merging(context) { $1 })
    }

    func access(onGroup name: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        let arn = directory.group(named: name, in: accountID)?.arn ?? ARN.iam(accountID, "group", name: name)
        return access(on: arn, context)
    }

    func access(onRole name: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        guard let role = directory.role(named: name, in: accountID) else {
            return access(on: ARN.iam(accountID, "role", name: name), context)
        }
        let own = resourceTags(role.tags).merging(boundaryKey(role.permissionsBoundary)) { $1 }
        return access(on: role.arn, own.merging(context) { $1 })
    }

    func access(onInstanceProfile name: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        guard let profile = directory.instanceProfile(named: name, in: accountID) else {
            return access(on: ARN.iam(accountID, "instance-profile", name: name), context)
        }
        return access(on: profile.arn, resourceTags(profile.tags).merging(context) { $1 })
    }

    func access(onPolicy arn: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        access(on: arn, resourceTags(directory.managedPolicy(arn: arn)?.tags ?? []).merging(context) { $1 })
    }

    func access(onMFADevice serialNumber: String, _ context: [String: ContextValue] = [:]) -> Authorization {
        access(
            on: serialNumber,
            resourceTags(directory.mfaDevice(serialNumber: serialNumber)?.tags ?? []).merging(context) { $1 })
    }

    private func resourceTags(_ tags: [Tag]) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        for tag in tags {
            let key = tag.key.lowercased()
            keys["aws:resourcetag/\(key)"] = .one(tag.value)
            keys["iam:resourcetag/\(key)"] = .one(tag.value)
        }
        return keys
    }

    private func boundaryKey(_ arn: String?) -> [String: ContextValue] {
        arn.map { ["iam:permissionsboundary": .one($0)] } ?? [:]
    }
}

/// `aws:RequestTag/…` and `aws:TagKeys` of the tags that a request brings.
func requestTags(_ tags: [IAM.Tag]?) -> [String: ContextValue] {
    guard let tags, !tags.isEmpty else { return [:] }
    var keys: [String: ContextValue] = ["aws:tagkeys": .many(tags.map(\.key))]
    for tag in tags { keys["aws:requesttag/\(tag.key.lowercased())"] = .one(tag.value) }
    return keys
}

/// `aws:TagKeys` of the keys that a request takes away.
func tagKeys(_ keys: [String]) -> [String: ContextValue] {
    ["aws:tagkeys": .many(keys)]
}

/// Whose credentials or devices a request is about, when the user's name may be left out.
enum Owner {
    case user(String)
    case root

    /// - Throws: ValidationError for a role's session that names no user.
    init(_ userName: String?, _ call: Call) throws(ServiceError) {
        if let userName {
            self = .user(userName)
            return
        }
        switch call.caller.identity {
        case .root: self = .root
        case .user(let user): self = .user(user.name)
        case .roleSession:
            throw .validation("Must specify userName when calling with non-User credentials")
        }
    }

    func access(_ call: Call) -> Authorization {
        switch self {
        case .user(let name): call.access(onUser: name)
        case .root: call.access(on: "arn:aws:iam::\(call.accountID):root")
        }
    }

    /// The unique id that the owner's credentials refer to, and the name to show; root has none.
    func resolve(_ records: some RecordReading, _ call: Call) throws(ServiceError) -> (id: String, userName: String?) {
        switch self {
        case .root: return (call.accountID, nil)
        case .user(let name):
            let user = try records.user(name)
            return (user.uniqueID, user.name)
        }
    }
}

// MARK: - Records by name

extension RecordReading {
    func user(_ name: String) throws(ServiceError) -> User {
        guard let user = try get(User.self, User.id(ofName: name)) else {
            throw .noSuchEntity("The user with name \(name) cannot be found.")
        }
        return user
    }

    func group(_ name: String) throws(ServiceError) -> Group {
        guard let group = try get(Group.self, Group.id(ofName: name)) else {
            throw .noSuchEntity("The group with name \(name) cannot be found.")
        }
        return group
    }

    func role(_ name: String) throws(ServiceError) -> Role {
        guard let role = try get(Role.self, Role.id(ofName: name)) else {
            throw .noSuchEntity("The role with name \(name) cannot be found.")
        }
        return role
    }

    func instanceProfile(_ name: String) throws(ServiceError) -> InstanceProfile {
        guard let profile = try get(InstanceProfile.self, InstanceProfile.id(ofName: name)) else {
            throw .noSuchEntity("Instance Profile \(name) cannot be found.")
        }
        return profile
    }

    /// The groups of a user, by name.
    func groups(of user: User) throws(ServiceError) -> [Group] {
        var groups: [Group] = []
        for id in user.groupIDs {
            groups += try referrers(Group.self, Relation.uniqueID, to: id)
        }
        return groups
    }

    /// The customer managed policy of an ARN.
    /// - Throws: NoSuchEntity, and ValidationError for what is no ARN.
    func customerPolicy(_ arn: String) throws(ServiceError) -> ManagedPolicy {
        guard let parsed = ARN(parsing: arn) else { throw .invalidARN }
        let name = parsed.resource.split(separator: "/").last.map(String.init) ?? ""
        guard let policy = try get(ManagedPolicy.self, ManagedPolicy.id(ofName: name)), policy.arn == arn else {
            throw .policyNotFound(arn)
        }
        return policy
    }
}

/// Whether an ARN is that of a policy that AWS itself provides.
func isAWSManaged(_ arn: String) -> Bool {
    arn.hasPrefix("arn:aws:iam::aws:policy/")
}
