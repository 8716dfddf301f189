import CognitoIDPAPI
import Ledger
import OIDC
import Platform
import Synchronization
import Wire

/// A user pool as requests are answered by it. It is never changed: a change of the pool makes another.
final class PoolEntry: Sendable {
    let pool: UserPool
    /// What the pool was told.
    let settings: CognitoIDP.UserPoolType
    /// How second factors are asked for.
    let multiFactor: CognitoIDP.GetUserPoolMfaConfigResponse
    /// The attributes that users can have.
    let schema: AttributeSchema

    init(_ pool: UserPool) throws(ServiceError) {
        self.pool = pool
        settings = try pool.readSettings()
        multiFactor = try pool.readMultiFactor()
        schema = AttributeSchema((settings.schemaAttributes ?? []).map { AttributeDefinition($0) })
    }

    var id: String { pool.id }
    var scope: Scope { pool.scope }
}

/// An app client as requests are answered by it, with its pool.
final class ClientEntry: Sendable {
    let client: UserPoolClient
    let pool: PoolEntry
    /// What the client was told.
    let settings: CognitoIDP.UserPoolClientType

    init(_ client: UserPoolClient, of pool: PoolEntry) throws(ServiceError) {
        self.client = client
        self.pool = pool
        settings = try client.readSettings()
    }

    var id: String { client.id }
}

/// All user pools and their app clients, in memory: requests without a signature name nothing but a client, and tokens nothing
/// but a pool.
final class PoolIndex: Projection {
    static let kinds: Set<String> = [UserPool.kind, UserPoolClient.kind]

    private struct State {
        var pools: [String: PoolEntry] = [:]
        var clients: [String: UserPoolClient] = [:]
        /// Made of a client when it is first asked for, and again when it or its pool has changed.
        var entries: [String: ClientEntry] = [:]
        var clientsOfPools: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes where change.kind == UserPool.kind {
            let pool = try change.decodeAfter(UserPool.self)
            let entry = try pool.map { (pool) throws(LedgerError) in try Self.entry(pool) }
            state.withLock { state in
                state.pools[change.id] = entry
                for client in state.clientsOfPools[change.id] ?? [] { state.entries[client] = nil }
            }
        }
        for change in changes where change.kind == UserPoolClient.kind {
            let client = try change.decodeAfter(UserPoolClient.self)
            state.withLock { state in
                state.entries[change.id] = nil
                if let old = state.clients[change.id] { state.clientsOfPools[old.poolID]?.remove(old.id) }
                state.clients[change.id] = client
                if let client { state.clientsOfPools[client.poolID, default: []].insert(client.id) }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// - Throws: `LedgerError` for settings that are no JSON of their shape, which this program never writes.
    private static func entry(_ pool: UserPool) throws(LedgerError) -> PoolEntry {
        do throws(ServiceError) { return try PoolEntry(pool) } catch {
            throw LedgerError(.corrupt, "the settings of user pool \(pool.id) can't be read: \(error.message)")
        }
    }

    /// nil: there is no such pool, in any account.
    func pool(_ id: String) -> PoolEntry? { state.withLock { $0.pools[id] } }

    /// All pools, of all accounts and Regions.
    var all: [PoolEntry] { state.withLock { Array($0.pools.values) } }

    /// nil: there is no such client, of any pool.
    func client(_ id: String) -> ClientEntry? {
        state.withLock { state in
            if let entry = state.entries[id] { return entry }
            guard let client = state.clients[id], let pool = state.pools[client.poolID],
                let entry = try? ClientEntry(client, of: pool)
            else { return nil }
            state.entries[id] = entry
            return entry
        }
    }
}

extension Environment {
    /// A user pool, of whatever account and region.
    func userPool(_ id: String) -> PoolEntry? { projection(PoolIndex.self).pool(id) }

    /// The user pool that a token says it is of. Nothing is proved by that.
    func userPool(ofToken token: String) -> PoolEntry? {
        guard let token = try? WebIdentityToken(parsing: token), let id = token.issuer.split(separator: "/").last else {
            return nil
        }
        return userPool(String(id))
    }

    /// An app client, of whatever pool.
    func userPoolClient(_ id: String) -> ClientEntry? { projection(PoolIndex.self).client(id) }
}
