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
    /// - Parameter missing: what is said when there is none.
    /// - Throws: NoSuchEntity, and ValidationError for what is no ARN.
    func customerPolicy(_ arn: String, missing: ServiceError? = nil) throws(ServiceError) -> ManagedPolicy {
        guard let parsed = ARN(parsing: arn) else { throw .invalidARN }
        let name = parsed.resource.split(separator: "/").last.map(String.init) ?? ""
        guard let policy = try get(ManagedPolicy.self, ManagedPolicy.id(ofName: name)), policy.arn == arn else {
            throw missing ?? .policyNotFound(arn)
        }
        return policy
    }

    /// The managed policy of an ARN, whoever provides it.
    /// - Parameter missing: what is said when there is none.
    /// - Throws: NoSuchEntity, and ValidationError for what is no ARN.
    func managedPolicy(_ arn: String, missing: ServiceError? = nil) throws(ServiceError) -> AnyManagedPolicy {
        guard isAWSManaged(arn) else { return .customer(try customerPolicy(arn, missing: missing)) }
        guard let policy = ManagedPolicyCatalog.aws.entry(arn: arn) else { throw missing ?? .policyNotFound(arn) }
        return .aws(policy)
    }

    /// The customer managed policy of an ARN, to be changed.
    /// - Parameters:
    ///   - deed: what can't be done to policies of other accounts, including AWS's: `delete policies`.
    ///   - missing: what is said when there is none.
    /// - Throws: AccessDenied, NoSuchEntity, and ValidationError for what is no ARN.
    func ownPolicy(
        _ arn: String, to deed: String, missing: ServiceError? = nil
    ) throws(ServiceError) -> ManagedPolicy {
        if let owner = ARN(parsing: arn)?.account, owner != scope.account {
            throw .accessDenied("Cannot \(deed) outside your own account.")
        }
        return try customerPolicy(arn, missing: missing)
    }
}

enum AnyManagedPolicy {
    case customer(ManagedPolicy)
    case aws(ManagedPolicyCatalog.Entry)
}

/// Nobody makes or moves anything under `/aws-reserved/`. AWS keeps its own roles there, those of IAM Identity Center,
/// and lets nobody change them. Organizations' guardrails usually exempt that path, so a role made there would escape
/// them. No service of Gatehouse makes such roles. Those that an account made under version 0.1 remain its own, so that
/// it can delete them.
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html>
/// - Throws: InvalidInput.
func requireUnreserved(_ path: String?) throws(ServiceError) {
    guard path?.hasPrefix("/aws-reserved/") != true else {
        throw .invalidInput("Path /aws-reserved/ is reserved for AWS.")
    }
}

/// Whether an ARN is that of a managed policy, whoever provides it.
func isPolicyARN(_ text: String) -> Bool {
    guard let arn = ARN(parsing: text), arn.service == "iam", arn.region.isEmpty else { return false }
    let isOwned =
        arn.account == "aws" || (arn.account.utf8.count == 12 && arn.account.utf8.allSatisfy { 48...57 ~= $0 })
    return isOwned && arn.resource.hasPrefix("policy/") && !arn.resource.hasSuffix("/")
}

/// Whether an ARN is that of a policy that AWS itself provides.
func isAWSManaged(_ arn: String) -> Bool {
    ARN(parsing: arn) != nil && arn.hasPrefix("arn:aws:iam::aws:policy/")
}
