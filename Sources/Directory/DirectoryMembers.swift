import Ledger
import Policy

/// The name of a record within its account.
struct MemberKey: Hashable {
    var account: String
    var id: String
}

/// The place of one managed policy, shared by all who have it attached: when the policy changes, it changes here and
/// nowhere else. Guarded by the directory's lock.
final class PolicySlot {
    let arn: String
    /// The customer managed policy; nil if there is none, or if it is AWS's own.
    var record: ManagedPolicy? {
        didSet { known = nil }
    }
    private var known: CompiledPolicy??

    init(arn: String) { self.arn = arn }

    static func of(_ arn: String, in slots: inout [String: PolicySlot]) -> PolicySlot {
        if let slot = slots[arn] { return slot }
        let slot = PolicySlot(arn: arn)
        slots[arn] = slot
        return slot
    }

    /// The default version, compiled when it is first asked for; nil if there is no such policy.
    var compiled: CompiledPolicy? {
        if let known { return known }
        let compiled = compile()
        known = .some(compiled)
        return compiled
    }

    /// A policy can't be deleted while it is attached; if one is missing nevertheless, that must not widen access.
    var compiledOrDenying: CompiledPolicy { compiled ?? denying }

    private lazy var denying = CompiledPolicy.denyingEverything(
        PolicySource(type: .identity, name: arn, arn: arn))

    private func compile() -> CompiledPolicy? {
        if let record {
            guard let version = record.defaultVersion else { return nil }
            return compilePolicy(
                version.document, PolicySource(type: .identity, name: record.name, arn: arn, version: version.id))
        }
        guard let policy = ManagedPolicyCatalog.aws.entry(arn: arn) else { return nil }
        return compilePolicy(
            policy.document,
            PolicySource(type: .identity, name: policy.name, arn: arn, version: policy.defaultVersionID))
    }
}

/// A user, group or role as the directory keeps it, small while nobody asks for its policies. Handing it out copies
/// nothing of the record.
///
/// It can be sent: ``bare`` never changes, and everything else is guarded by the directory's lock.
public final class MemberEntry<Member: Identity>: @unchecked Sendable {
    /// The record without the list of attached policies, which is empty here.
    public let bare: Member
    private let attached: [PolicySlot]
    private var inlinePolicies: [CompiledPolicy]?
    private var trust: CompiledPolicy?
    private var set: PolicySet?
    /// The generation of policies that `set` was checked against.
    private var setGeneration = -1

    /// - Parameter old: what was in its place, to reuse what it has compiled.
    init(_ record: Member, replacing old: MemberEntry?, _ slots: inout [String: PolicySlot]) {
        attached = record.attachedPolicies.map { PolicySlot.of($0, in: &slots) }
        var bare = record
        bare.attachedPolicies = []
        self.bare = bare
        guard let old, old.bare.arn == bare.arn else { return }
        set = old.set
        if let known = old.inlinePolicies {
            inlinePolicies = bare.inlinePolicies.map { policy in
                let place = old.bare.inlinePolicies.firstIndex(of: policy)
                return place.flatMap { $0 < known.count ? known[$0] : nil } ?? Self.compile(policy, of: bare.arn)
            }
        }
    }

    var record: Member {
        if attached.isEmpty { return bare }
        var record = bare
        record.attachedPolicies = attached.map(\.arn)
        return record
    }

    /// The policies that are its own, inline and managed.
    func policies(_ generation: Int) -> PolicySet {
        if let set, setGeneration == generation { return set }
        let inline = inlinePolicies ?? bare.inlinePolicies.map { Self.compile($0, of: bare.arn) }
        inlinePolicies = inline
        let all = inline + attached.map(\.compiledOrDenying)
        let current = set?.replacingAll(with: all) ?? PolicySet(all)
        set = current
        setGeneration = generation
        return current
    }

    private static func compile(_ policy: InlinePolicy, of arn: String) -> CompiledPolicy {
        compilePolicy(policy.document, PolicySource(type: .identity, name: policy.name, attachedTo: arn))
    }
}

extension MemberEntry<Role> {
    var trustPolicy: CompiledPolicy {
        if let trust { return trust }
        let compiled = compilePolicy(bare.trustPolicy, PolicySource(type: .roleTrust, attachedTo: bare.arn))
        trust = compiled
        return compiled
    }
}

/// The members of one type, by name and by unique id.
struct Members<Member: Identity> {
    private var byKey: [MemberKey: MemberEntry<Member>] = [:]
    private(set) var byUniqueID: [String: MemberEntry<Member>] = [:]
    /// By account.
    private var ordered: [String: OrderedMembers<Member>] = [:]

    func named(_ name: String, in account: String) -> MemberEntry<Member>? {
        withID(Member.id(ofName: name), in: account)
    }

    func withID(_ id: String, in account: String) -> MemberEntry<Member>? {
        byKey[MemberKey(account: account, id: id)]
    }

    func next(in account: String, after id: String?, limit: Int) -> [OrderedMembers<Member>.Item] {
        ordered[account]?.next(after: id, limit: limit) ?? []
    }

    mutating func apply(_ change: Change, _ slots: inout [String: PolicySlot]) throws(LedgerError) {
        let key = MemberKey(account: change.scope.account, id: change.id)
        let old = byKey.removeValue(forKey: key)
        if let old { byUniqueID[old.bare.uniqueID] = nil }
        guard let record = try change.decodeAfter(Member.self) else {
            ordered[key.account]?.remove(id: key.id)
            return
        }
        let entry = MemberEntry(record, replacing: old, &slots)
        byKey[key] = entry
        ordered[key.account, default: OrderedMembers()].put(entry, id: key.id)
        byUniqueID[record.uniqueID] = entry
    }
}

/// Compiles a stored document. All documents are checked before they are stored, by the rules of their day, and remain
/// valid. If one does not parse nevertheless (a damaged record), what it denied is unknown, so it denies everything.
func compilePolicy(_ document: String, _ source: PolicySource) -> CompiledPolicy {
    do {
        let document = try PolicyDocument(parsing: document, as: source.type, strictness: .evaluable)
        return CompiledPolicy(document, source: source)
    } catch {
        return CompiledPolicy.denyingEverything(source)
    }
}
