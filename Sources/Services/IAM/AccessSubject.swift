import Directory
import IAMAPI
import Platform
import Policy
import Wire

/// What a service last accessed report is about: a user, group, role or managed policy, with the policies that say what
/// can be accessed and the users and roles that can access it by them.
struct AccessSubject: Sendable {
    /// A user or role.
    struct Entity: Sendable, Codable {
        let arn: String
        let name: String
        /// `USER` or `ROLE`
        let type: String
        let id: String
        let path: String
    }

    /// A policy with where it comes from.
    struct Policy: Sendable {
        let document: PolicyDocument
        let name: String
        /// Of a managed policy.
        var arn: String?
        /// Who holds an inline policy.
        var holderType: String?
        var holderName: String?
    }

    let policies: [Policy]
    let entities: [Entity]

    /// - Throws: InvalidInput for an ARN of something else; NoSuchEntity.
    init(_ text: String, _ records: Records, _ directory: IdentityDirectory) throws(ServiceError) {
        guard let arn = ARN(parsing: text), arn.service == "iam", let (type, rest) = arn.typeAndRest,
            let name = rest.split(separator: "/").last.map(String.init)
        else { throw .invalidInput("Invalid ARN: \(text) is not the ARN of a user, group, role or policy.") }
        let isOwn = arn.account == records.scope.account
        let gone = ServiceError.noSuchEntity("ARN \(text) is not found.")
        switch type {
        case "user":
            guard isOwn, let user = try records.get(User.self, User.id(ofName: name)), user.arn == text else {
                throw gone
            }
            policies = try Self.policies(of: user, records, directory)
            entities = [Entity(user)]
        case "role":
            guard isOwn, let role = try records.get(Role.self, Role.id(ofName: name)), role.arn == text else {
                throw gone
            }
            policies = try Self.policies(of: role, "ROLE", directory)
            entities = [Entity(role)]
        case "group":
            guard isOwn, let group = try records.get(Group.self, Group.id(ofName: name)), group.arn == text
            else { throw gone }
            policies = try Self.policies(of: group, "GROUP", directory)
            entities = try records.referrers(User.self, Relation.group, to: group.uniqueID).map(Entity.init)
        case "policy":
            guard isOwn || isAWSManaged(text), let policy = try Self.managed(text, directory) else { throw gone }
            policies = [policy]
            entities = try Self.entities(having: text, records)
        default:
            throw .invalidInput("Invalid ARN: \(text) is not the ARN of a user, group, role or policy.")
        }
    }

    private static func policies(
        of user: User, _ records: Records, _ directory: IdentityDirectory
    ) throws(ServiceError) -> [Policy] {
        var policies = try policies(of: user, "USER", directory)
        for group in try records.groups(of: user) { policies += try self.policies(of: group, "GROUP", directory) }
        return policies
    }

    private static func policies(
        of identity: some Identity, _ type: String, _ directory: IdentityDirectory
    ) throws(ServiceError) -> [Policy] {
        var policies: [Policy] = []
        for policy in identity.inlinePolicies {
            policies.append(
                Policy(
                    document: try Documents.check(policy.document, as: .identity), name: policy.name, holderType: type,
                    holderName: identity.name))
        }
        for arn in identity.attachedPolicies {
            if let policy = try managed(arn, directory) { policies.append(policy) }
        }
        return policies
    }

    private static func managed(_ arn: String, _ directory: IdentityDirectory) throws(ServiceError) -> Policy? {
        directory.compiledPolicy(arn: arn).map { compiled in
            Policy(document: compiled.document, name: compiled.source.name, arn: arn)
        }
    }

    /// The users and roles that have a managed policy, through groups too, each once.
    private static func entities(having arn: String, _ records: Records) throws(ServiceError) -> [Entity] {
        var entities: [Entity] = []
        var users = try records.referrers(User.self, Relation.attachedPolicy, to: arn)
        var known = Set(users.map(\.uniqueID))
        for group in try records.referrers(Group.self, Relation.attachedPolicy, to: arn) {
            for user in try records.referrers(User.self, Relation.group, to: group.uniqueID)
            where known.insert(user.uniqueID).inserted {
                users.append(user)
            }
        }
        entities += users.map(Entity.init)
        entities += try records.referrers(Role.self, Relation.attachedPolicy, to: arn).map(Entity.init)
        return entities
    }
}

extension AccessSubject.Entity {
    fileprivate init(_ user: User) {
        self.init(arn: user.arn, name: user.name, type: "USER", id: user.uniqueID, path: user.path)
    }

    fileprivate init(_ role: Role) {
        self.init(arn: role.arn, name: role.name, type: "ROLE", id: role.uniqueID, path: role.path)
    }
}

extension Call {
    /// The operation's own action on a user, group, role or policy that a request names by its ARN.
    func access(onSubject text: String) -> Authorization {
        guard let arn = ARN(parsing: text), arn.account == accountID, arn.service == "iam",
            let (type, rest) = arn.typeAndRest, let name = rest.split(separator: "/").last.map(String.init)
        else { return access(on: text) }
        var need: Access
        switch type {
        case "user": need = self.need(onUser: name)
        case "role": need = self.need(onRole: name)
        case "group": need = self.need(onGroup: name)
        default: return access(on: text)
        }
        need.resource = text
        need.displayedResource = text
        return .required(need)
    }
}
