import Directory
public import Escalation
import Ledger
import OIDC
import Platform
public import Policy

/// The accounts of a Gatehouse with everything that binds requests, read beside the servers that use it: for questions
/// about all requests at once.
public struct RecordedEstate: Sendable {
    /// The users and roles of all active accounts, with their policies, boundaries and service control policies.
    public let estate: Estate
    /// The numbers of the active accounts.
    public let accounts: [String]
    let environment: Environment

    /// Reads it as it is now.
    ///
    /// - Throws: `StartError` when there is no ledger, or it can't be read.
    /// - Complexity: linear in what is kept in memory of all accounts, as at the start of a server.
    public init(_ place: DataPlace) throws(StartError) {
        let opened = try place.openReadOnly()
        do {
            let directory = IdentityDirectory()
            let projections = Projections(of: Modules.all, and: [directory])
            environment = Environment(
                ledger: opened.ledger, directory: directory,
                sessionTokens: try SessionTokens(keyring: opened.keyring),
                authorizationMessages: try AuthorizationMessages(keyring: opened.keyring),
                openIDProviders: OpenIDProviders(), publicAddress: PublicAddress(fixed: nil), quotas: Quotas(),
                region: "us-east-1", modules: Modules.all, projections: projections, clock: Clock { 0 })
            var beside = Beside()
            try opened.ledger.replay(projections.replayedKinds.union(Beside.kinds)) { change throws(LedgerError) in
                try beside.take(change)
                try projections.apply([change])
            }
            accounts = directory.allAccounts.filter(\.isActive).map(\.id)
            estate = EstateReading(directory, beside).estate(of: accounts)
        } catch let error as StartError {
            throw error
        } catch {
            throw StartError("\(error)")
        }
    }
}

/// What the directory does not list.
private struct Beside {
    static let kinds: Set<String> = [ManagedPolicy.kind, InstanceProfile.kind, MFADevice.kind, loginProfile]
    private static let loginProfile = "AWS::IAM::LoginProfile"

    var policies: [ManagedPolicy] = []
    /// The names of instance profiles, by account and the id of their role.
    var profiles: [String: [String]] = [:]
    /// The unique ids of those who have a second factor, and of those who have a password.
    var withSecondFactor: Set<String> = []
    var withPassword: Set<String> = []

    mutating func take(_ change: Change) throws(LedgerError) {
        switch change.kind {
        case ManagedPolicy.kind: if let policy = try change.decodeAfter(ManagedPolicy.self) { policies.append(policy) }
        case InstanceProfile.kind:
            guard let profile = try change.decodeAfter(InstanceProfile.self), let role = profile.roleID else { return }
            profiles["\(profile.accountID) \(role)", default: []].append(profile.name)
        case MFADevice.kind:
            if let owner = try change.decodeAfter(MFADevice.self)?.ownerID { withSecondFactor.insert(owner) }
        case Self.loginProfile: withPassword.insert(change.id)
        default: break
        }
    }
}

/// How an estate is made of a directory.
private struct EstateReading {
    let directory: IdentityDirectory
    let beside: Beside

    init(_ directory: IdentityDirectory, _ beside: Beside) {
        self.directory = directory
        self.beside = beside
    }

    func estate(of accounts: [String]) -> Estate {
        var estate = Estate()
        for policy in beside.policies {
            guard let current = directory.compiledPolicy(arn: policy.arn) else { continue }
            let others = policy.versions.filter { $0.id != policy.defaultVersionID }.map { version in
                let source = PolicySource(type: .identity, name: policy.name, arn: policy.arn, version: version.id)
                return (version.id, Self.compiled(version.document, source))
            }
            estate.policies[policy.arn] = Estate.ManagedPolicy(defaultVersion: current, otherVersions: others)
        }
        for account in accounts {
            let levels = directory.membership(ofAccount: account)?.serviceControl
            var groups: [String: String] = [:]
            each(directory.groups, in: account) { entry in
                groups[entry.bare.uniqueID] = entry.bare.arn
                if let group = directory.group(named: entry.bare.name, in: account) {
                    estate.groups[group.arn] = policies(of: group)
                }
            }
            each(directory.users, in: account) { entry in
                let user = entry.bare
                let arn = user.arn
                var member = Estate.Member(
                    Principal(kind: .user, arn: arn, accountID: account, uniqueID: user.uniqueID), arn: arn,
                    policies: [])
                member.groups = user.groupIDs.compactMap { groups[$0] }
                bind(&member, user, holders: [arn] + user.groupIDs.map { groups[$0] ?? $0 })
                member.hasPassword = beside.withPassword.contains(user.uniqueID)
                member.hasSecondFactor = beside.withSecondFactor.contains(user.uniqueID)
                member.serviceControl = levels
                member.tags = Self.tags(user.tags)
                setBoundary(&member, user.permissionsBoundary)
                estate.members.append(member)
            }
            each(directory.roles, in: account) { entry in
                let role = entry.bare
                var member = Estate.Member(
                    Principal(
                        kind: .roleSession, arn: "arn:aws:sts::\(account):assumed-role/\(role.name)/session",
                        accountID: account, roleARN: role.arn, uniqueID: role.uniqueID,
                        isServiceLinkedRole: role.isServiceLinked), arn: role.arn, policies: [])
                bind(&member, role, holders: [role.arn])
                member.trust = directory.trustPolicy(ofRoleWithUniqueID: role.uniqueID)
                member.instanceProfiles = beside.profiles["\(account) \(role.id)"] ?? []
                member.serviceControl = levels
                member.tags = Self.tags(role.tags)
                setBoundary(&member, role.permissionsBoundary)
                estate.members.append(member)
            }
        }
        return estate
    }

    private func each<Member>(
        _ list: (String, String?, Int) -> [(id: String, entry: MemberEntry<Member>)], in account: String,
        _ body: (MemberEntry<Member>) -> Void
    ) {
        var after: String?
        while true {
            let part = list(account, after, 256)
            for item in part { body(item.entry) }
            guard part.count == 256, let last = part.last?.id else { return }
            after = last
        }
    }

    /// - Parameter holders: whose each set of policies is, in the order of the sets.
    private func bind(_ member: inout Estate.Member, _ identity: some Identity, holders: [String]) {
        let bound = directory.policies(bindingPrincipalWithUniqueID: identity.uniqueID)
        for (holder, set) in zip(holders, bound.sets) {
            member.policies += set.policies.map { Estate.HeldPolicy($0, holder: holder, arn: $0.source.arn) }
        }
    }

    private func setBoundary(_ member: inout Estate.Member, _ arn: String?) {
        guard let arn else { return }
        let policy = directory.policies(bindingPrincipalWithUniqueID: member.principal.uniqueID).boundary?.first
        member.boundary = Estate.Boundary(arn: arn, policy: policy)
    }

    private func policies(of group: Group) -> [Estate.HeldPolicy] {
        let arn = group.arn
        let inline = group.inlinePolicies.map {
            Estate.HeldPolicy(
                Self.compiled($0.document, PolicySource(type: .identity, name: $0.name, attachedTo: arn)), holder: arn)
        }
        let attached = group.attachedPolicies.compactMap { name in
            directory.compiledPolicy(arn: name).map { Estate.HeldPolicy($0, holder: arn, arn: name) }
        }
        return inline + attached
    }

    private static func compiled(_ document: String, _ source: PolicySource) -> CompiledPolicy {
        guard let parsed = try? PolicyDocument(parsing: document, as: source.type, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(parsed, source: source)
    }

    private static func tags(_ tags: [Tag]) -> [String: String] {
        tags.reduce(into: [:]) { $0[$1.key] = $1.value }
    }
}
