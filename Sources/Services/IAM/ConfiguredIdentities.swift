import Directory
import Ledger
import Platform
import Wire

// How users, groups, roles and customer managed policies look to AWS Config: as IAM's own answers, with names that begin small.
// <https://github.com/awslabs/aws-config-resource-schema>

extension ConfiguredResourceType {
    private static let policyType = "AWS::IAM::Policy"
    private static let nowhere = "Not Applicable"

    static let iam: [ConfiguredResourceType] = [user, group, role, policy] + iamOthers

    private static let user = ConfiguredResourceType(
        User.kind, of: User.self, isGlobal: true, named: named(User.self)
    ) { (user, state) throws(ServiceError) in
        let scope = Scope(account: user.accountID)
        var groups: [Group] = []
        for id in user.groupIDs {
            groups += try state.referrers(Group.self, Relation.uniqueID, to: id, in: scope, limit: 1)
        }
        return ConfigurationItem(
            User.kind, id: user.uniqueID, name: user.name, arn: user.arn, account: user.accountID, region: "",
            availabilityZone: nowhere, created: user.createDate, tags: user.tags,
            relationships: groups.map {
                .init("Is attached to Group", Group.kind, id: $0.uniqueID, named: $0.name)
            } + (try relationships(user, state)),
            configuration: .members([
                "path": .string(user.path), "userName": .string(user.name), "userId": .string(user.uniqueID),
                "arn": .string(user.arn), "createDate": .time(user.createDate),
                "userPolicyList": inline(user), "groupList": .array(groups.map { .string($0.name) }),
                "attachedManagedPolicies": attached(user), "permissionsBoundary": boundary(user.permissionsBoundary),
                "tags": shown(user.tags),
            ]))
    }

    private static let group = ConfiguredResourceType(
        Group.kind, of: Group.self, isGlobal: true,
        also: [
            User.kind: { (change, state) throws(ServiceError) in
                let states = try change.states(of: User.self)
                let ids = Set(states.flatMap(\.groupIDs))
                let isSame =
                    states.count == 2 && states.first?.groupIDs == states.last?.groupIDs
                    && states.first?.name == states.last?.name
                guard !isSame else { return [] }
                var groups: [String] = []
                for id in ids.sorted() {
                    groups += try state.referrers(Group.self, Relation.uniqueID, to: id, in: change.scope, limit: 1)
                        .map(\.id)
                }
                return groups
            }
        ], named: named(Group.self)
    ) { (group, state) throws(ServiceError) in
        let members = try state.referrers(
            User.self, Relation.group, to: group.uniqueID, in: Scope(account: group.accountID))
        return ConfigurationItem(
            Group.kind, id: group.uniqueID, name: group.name, arn: group.arn, account: group.accountID, region: "",
            availabilityZone: nowhere, created: group.createDate,
            relationships: members.map { .init("Contains User", User.kind, id: $0.uniqueID, named: $0.name) }
                + (try relationships(group, state)),
            configuration: .members([
                "path": .string(group.path), "groupName": .string(group.name), "groupId": .string(group.uniqueID),
                "arn": .string(group.arn), "createDate": .time(group.createDate), "groupPolicyList": inline(group),
                "attachedManagedPolicies": attached(group),
            ]))
    }

    private static let role = ConfiguredResourceType(
        Role.kind, of: Role.self, isGlobal: true,
        also: [
            InstanceProfile.kind: { (change, _) throws(ServiceError) in
                Set(try change.states(of: InstanceProfile.self).compactMap(\.roleID)).sorted()
            }
        ], named: named(Role.self)
    ) { (role, state) throws(ServiceError) in
        let scope = Scope(account: role.accountID)
        let bare: JSONValue = .members([
            "path": .string(role.path), "roleName": .string(role.name), "roleId": .string(role.uniqueID),
            "arn": .string(role.arn), "createDate": .time(role.createDate),
            "assumeRolePolicyDocument": .string(
                Documents.encoded(Documents.shown(trust: role.trustPolicy, state.environment.directory))),
        ])
        let profiles = try state.referrers(InstanceProfile.self, Relation.role, to: role.id, in: scope).map { profile in
            JSONValue.members([
                "path": .string(profile.path), "instanceProfileName": .string(profile.name),
                "instanceProfileId": .string(profile.uniqueID), "arn": .string(profile.arn),
                "createDate": .time(profile.createDate), "roles": .array([bare]),
            ])
        }
        guard case .object(let members) = bare else { return nil }
        let more: JSONValue = .members([
            "instanceProfileList": .array(profiles), "rolePolicyList": inline(role),
            "attachedManagedPolicies": attached(role), "permissionsBoundary": boundary(role.permissionsBoundary),
            "tags": shown(role.tags),
        ])
        guard case .object(let others) = more else { return nil }
        return ConfigurationItem(
            Role.kind, id: role.uniqueID, name: role.name, arn: role.arn, account: role.accountID, region: "",
            availabilityZone: nowhere, created: role.createDate, tags: role.tags,
            relationships: try relationships(role, state), configuration: .object(members + others))
    }

    private static let policy = ConfiguredResourceType(
        policyType, of: ManagedPolicy.self, isGlobal: true,
        also: [
            User.kind: { (change, _) throws(ServiceError) in attachments(try change.states(of: User.self)) },
            Group.kind: { (change, _) throws(ServiceError) in attachments(try change.states(of: Group.self)) },
            Role.kind: { (change, _) throws(ServiceError) in attachments(try change.states(of: Role.self)) },
        ],
        named: { (arn, _) in
            guard let name = ARN(parsing: arn), name.service == "iam", name.resource.hasPrefix("policy/") else {
                return nil
            }
            return ConfiguredResource(
                policyType, ManagedPolicy.id(ofName: name.lastPart), account: name.account, region: "")
        },
        item: { (policy, state) throws(ServiceError) in
            let scope = Scope(account: policy.accountID)
            let (name, to) = (Relation.attachedPolicy, policy.arn)
            let users = try state.referrers(User.self, name, to: to, in: scope)
            let groups = try state.referrers(Group.self, name, to: to, in: scope)
            let roles = try state.referrers(Role.self, name, to: to, in: scope)
            let boundaries = try state.referrerCount(Relation.permissionsBoundary, to: to, in: scope)
            let versions = policy.versions.map { version in
                JSONValue.members([
                    "document": .string(Documents.encoded(version.document)), "versionId": .string(version.id),
                    "isDefaultVersion": .boolean(version.id == policy.defaultVersionID),
                    "createDate": .time(version.createDate),
                ])
            }
            return ConfigurationItem(
                policyType, id: policy.uniqueID, name: policy.name, arn: policy.arn, account: policy.accountID,
                region: "",
                availabilityZone: nowhere, created: policy.createDate, tags: policy.tags,
                relationships: users.map { .init("Is attached to User", User.kind, id: $0.uniqueID, named: $0.name) }
                    + groups.map { .init("Is attached to Group", Group.kind, id: $0.uniqueID, named: $0.name) }
                    + roles.map { .init("Is attached to Role", Role.kind, id: $0.uniqueID, named: $0.name) },
                configuration: .members([
                    "policyName": .string(policy.name), "policyId": .string(policy.uniqueID),
                    "arn": .string(policy.arn),
                    "path": .string(policy.path), "defaultVersionId": .string(policy.defaultVersionID),
                    "attachmentCount": .integer(users.count + groups.count + roles.count),
                    "permissionsBoundaryUsageCount": .integer(boundaries), "isAttachable": .boolean(true),
                    "description": .perhaps(policy.description) ?? .null, "createDate": .time(policy.createDate),
                    "updateDate": .time(policy.updateDate), "policyVersionList": .array(versions),
                    "tags": shown(policy.tags),
                ]))
        })

    // MARK: What they have in common

    private static func named<I: Identity>(_ type: I.Type) -> @Sendable (String, Environment) -> ConfiguredResource? {
        { arn, _ in
            guard let name = ARN(parsing: arn), name.service == "iam", name.resource.hasPrefix(I.arnType + "/") else {
                return nil
            }
            return ConfiguredResource(I.kind, I.id(ofName: name.lastPart), account: name.account, region: "")
        }
    }

    /// The customer managed policies that were attached or detached, by their records' ids.
    private static func attachments(_ states: [some Identity]) -> [String] {
        let (old, new) = (states.first?.attachedPolicies ?? [], states.last?.attachedPolicies ?? [])
        let arns: Set<String> =
            states.count == 2 ? Set(old).symmetricDifference(new) : Set(old)
        return arns.sorted().compactMap { arn in
            guard let name = ARN(parsing: arn), name.account != "aws" else { return nil }
            return ManagedPolicy.id(ofName: name.lastPart)
        }
    }

    private static func inline(_ identity: some Identity) -> JSONValue {
        .array(
            identity.inlinePolicies.map {
                .members([
                    "policyName": .string($0.name), "policyDocument": .string(Documents.encoded($0.document)),
                ])
            })
    }

    private static func attached(_ identity: some Identity) -> JSONValue {
        .array(
            identity.attachedPolicies.map { arn in
                .members(["policyName": .string(ARN(parsing: arn)?.lastPart ?? arn), "policyArn": .string(arn)])
            })
    }

    private static func boundary(_ arn: String?) -> JSONValue {
        guard let arn else { return .null }
        return .members(["permissionsBoundaryType": .string("Policy"), "permissionsBoundaryArn": .string(arn)])
    }

    private static func shown(_ tags: [Directory.Tag]) -> JSONValue {
        .array(tags.map { .members(["key": .string($0.key), "value": .string($0.value)]) })
    }

    /// AWS's own policies are no resources of an account.
    private static func relationships(
        _ identity: some Identity, _ state: RecordedState
    ) throws(ServiceError) -> [ConfigurationItem.Relationship] {
        var found: [ConfigurationItem.Relationship] = []
        for arn in identity.attachedPolicies {
            guard let name = ARN(parsing: arn), name.account != "aws" else { continue }
            let policy = try state.get(
                ManagedPolicy.self, ManagedPolicy.id(ofName: name.lastPart), in: Scope(account: identity.accountID))
            found.append(
                .init(
                    "Is attached to CustomerManagedPolicy", policyType, id: policy?.uniqueID, named: name.lastPart))
        }
        return found
    }
}
