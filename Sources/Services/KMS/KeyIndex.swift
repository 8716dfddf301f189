import Directory
import KeyMaterial
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// A key as requests are decided by it. It is never changed: a change of the key makes another.
final class KeyEntry: Sendable {
    /// Without its policy's text.
    let key: Key
    let policy: CompiledPolicy
    /// The condition keys that the key brings to every request.
    let context: [String: ContextValue]
    /// Its aliases, sorted.
    let aliases: [String]
    let arn: String
    /// ``Key/authenticatedARN``
    let authenticatedARN: String
    /// Its materials that have been used, by their ids: to read and parse a private key takes longer than to sign with
    /// it. Whether they may still be used the key's state says.
    private let materials = Mutex<[(id: String, material: KeyMaterial)]>([])

    /// - Parameter sharesPolicy: whether another key has the policy, too.
    init(
        _ key: Key, _ policy: CompiledPolicy, _ context: [String: ContextValue], aliases: [String],
        sharesPolicy: Bool = false
    ) {
        weight =
            1024 + 64 * (key.tags.count + key.materials.count + aliases.count) + (key.spec.isSymmetric ? 0 : 4096)
            + (sharesPolicy ? 0 : 4 * policy.document.text.utf8.count)
        self.key = key
        self.policy = policy
        self.context = context
        self.aliases = aliases
        arn = key.arn
        authenticatedARN = key.authenticatedARN
    }

    /// An entry that no index has, for a key that is yet to be made, or to be changed.
    convenience init(_ key: Key, aliases: [String] = []) {
        self.init(key, KeyIndex.compiled(key.policy), KeyIndex.context(of: key), aliases: aliases)
    }

    func material(_ id: String) -> KeyMaterial? {
        materials.withLock { materials in materials.first { $0.id == id }?.material }
    }

    func keep(_ material: KeyMaterial, _ id: String) {
        materials.withLock { materials in
            if !materials.contains(where: { $0.id == id }) { materials.append((id, material)) }
        }
    }

    /// About how many bytes of memory it takes.
    fileprivate let weight: Int
}

/// The keys and aliases that requests have named lately.
///
/// A key is read from the ledger when a request names it, and kept until it changes, or until many others have been asked
/// for since. What a commit changes, here or on another node, is forgotten before anybody is answered, so that
/// whoever comes next reads it as it is. Keys that are kept share what is equal: a hundred thousand keys have a few dozen
/// policies.
final class KeyIndex: Projection {
    static let kinds: Set<String> = [Key.kind, Alias.kind]
    static let isReplayed = false

    /// How many bytes of keys are kept, and of aliases.
    private static let limit = 32 << 20

    fileprivate struct State {
        /// By ARN.
        var keys = RecentlyUsed<String, KeyEntry>(limit: KeyIndex.limit) { $0.weight }
        /// The keys' ids, by the ARNs of aliases.
        var aliases = RecentlyUsed<String, String>(limit: KeyIndex.limit / 8) { _ in 256 }
        /// By their texts.
        var policies = RecentlyUsed<String, CompiledPolicy>(limit: KeyIndex.limit / 8) {
            256 + 4 * $0.document.text.utf8.count
        }
        /// By what they say of the key.
        var contexts: [Traits: [String: ContextValue]] = [:]
        /// How many changes there were. What was being read meanwhile may be out of date, and is not kept.
        var changes = 0
    }

    fileprivate struct Traits: Hashable {
        let spec: KeySpec
        let usage: KeyUsage
        let origin: Key.Origin
        let isMultiRegion: Bool
        let isReplica: Bool

        init(_ key: Key) {
            spec = key.spec
            usage = key.usage
            origin = key.origin
            isMultiRegion = key.multiRegion != nil
            isReplica = key.isReplica
        }
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let place = "arn:aws:kms:\(change.scope.region):\(change.scope.account):"
            var keys: [String] = []
            if change.kind == Key.kind {
                keys = [change.id]
            } else {
                keys = [try change.decodeBefore(Alias.self)?.keyID, try change.decodeAfter(Alias.self)?.keyID]
                    .compactMap { $0 }
            }
            state.withLock { state in
                state.changes += 1
                for id in keys { state.keys.remove("\(place)key/\(id)") }
                if change.kind == Alias.kind { state.aliases.remove(place + change.id) }
            }
        }
    }

    func replaceAll(with changes: [Change]) {
        state.withLock { state in
            let count = state.changes
            state = State()
            state.changes = count + 1
        }
    }

    /// A key as it is now, or was since the request came; nil where there is none.
    /// - Parameter arn: of a key.
    /// - Throws: InternalFailure when it can't be read.
    func key(_ arn: String, _ environment: Environment) async throws(ServiceError) -> KeyEntry? {
        let (known, changes) = state.withLock { ($0.keys.value(arn), $0.changes) }
        if let known { return known }
        guard let place = ARN(parsing: arn), let id = place.resource.removing(prefix: "key/") else { return nil }
        let read = try await environment.read(Scope(account: place.account, region: place.region)) {
            (records) throws(ServiceError) -> (Key, [String])? in
            guard let key = try records.get(Key.self, id) else { return nil }
            return (key, try records.referrers(Alias.self, Alias.toKey, to: id).map(\.id))
        }
        guard let (key, aliases) = read else { return nil }
        return state.withLock { state in
            let entry = state.entry(key, aliases)
            if state.changes == changes { state.keys.keep(entry, arn) }
            return entry
        }
    }

    /// The id of the key that an alias stands for; nil where there is no such alias.
    /// - Parameter arn: of an alias.
    /// - Throws: InternalFailure when it can't be read.
    func keyID(ofAlias arn: String, _ environment: Environment) async throws(ServiceError) -> String? {
        let (known, changes) = state.withLock { ($0.aliases.value(arn), $0.changes) }
        if let known { return known }
        guard let place = ARN(parsing: arn) else { return nil }
        let id = try await environment.read(Scope(account: place.account, region: place.region)) {
            (records) throws(ServiceError) in try records.get(Alias.self, place.resource)?.keyID
        }
        guard let id else { return nil }
        state.withLock { state in
            if state.changes == changes { state.aliases.keep(id, arn) }
        }
        return id
    }

    /// How many keys are kept.
    var count: Int { state.withLock { $0.keys.count } }

    /// - Parameter text: a key policy as it is stored. One that can't be read denies everything.
    static func compiled(_ text: String) -> CompiledPolicy {
        let source = PolicySource(type: .resource, name: "key policy")
        guard let document = try? PolicyDocument(parsing: text, as: .resource, strictness: .evaluable) else {
            return .denyingEverything(source)
        }
        return CompiledPolicy(document, source: source)
    }

    /// The condition keys that a key brings.
    static func context(of key: Key) -> [String: ContextValue] {
        var context: [String: ContextValue] = [
            "kms:keyspec": .one(key.spec.rawValue), "kms:keyusage": .one(key.usage.rawValue),
            "kms:customermasterkeyspec": .one(key.spec.rawValue),
            "kms:customermasterkeyusage": .one(key.usage.rawValue),
            "kms:keyorigin": .one(key.origin.rawValue),
            "kms:multiregion": .one(key.multiRegion == nil ? "false" : "true"),
        ]
        if key.multiRegion != nil { context["kms:multiregionkeytype"] = .one(key.isReplica ? "REPLICA" : "PRIMARY") }
        return context
    }
}

extension KeyIndex.State {
    /// A new entry, with what other keys have as well.
    fileprivate mutating func entry(_ key: Key, _ aliases: [String]) -> KeyEntry {
        let context = context(of: key)
        let known = policies.value(key.policy)
        let policy = known ?? KeyIndex.compiled(key.policy)
        if known == nil { policies.keep(policy, key.policy) }
        var key = key
        key.policy = ""
        return KeyEntry(key, policy, context, aliases: aliases, sharesPolicy: known != nil)
    }

    private mutating func context(of key: Key) -> [String: ContextValue] {
        let traits = KeyIndex.Traits(key)
        if let known = contexts[traits] { return known }
        let context = KeyIndex.context(of: key)
        contexts[traits] = context
        return context
    }
}

extension String {
    /// What follows a prefix; nil where the text does not begin with it.
    fileprivate func removing(prefix: String) -> String? {
        utf8.starts(with: prefix.utf8) ? String(decoding: utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }
}

extension ResourceType {
    /// A key, whose policy must allow whatever is done with it. Who asks for permission has found it: see
    /// ``Platform/Call/need(_:action:_:tokens:context:making:)``. Without that, nobody is allowed.
    static let key = ResourceType("kms", "key/", policy: .required, hasOwnTagKey: false) { access, _, _ in
        guard let target = access.learnt as? KeyTarget ?? (access.learnt as? any HasKeyTarget)?.target else {
            return nil
        }
        var resource = Resource(owner: target.key.accountID, tags: target.key.tags, policy: target.entry.policy)
        resource.grants = target.grants
        resource.context = target.entry.context
        resource.isBeyondResourceControl = target.key.isAWSManaged
        return resource
    }
}
