import Ledger
import Platform
import SAML
import Synchronization
import Wire

/// What requests without a signature need of user pools besides the pools and their clients, in memory: domains, identity
/// providers and resource servers.
final class PoolPartIndex: Projection {
    static let kinds: Set<String> = [UserPoolDomain.kind, UserPoolProvider.kind, ResourceServer.kind]

    private struct State {
        /// By their ids.
        var domains: [String: UserPoolDomain] = [:]
        /// By pool, then by name.
        var providers: [String: [String: UserPoolProvider]] = [:]
        /// By pool, then by identifier.
        var servers: [String: [String: ResourceServer]] = [:]
    }

    private let state = Mutex(State())
    /// What SAML metadata say, by their providers' ids, with the text that it was read from.
    private let metadata = Mutex<[String: (text: String, parsed: SAMLMetadata)]>([:])

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case UserPoolDomain.kind:
                let domain = try change.decodeAfter(UserPoolDomain.self)
                state.withLock { $0.domains[change.id] = domain }
            case UserPoolProvider.kind:
                let provider = try change.decodeAfter(UserPoolProvider.self)
                let (pool, name) = Self.parts(of: change.id)
                state.withLock { Self.set(provider, name, in: &$0.providers[pool]) }
                metadata.withLock { $0[change.id] = nil }
            case ResourceServer.kind:
                let server = try change.decodeAfter(ResourceServer.self)
                let (pool, identifier) = Self.parts(of: change.id)
                state.withLock { Self.set(server, identifier, in: &$0.servers[pool]) }
            default: break
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        metadata.withLock { $0 = [:] }
        try apply(changes)
    }

    private static func set<Part>(_ part: Part?, _ name: String, in parts: inout [String: Part]?) {
        var all = parts ?? [:]
        all[name] = part
        parts = all.isEmpty ? nil : all
    }

    /// The pool's id has no slash.
    private static func parts(of id: String) -> (pool: String, name: String) {
        guard let slash = id.firstIndex(of: "/") else { return (id, "") }
        return (String(id[..<slash]), String(id[id.index(after: slash)...]))
    }

    fileprivate func domain(_ name: String, region: String) -> UserPoolDomain? {
        state.withLock { state in
            state.domains[UserPoolDomain.id(name, region: region, isCustom: true)]
                ?? state.domains[UserPoolDomain.id(name, region: region, isCustom: false)]
        }
    }

    fileprivate func domains(of poolID: String) -> [UserPoolDomain] {
        state.withLock { $0.domains.values.filter { $0.poolID == poolID } }.sorted { $0.id < $1.id }
    }

    fileprivate func providers(of poolID: String) -> [UserPoolProvider] {
        state.withLock { $0.providers[poolID]?.values.sorted { $0.name < $1.name } ?? [] }
    }

    fileprivate func provider(_ name: String, of poolID: String) -> UserPoolProvider? {
        state.withLock { $0.providers[poolID]?[name] }
    }

    /// nil: it has none, or they can't be read.
    fileprivate func metadata(of provider: UserPoolProvider) -> SAMLMetadata? {
        guard let text = provider.metadata else { return nil }
        if let known = metadata.withLock({ $0[provider.id] }), known.text == text { return known.parsed }
        guard let parsed = try? SAMLMetadata(parsing: text) else { return nil }
        metadata.withLock { $0[provider.id] = (text, parsed) }
        return parsed
    }

    fileprivate func fetchedProviders() -> [UserPoolProvider] {
        state.withLock { $0.providers.values.flatMap { $0.values.filter { $0.fetched != nil } } }
    }

    fileprivate func servers(of poolID: String) -> [ResourceServer] {
        state.withLock { $0.servers[poolID]?.values.sorted { $0.identifier < $1.identifier } ?? [] }
    }
}

extension Environment {
    private var poolParts: PoolPartIndex { projection(PoolPartIndex.self) }

    /// The domain of a user pool, of whatever account: a custom one by its name, or one of a Region by its prefix.
    /// - Parameter region: nil: Gatehouse's own.
    func userPoolDomain(_ name: String, region: String? = nil) -> UserPoolDomain? {
        poolParts.domain(name, region: region ?? self.region)
    }

    /// The domains of a user pool: at most a prefix, and one of the operator's own.
    func userPoolDomains(of poolID: String) -> [UserPoolDomain] { poolParts.domains(of: poolID) }

    /// The identity providers of a user pool, in the order of their names.
    func identityProviders(of poolID: String) -> [UserPoolProvider] { poolParts.providers(of: poolID) }

    /// An identity provider of a user pool, by its name.
    func identityProvider(_ name: String, of poolID: String) -> UserPoolProvider? {
        poolParts.provider(name, of: poolID)
    }

    /// An identity provider of a user pool, by one of its identifiers.
    func identityProvider(identifier: String, of poolID: String) -> UserPoolProvider? {
        identityProviders(of: poolID).first { $0.identifiers.contains(identifier) }
    }

    /// What a SAML provider's metadata say, parsed once; nil: it has none, or they can't be read.
    func metadata(of provider: UserPoolProvider) -> SAMLMetadata? { poolParts.metadata(of: provider) }

    /// The identity providers of all pools whose metadata were fetched.
    func fetchedProviders() -> [UserPoolProvider] { poolParts.fetchedProviders() }

    /// The resource servers of a user pool, in the order of their identifiers.
    func resourceServers(of poolID: String) -> [ResourceServer] { poolParts.servers(of: poolID) }
}
