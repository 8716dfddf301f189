import Directory
import KeyMaterial
import Ledger
import Platform
import Policy
import Synchronization

/// A key as requests are decided by it. It is never changed: a change of the key makes another.
final class KeyEntry: Sendable {
    /// Without its policy's text.
    let key: Key
    let policy: CompiledPolicy
    /// The condition keys that the key brings to every request.
    let context: [String: ContextValue]

    init(_ key: Key, _ policy: CompiledPolicy, _ context: [String: ContextValue]) {
        self.key = key
        self.policy = policy
        self.context = context
    }

    /// An entry that no index has, for a key that is yet to be made.
    convenience init(_ key: Key) { self.init(key, KeyIndex.compiled(key.policy), KeyIndex.context(of: key)) }
}

/// All keys and aliases, and the key material that was used last.
///
/// A hundred thousand keys have a few dozen policies, apart from the ids in them, so equal ones are compiled once.
final class KeyIndex: Projection {
    static let kinds: Set<String> = [Key.kind, Alias.kind]

    fileprivate struct State {
        /// By ARN.
        var keys: [String: KeyEntry] = [:]
        /// The keys' ids, by the ARNs of aliases.
        var aliases: [String: String] = [:]
        /// The names of aliases, sorted, by the ARNs of their keys.
        var names: [String: [String]] = [:]
        /// By their texts, with the number of keys that have them.
        var policies: [String: (policy: CompiledPolicy, count: Int)] = [:]
        /// By what they say of the key.
        var contexts: [Traits: [String: ContextValue]] = [:]
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
    let materials = MaterialCache()

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == Key.kind {
                let key = try change.decodeAfter(Key.self)
                let arn = "arn:aws:kms:\(change.scope.region):\(change.scope.account):key/\(change.id)"
                state.withLock { $0.set(key, arn) }
                materials.forget(arn, except: key?.materials.filter(\.isThere).map(\.id) ?? [])
            } else {
                let alias = try change.decodeAfter(Alias.self)
                let prefix = "arn:aws:kms:\(change.scope.region):\(change.scope.account):"
                state.withLock { $0.set(alias, change.id, prefix) }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        materials.clear()
        try apply(changes)
    }

    /// - Parameter arn: of a key.
    func key(_ arn: String) -> KeyEntry? { state.withLock { $0.keys[arn] } }

    /// The id of the key that an alias stands for.
    /// - Parameter arn: of an alias.
    func keyID(ofAlias arn: String) -> String? { state.withLock { $0.aliases[arn] } }

    /// The aliases of a key, sorted.
    /// - Parameter arn: of the key.
    func aliases(ofKey arn: String) -> [String] { state.withLock { $0.names[arn] ?? [] } }

    /// How many keys there are in each state.
    var counts: [Key.State: Int] {
        state.withLock { $0.keys.values.reduce(into: [:]) { $0[$1.key.state, default: 0] += 1 } }
    }

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
    fileprivate mutating func set(_ key: Key?, _ arn: String) {
        if let old = keys[arn] { release(old.policy.document.text) }
        guard var key else {
            keys[arn] = nil
            return
        }
        let policy = compiled(key.policy)
        key.policy = ""
        let traits = KeyIndex.Traits(key)
        let context = contexts[traits] ?? KeyIndex.context(of: key)
        contexts[traits] = context
        keys[arn] = KeyEntry(key, policy, context)
    }

    private mutating func compiled(_ text: String) -> CompiledPolicy {
        let known = policies[text]
        let policy = known?.policy ?? KeyIndex.compiled(text)
        policies[text] = (policy, (known?.count ?? 0) + 1)
        return policy
    }

    private mutating func release(_ text: String) {
        guard let (policy, count) = policies[text] else { return }
        policies[text] = count > 1 ? (policy, count - 1) : nil
    }

    fileprivate mutating func set(_ alias: Alias?, _ name: String, _ prefix: String) {
        if let old = aliases.removeValue(forKey: prefix + name) {
            let key = "\(prefix)key/\(old)"
            names[key]?.removeAll { $0 == name }
            if names[key]?.isEmpty == true { names[key] = nil }
        }
        guard let alias else { return }
        aliases[prefix + name] = alias.keyID
        var all = names["\(prefix)key/\(alias.keyID)"] ?? []
        all.append(name)
        all.sort()
        names["\(prefix)key/\(alias.keyID)"] = all
    }
}

/// The key material that was used last, parsed: to read and parse a private key takes longer than to sign with it.
///
/// What it has is immutable; whether a key may still be used its entry in the index says.
final class MaterialCache: Sendable {
    /// Of keys.
    private static let most = 4096

    /// By the key's ARN, and the material's id.
    private let items = Mutex<[String: [String: KeyMaterial]]>([:])

    func material(_ id: String, ofKey arn: String) -> KeyMaterial? { items.withLock { $0[arn]?[id] } }

    func keep(_ material: KeyMaterial, _ id: String, ofKey arn: String) {
        items.withLock { items in
            // Any will do: those in use come back by themselves.
            if items.count >= Self.most, items[arn] == nil, let victim = items.keys.randomElement() {
                items[victim] = nil
            }
            items[arn, default: [:]][id] = material
        }
    }

    /// Forgets those of a key's materials that are no longer there.
    func forget(_ arn: String, except kept: [String]) {
        items.withLock { items in
            guard let known = items[arn] else { return }
            items[arn] = known.filter { kept.contains($0.key) }
        }
    }

    func clear() { items.withLock { $0 = [:] } }
}

extension ResourceType {
    /// A key, whose policy must allow whatever is done with it.
    static let key = ResourceType("kms", "key/", policy: .required, hasOwnTagKey: false) { access, _, call in
        let target =
            access.learnt as? KeyTarget ?? (access.learnt as? any HasKeyTarget)?.target
            ?? call.environment.projection(KeyIndex.self).key(access.resource).map { KeyTarget($0) }
        guard let target else { return nil }
        var resource = Resource(owner: target.key.accountID, tags: target.key.tags, policy: target.entry.policy)
        resource.grants = target.grants
        resource.context = target.entry.context
        resource.isBeyondResourceControl = target.key.isAWSManaged
        return resource
    }
}
