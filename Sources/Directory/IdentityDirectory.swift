public import Ledger
public import Policy
import Synchronization

/// Who exists and what binds them: the identities of every account, in memory, with their policies compiled.
///
/// It is fed by the ledger's journal and by nothing else: `replay` at start, then each commit's changes, before the
/// writer's caller is answered. So the request that follows a change already sees it.
///
/// Look-ups take a lock for the time of a few dictionary reads.
public final class IdentityDirectory: Sendable {
    private let state = Mutex(State())

    public init() {}

    /// Takes changes in, in commit order. Kinds that are none of the directory's business are passed over.
    public func apply(_ changes: [Change]) {
        state.withLock { state in
            for change in changes { state.apply(change) }
            state.bindings.removeAll(keepingCapacity: true)
        }
    }

    /// Forgets everything: for the memory mode's reset, which replays what it kept.
    public func replaceAll(with changes: [Change]) {
        state.withLock { state in
            state = State()
            for change in changes { state.apply(change) }
        }
    }

    // MARK: Look-ups

    public func account(_ id: String) -> Account? {
        state.withLock { $0.accounts[id] }
    }

    /// The account that was there first.
    public var firstAccount: Account? {
        state.withLock { state in state.accounts.values.min { ($0.createDate, $0.id) < ($1.createDate, $1.id) } }
    }

    /// The long-term access key of that id, in whichever account.
    public func accessKey(_ id: String) -> AccessKey? {
        state.withLock { $0.accessKeys[id] }
    }

    public func user(named name: String, in account: String) -> User? {
        state.withLock { $0.users.named(name, in: account)?.record }
    }

    public func user(uniqueID: String) -> User? {
        state.withLock { $0.users.byUniqueID[uniqueID]?.record }
    }

    public func group(named name: String, in account: String) -> Group? {
        state.withLock { $0.groups.named(name, in: account)?.record }
    }

    public func role(named name: String, in account: String) -> Role? {
        state.withLock { $0.roles.named(name, in: account)?.record }
    }

    public func role(uniqueID: String) -> Role? {
        state.withLock { $0.roles.byUniqueID[uniqueID]?.record }
    }

    public func instanceProfile(named name: String, in account: String) -> InstanceProfile? {
        state.withLock { $0.instanceProfiles[Key(account: account, id: InstanceProfile.id(ofName: name))] }
    }

    public func mfaDevice(serialNumber: String) -> MFADevice? {
        state.withLock { $0.mfaDevices[serialNumber] }
    }

    /// The customer managed policy of that ARN, with its versions.
    public func managedPolicy(arn: String) -> ManagedPolicy? {
        state.withLock { $0.managedPolicies[arn]?.record }
    }

    /// The compiled default version of a managed policy, the customer's or AWS's own.
    public func compiledPolicy(arn: String) -> CompiledPolicy? {
        state.withLock { $0.compiledPolicy(arn: arn) }
    }

    /// The compiled trust policy of a role.
    public func trustPolicy(ofRoleWithUniqueID uniqueID: String) -> CompiledPolicy? {
        state.withLock { $0.roles.byUniqueID[uniqueID]?.trustPolicy }
    }

    /// The policies that bind a user, through its groups too, or a role. A principal that does not exist has an empty
    /// set: nothing is allowed.
    public func policies(bindingPrincipalWithUniqueID uniqueID: String) -> BoundPolicies {
        state.withLock { state in
            if let known = state.bindings[uniqueID] { return known }
            let bound = state.policies(binding: uniqueID)
            state.bindings[uniqueID] = bound
            return bound
        }
    }
}

/// The identity-based policies of a principal, and its permissions boundary if it has one.
public struct BoundPolicies: Sendable {
    public init(identity: [CompiledPolicy], boundary: [CompiledPolicy]?) {
        self.identity = identity
        self.boundary = boundary
    }

    public var identity: [CompiledPolicy]
    /// nil: no boundary is set. Empty: one is set that does not exist, so that nothing is allowed.
    public var boundary: [CompiledPolicy]?
}

// MARK: - State

private struct Key: Hashable {
    var account: String
    var id: String
}

/// A user, group or role with its policies compiled.
private final class Entry<Member: Identity>: Sendable {
    let record: Member
    let inlinePolicies: [CompiledPolicy]
    let trustPolicy: CompiledPolicy?

    init(_ record: Member) {
        self.record = record
        inlinePolicies = record.inlinePolicies.map { policy in
            compile(
                policy.document,
                PolicySource(type: .identity, name: policy.name, arn: nil, attachedTo: record.arn, version: nil))
        }
        trustPolicy = (record as? Role).map { role in
            compile(
                role.trustPolicy,
                PolicySource(type: .roleTrust, name: "", arn: nil, attachedTo: role.arn, version: nil))
        }
    }
}

/// The members of one type, by name and by unique id.
private struct Members<Member: Identity> {
    var byKey: [Key: Entry<Member>] = [:]
    var byUniqueID: [String: Entry<Member>] = [:]

    func named(_ name: String, in account: String) -> Entry<Member>? {
        byKey[Key(account: account, id: Member.id(ofName: name))]
    }

    mutating func apply(_ change: Change) {
        let key = Key(account: change.scope.account, id: change.id)
        if let old = byKey.removeValue(forKey: key) { byUniqueID[old.record.uniqueID] = nil }
        guard let record = change.record(Member.self) else { return }
        let entry = Entry(record)
        byKey[key] = entry
        byUniqueID[record.uniqueID] = entry
    }
}

private struct ManagedPolicyEntry {
    var record: ManagedPolicy
    var compiled: CompiledPolicy?
}

private struct State {
    var accounts: [String: Account] = [:]
    var accessKeys: [String: AccessKey] = [:]
    var users = Members<User>()
    var groups = Members<Group>()
    var roles = Members<Role>()
    var instanceProfiles: [Key: InstanceProfile] = [:]
    var mfaDevices: [String: MFADevice] = [:]
    /// By ARN; the ARN of a policy never changes.
    var managedPolicies: [String: ManagedPolicyEntry] = [:]
    var managedPolicyARNs: [Key: String] = [:]
    /// AWS's own policies that somebody has used, compiled.
    var awsPolicies: [String: CompiledPolicy] = [:]
    /// What `policies(binding:)` found since the last change.
    var bindings: [String: BoundPolicies] = [:]

    mutating func apply(_ change: Change) {
        let key = Key(account: change.scope.account, id: change.id)
        switch change.kind {
        case Account.kind: accounts[change.id] = change.record(Account.self)
        case AccessKey.kind: accessKeys[change.id] = change.record(AccessKey.self)
        case User.kind: users.apply(change)
        case Group.kind: groups.apply(change)
        case Role.kind: roles.apply(change)
        case InstanceProfile.kind: instanceProfiles[key] = change.record(InstanceProfile.self)
        case MFADevice.kind: mfaDevices[change.id] = change.record(MFADevice.self)
        case ManagedPolicy.kind:
            if let arn = managedPolicyARNs.removeValue(forKey: key) { managedPolicies[arn] = nil }
            if let record = change.record(ManagedPolicy.self) {
                managedPolicies[record.arn] = ManagedPolicyEntry(record: record)
                managedPolicyARNs[key] = record.arn
            }
        default: break
        }
    }

    mutating func compiledPolicy(arn: String) -> CompiledPolicy? {
        if let entry = managedPolicies[arn] {
            if let compiled = entry.compiled { return compiled }
            guard let version = entry.record.defaultVersion else { return nil }
            let compiled = compile(
                version.document,
                PolicySource(
                    type: .identity, name: entry.record.name, arn: arn, attachedTo: nil, version: version.id))
            managedPolicies[arn]?.compiled = compiled
            return compiled
        }
        if let compiled = awsPolicies[arn] { return compiled }
        guard let policy = ManagedPolicyCatalog.aws.entry(arn: arn) else { return nil }
        let compiled = compile(
            policy.document,
            PolicySource(
                type: .identity, name: policy.name, arn: arn, attachedTo: nil, version: policy.defaultVersionID))
        awsPolicies[arn] = compiled
        return compiled
    }

    mutating func policies(binding uniqueID: String) -> BoundPolicies {
        if let user = users.byUniqueID[uniqueID] {
            var identity = policies(of: user)
            for id in user.record.groupIDs {
                guard let group = groups.byUniqueID[id] else {
                    identity.append(.denyingEverything(PolicySource(type: .identity, name: id)))
                    continue
                }
                identity += policies(of: group)
            }
            return BoundPolicies(identity: identity, boundary: boundary(user.record.permissionsBoundary))
        }
        if let role = roles.byUniqueID[uniqueID] {
            return BoundPolicies(
                identity: policies(of: role), boundary: boundary(role.record.permissionsBoundary))
        }
        return BoundPolicies(identity: [], boundary: nil)
    }

    private mutating func policies<Member>(of entry: Entry<Member>) -> [CompiledPolicy] {
        var policies = entry.inlinePolicies
        for arn in entry.record.attachedPolicies {
            // A policy can't be deleted while it is attached; one that is missing all the same must not widen access.
            policies.append(
                compiledPolicy(arn: arn) ?? .denyingEverything(PolicySource(type: .identity, name: arn, arn: arn)))
        }
        return policies
    }

    private mutating func boundary(_ arn: String?) -> [CompiledPolicy]? {
        arn.map { arn in compiledPolicy(arn: arn).map { [$0] } ?? [] }
    }
}

// MARK: - Compiling

/// Compiles a stored document. All are checked before they are stored; should one not parse all the same (a damaged
/// record, a language that became stricter), what it denied is unknown, so it denies everything.
private func compile(_ document: String, _ source: PolicySource) -> CompiledPolicy {
    do {
        return CompiledPolicy(try PolicyDocument(parsing: document, as: source.type), source: source)
    } catch {
        return CompiledPolicy.denyingEverything(source)
    }
}
