public import Ledger
public import Policy
import Synchronization

/// Who exists and what binds them: the identities of every account, in memory, with their policies compiled.
///
/// It is fed by the ledger's journal and by nothing else: `replay` at the start, then the changes of each commit,
/// before the writer is answered. So the request that follows a change already sees it.
///
/// ```swift
/// let directory = IdentityDirectory()
/// try ledger.replay(IdentityDirectory.kinds) { change throws(LedgerError) in
///     try directory.apply([change])
/// }
/// let bound = directory.policies(bindingPrincipalWithUniqueID: "AIDAALICE")
/// let inputs = PolicyInputs(identitySets: bound.sets, boundaries: bound.boundary)
/// ```
///
/// Look-ups take a lock for the time of a few dictionary reads.
public final class IdentityDirectory: Sendable {
    private let state = Mutex(State())

    /// Makes an empty directory; ``apply(_:)`` or ``replaceAll(with:)`` fills it.
    public init() {}

    /// The kinds of records that it follows.
    public static let kinds: Set<String> = OrganizationIndex.kinds.union([
        Account.kind, RegionOptIn.kind, AccessKey.kind, User.kind, Group.kind, Role.kind, InstanceProfile.kind,
        MFADevice.kind, OpenIDConnectProvider.kind, OutboundFederation.kind, ManagedPolicy.kind,
    ])

    /// Takes in changes, in commit order. Kinds that do not concern the directory are skipped.
    /// - Throws: `LedgerError` for a record that can't be read: what it allowed or denied is unknown then, so nothing
    ///   may be decided by the directory.
    public func apply(_ changes: [Change]) throws(LedgerError) {
        try state.withLock { (state) throws(LedgerError) in
            for change in changes { try state.apply(change) }
        }
    }

    /// Forgets everything and takes in the changes, in commit order: for the reset of a server in memory.
    /// - Throws: as ``apply(_:)``.
    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        try state.withLock { (state) throws(LedgerError) in
            state = State()
            for change in changes { try state.apply(change) }
        }
    }

    // MARK: Look-ups

    /// How many identities there are in all accounts.
    public var identityCounts: (users: Int, groups: Int, roles: Int) {
        state.withLock { ($0.users.byUniqueID.count, $0.groups.byUniqueID.count, $0.roles.byUniqueID.count) }
    }

    /// How many accounts there are in each state.
    public var accountCounts: [Account.State: Int] {
        state.withLock { state in state.accounts.values.reduce(into: [:]) { $0[$1.state, default: 0] &+= 1 } }
    }

    /// The account of that number.
    public func account(_ id: String) -> Account? {
        state.withLock { $0.accounts[id] }
    }

    /// All accounts, by their numbers.
    /// - Complexity: n log n in the number of accounts.
    public var allAccounts: [Account] {
        state.withLock { Array($0.accounts.values) }.sorted { $0.id < $1.id }
    }

    /// Some account for which a condition holds.
    /// - Complexity: linear in the number of accounts.
    public func anyAccount(where holds: (Account) -> Bool) -> Account? {
        state.withLock { Array($0.accounts.values) }.first(where: holds)
    }

    /// The account that was there first, and created all others.
    public var firstAccount: Account? {
        state.withLock { state in state.firstAccountID.flatMap { state.accounts[$0] } }
    }

    /// The accounts in the organization of a management account, including itself.
    public func accounts(managedBy managementAccountID: String) -> [Account] {
        state.withLock { $0.accounts.values.filter { $0.managementAccountID == managementAccountID } }
    }

    /// The management accounts of all organizations.
    public var managementAccountIDs: [String] {
        withOrganizations { $0.organizations.values.map(\.managementAccountID) }
    }

    /// The account of an alias.
    public func account(alias: String) -> Account? {
        state.withLock { state in state.accountsByAlias[alias].flatMap { state.accounts[$0] } }
    }

    /// The accounts that are being closed, or are closed and still in an organization.
    public var accountsLeaving: [Account] {
        state.withLock { state in
            state.accounts.values.filter {
                $0.state == .pendingClosure || ($0.state == .closed && $0.managementAccountID != nil)
            }
        }
    }

    /// The account whose root user has that e-mail address.
    public func account(email: String) -> Account? {
        let email = email.lowercased()
        return state.withLock { state in state.accountsByEmail[email].flatMap { state.accounts[$0] } }
    }

    /// How an account has opted in to a region, or out of it; nil when it never has.
    public func regionOptIn(_ region: String, in account: String) -> RegionOptIn? {
        state.withLock { $0.regionOptIns[MemberKey(account: account, id: region)] }
    }

    // MARK: Identities

    /// Whether an account exists and is neither suspended nor closed, so that its principals can do anything at all.
    public func isActive(account id: String) -> Bool {
        state.withLock { $0.accounts[id]?.isActive ?? false }
    }

    /// The long-term access key of that id, in whichever account.
    public func accessKey(_ id: String) -> AccessKey? {
        state.withLock { $0.accessKeys[id] }
    }

    /// The user of that name, in whichever case.
    public func user(named name: String, in account: String) -> User? {
        state.withLock { $0.users.named(name, in: account)?.record }
    }

    /// The user of that unique id, `AIDA…`.
    public func user(uniqueID: String) -> User? {
        state.withLock { $0.users.byUniqueID[uniqueID]?.record }
    }

    /// The user of that name, in whichever case, for those who need but a part of it.
    public func userEntry(named name: String, in account: String) -> MemberEntry<User>? {
        state.withLock { $0.users.named(name, in: account) }
    }

    /// Up to `limit` users of an account in the order of their records' ids, after an id or from the first on.
    /// - Complexity: O(log *n* + `limit`), and no copy of a user.
    public func users(
        in account: String, after id: String?, limit: Int
    ) -> [(id: String, entry: MemberEntry<User>)] {
        state.withLock { $0.users.next(in: account, after: id, limit: limit) }
    }

    /// The group of that name, in whichever case.
    public func group(named name: String, in account: String) -> Group? {
        state.withLock { $0.groups.named(name, in: account)?.record }
    }

    /// Up to `limit` groups of an account, as ``users(in:after:limit:)``.
    public func groups(
        in account: String, after id: String?, limit: Int
    ) -> [(id: String, entry: MemberEntry<Group>)] {
        state.withLock { $0.groups.next(in: account, after: id, limit: limit) }
    }

    /// The role of that name, in whichever case.
    public func role(named name: String, in account: String) -> Role? {
        state.withLock { $0.roles.named(name, in: account)?.record }
    }

    /// The role of that name, in whichever case, for those who need but a part of it.
    public func roleEntry(named name: String, in account: String) -> MemberEntry<Role>? {
        state.withLock { $0.roles.named(name, in: account) }
    }

    /// Up to `limit` roles of an account, as ``users(in:after:limit:)``.
    public func roles(
        in account: String, after id: String?, limit: Int
    ) -> [(id: String, entry: MemberEntry<Role>)] {
        state.withLock { $0.roles.next(in: account, after: id, limit: limit) }
    }

    /// The role of that unique id, `AROA…`.
    public func role(uniqueID: String) -> Role? {
        state.withLock { $0.roles.byUniqueID[uniqueID]?.record }
    }

    /// The instance profile of that name, in whichever case.
    public func instanceProfile(named name: String, in account: String) -> InstanceProfile? {
        state.withLock { $0.instanceProfiles[MemberKey(account: account, id: InstanceProfile.id(ofName: name))] }
    }

    /// The MFA device of that serial number, which is its ARN, in whichever account. It may not be enabled for
    /// anybody yet.
    public func mfaDevice(serialNumber: String) -> MFADevice? {
        state.withLock { $0.mfaDevices[serialNumber] }
    }

    /// Whether a passkey of this credential id is registered, in whichever account.
    /// - Complexity: linear in the number of MFA devices.
    public func hasPasskey(credentialID: [UInt8]) -> Bool {
        state.withLock { state in state.mfaDevices.values.contains { $0.passkey?.credentialID == credentialID } }
    }

    /// The OpenID Connect provider of that ARN:
    /// `arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com`.
    public func openIDConnectProvider(arn: String) -> OpenIDConnectProvider? {
        state.withLock { $0.openIDConnectProviders[arn] }
    }

    /// The issuer of an account's own tokens, whether or not it is enabled; nil when it never was.
    public func outboundFederation(ofAccount id: String) -> OutboundFederation? {
        state.withLock { $0.outboundFederations[id] }
    }

    /// The account's issuer whose URL ends in that id. Anonymous callers fetch its keys, so it is found by an index and
    /// not by looking at every account.
    public func outboundFederation(issuerID: String) -> OutboundFederation? {
        state.withLock { state in
            state.accountsByIssuer[issuerID].flatMap { state.outboundFederations[$0] }
        }
    }

    /// The customer managed policy of that ARN, with its versions.
    public func managedPolicy(arn: String) -> ManagedPolicy? {
        state.withLock { $0.policies[arn]?.record }
    }

    /// A customer managed policy by the name that is its record's id.
    public func managedPolicy(named name: String, in account: String) -> ManagedPolicy? {
        state.withLock { state in
            state.policyARNs[MemberKey(account: account, id: ManagedPolicy.id(ofName: name))]
                .flatMap { state.policies[$0]?.record }
        }
    }

    /// The compiled default version of a managed policy, the customer's or AWS's own.
    public func compiledPolicy(arn: String) -> CompiledPolicy? {
        state.withLock { $0.compiledPolicy(arn: arn) }
    }

    /// The compiled trust policy of a role.
    public func trustPolicy(ofRoleWithUniqueID uniqueID: String) -> CompiledPolicy? {
        state.withLock { $0.roles.byUniqueID[uniqueID]?.trustPolicy }
    }

    /// The policies that bind a user, through its groups too, or a role. A principal that does not exist has none:
    /// nothing is allowed.
    ///
    /// - Complexity: a few look-ups. A change costs only what it touches: a policy's new version is in force for all
    ///   who have it without any of them being looked for.
    public func policies(bindingPrincipalWithUniqueID uniqueID: String) -> BoundPolicies {
        state.withLock { $0.policies(binding: uniqueID) }
    }

    func withOrganizations<Result: Sendable>(_ body: (inout OrganizationIndex) -> Result) -> Result {
        state.withLock { body(&$0.organizations) }
    }
}

/// The identity-based policies of a principal, and its permissions boundary if it has one.
public struct BoundPolicies: Sendable {
    /// Combines a principal's policies.
    /// - Parameters:
    ///   - sets: its own policies and those of each of its groups.
    ///   - boundary: its permissions boundary; nil when none is set, empty when one is set that does not exist.
    public init(sets: [PolicySet], boundary: [CompiledPolicy]?) {
        self.sets = sets
        self.boundary = boundary
    }

    /// The principal's own policies, and those of each of its groups.
    public var sets: [PolicySet]
    /// nil: no boundary is set. Empty: one is set that does not exist, so that nothing is allowed.
    public var boundary: [CompiledPolicy]?

    /// The policies of all `sets`.
    public var identity: [CompiledPolicy] { sets.flatMap(\.policies) }
}

// MARK: - State

private struct State {
    var accounts: [String: Account] = [:]
    var firstAccountID: String?
    var accountsByAlias = NameIndex()
    /// By address in lower case.
    var accountsByEmail = NameIndex()
    /// By the id in the issuer's address.
    var accountsByIssuer = NameIndex()
    var organizations = OrganizationIndex()
    var regionOptIns: [MemberKey: RegionOptIn] = [:]
    var accessKeys: [String: AccessKey] = [:]
    var users = Members<User>()
    var groups = Members<Group>()
    var roles = Members<Role>()
    var instanceProfiles: [MemberKey: InstanceProfile] = [:]
    var mfaDevices: [String: MFADevice] = [:]
    /// By ARN.
    var openIDConnectProviders: [String: OpenIDConnectProvider] = [:]
    /// By account.
    var outboundFederations: [String: OutboundFederation] = [:]
    /// By ARN, which never changes: those that there are, and those that somebody has attached.
    var policies: [String: PolicySlot] = [:]
    var policyARNs: [MemberKey: String] = [:]
    /// Grows whenever what is in a slot changes.
    var policyGeneration = 0

    mutating func apply(_ change: Change) throws(LedgerError) {
        let key = MemberKey(account: change.scope.account, id: change.id)
        switch change.kind {
        case Account.kind: apply(try change.decodeAfter(Account.self), of: change.id)
        case RegionOptIn.kind: regionOptIns[key] = try change.decodeAfter(RegionOptIn.self)
        case AccessKey.kind: accessKeys[change.id] = try change.decodeAfter(AccessKey.self)
        case User.kind: try users.apply(change, &policies)
        case Group.kind: try groups.apply(change, &policies)
        case Role.kind: try roles.apply(change, &policies)
        case InstanceProfile.kind: instanceProfiles[key] = try change.decodeAfter(InstanceProfile.self)
        case MFADevice.kind: mfaDevices[change.id] = try change.decodeAfter(MFADevice.self)
        case OpenIDConnectProvider.kind:
            let arn = OpenIDConnectProvider.arn(url: change.id, in: change.scope.account)
            openIDConnectProviders[arn] = try change.decodeAfter(OpenIDConnectProvider.self)
        case OutboundFederation.kind:
            let account = change.scope.account
            let new = try change.decodeAfter(OutboundFederation.self)
            let old = outboundFederations.removeValue(forKey: account)
            outboundFederations[account] = new
            accountsByIssuer.move(account, from: old?.issuerID, to: new?.issuerID)
        case ManagedPolicy.kind: apply(try change.decodeAfter(ManagedPolicy.self), at: key)
        case let kind where OrganizationIndex.kinds.contains(kind): try organizations.apply(change)
        default: break
        }
    }

    private mutating func apply(_ new: Account?, of id: String) {
        let old = accounts.removeValue(forKey: id)
        accounts[id] = new
        accountsByAlias.move(id, from: old?.alias, to: new?.alias)
        accountsByEmail.move(id, from: old?.email.lowercased(), to: new?.email.lowercased())
        if let new, new.creatorID == nil {
            firstAccountID = id
        } else if firstAccountID == id {
            firstAccountID = nil
        }
    }

    private mutating func apply(_ record: ManagedPolicy?, at key: MemberKey) {
        policyGeneration += 1
        let oldARN = policyARNs.removeValue(forKey: key)
        if let record {
            PolicySlot.of(record.arn, in: &policies).record = record
            policyARNs[key] = record.arn
        }
        if let oldARN, oldARN != record?.arn, var slot = policies.removeValue(forKey: oldARN) {
            slot.record = nil
            // Principals that still have it attached must find it if it comes back.
            if !isKnownUniquelyReferenced(&slot) { policies[oldARN] = slot }
        }
    }

    /// The compiled default version of a managed policy. AWS's own are compiled when somebody asks for them.
    mutating func compiledPolicy(arn: String) -> CompiledPolicy? {
        if let slot = policies[arn] { return slot.compiled }
        guard ManagedPolicyCatalog.aws.entry(arn: arn) != nil else { return nil }
        return PolicySlot.of(arn, in: &policies).compiled
    }

    mutating func policies(binding uniqueID: String) -> BoundPolicies {
        if let user = users.byUniqueID[uniqueID] {
            var sets: [PolicySet] = []
            sets.reserveCapacity(1 + user.bare.groupIDs.count)
            sets.append(user.policies(policyGeneration))
            for id in user.bare.groupIDs {
                // A group can't be deleted while it has members; one that can't be read might have denied anything.
                sets.append(
                    groups.byUniqueID[id]?.policies(policyGeneration)
                        ?? PolicySet([.denyingEverything(PolicySource(type: .identity, name: id))]))
            }
            return BoundPolicies(sets: sets, boundary: boundary(user.bare.permissionsBoundary))
        }
        if let role = roles.byUniqueID[uniqueID] {
            return BoundPolicies(
                sets: [role.policies(policyGeneration)], boundary: boundary(role.bare.permissionsBoundary))
        }
        return BoundPolicies(sets: [], boundary: nil)
    }

    private mutating func boundary(_ arn: String?) -> [CompiledPolicy]? {
        arn.map { arn in compiledPolicy(arn: arn).map { [$0] } ?? [] }
    }
}

/// Accounts by a name that only one open account can have. Closed accounts keep theirs, so several may have the same:
/// then the one with the lowest number is found.
private struct NameIndex {
    private var accounts: [String: Set<String>] = [:]

    subscript(name: String) -> String? { accounts[name]?.min() }

    mutating func move(_ account: String, from old: String?, to new: String?) {
        guard old != new else { return }
        if let old, accounts[old]?.remove(account) != nil, accounts[old]?.isEmpty == true { accounts[old] = nil }
        if let new { accounts[new, default: []].insert(account) }
    }
}
