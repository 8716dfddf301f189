import Directory
import Platform
import Wire

// Records by the names that requests give them.

extension RecordReading {
    func user(_ name: String) throws(ServiceError) -> User {
        guard let user = try get(User.self, User.id(ofName: name)) else {
            throw .userNotFound(name)
        }
        return user
    }

    func group(_ name: String) throws(ServiceError) -> Group {
        guard let group = try get(Group.self, Group.id(ofName: name)) else {
            throw .groupNotFound(name)
        }
        return group
    }

    func role(_ name: String) throws(ServiceError) -> Role {
        guard let role = try get(Role.self, Role.id(ofName: name)) else {
            throw .roleNotFound(name)
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

    /// The managed policy of an ARN, whoever provides it.
    /// - Throws: NoSuchEntity, and ValidationError for what is no ARN.
    func managedPolicy(_ arn: String) throws(ServiceError) -> AnyManagedPolicy {
        guard isAWSManaged(arn) else { return .customer(try customerPolicy(arn)) }
        guard let policy = ManagedPolicyCatalog.aws.entry(arn: arn) else { throw .policyNotFound(arn) }
        return .aws(policy)
    }
}

enum AnyManagedPolicy {
    case customer(ManagedPolicy)
    case aws(ManagedPolicyCatalog.Entry)
}

/// Whether an ARN is that of a policy that AWS itself provides.
func isAWSManaged(_ arn: String) -> Bool {
    ARN(parsing: arn) != nil && arn.hasPrefix("arn:aws:iam::aws:policy/")
}
