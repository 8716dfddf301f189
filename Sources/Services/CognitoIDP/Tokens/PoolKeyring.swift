import Ledger
public import Platform
import Synchronization
public import Wire

/// The keys of all pools, in memory; those of a pool are parsed when they are first needed.
final class PoolKeyring: Projection {
    static let kinds: Set<String> = [PoolKeys.kind]

    /// A pool's keys as they are kept, and as they are used.
    private struct Entry {
        let record: PoolKeys
        var parsed: ParsedKeys?
    }

    private let entries = Mutex<[String: Entry]>([:])
    /// The pools of which keys are being made.
    let making = SingleFlight<String>()

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let keys = try change.decodeAfter(PoolKeys.self)
            entries.withLock { $0[change.id] = keys.map { Entry(record: $0) } }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        entries.withLock { $0 = [:] }
        try apply(changes)
    }

    /// The pools of which some keys have to be made or forgotten.
    func due(at time: Double) -> [String] {
        entries.withLock { $0.values.filter { $0.record.isDue(at: time) }.map(\.record.id) }
    }

    /// nil: they have never been made.
    func keys(of poolID: String) async throws(ServiceError) -> ParsedKeys? {
        guard let entry = entries.withLock({ $0[poolID] }) else { return nil }
        if let parsed = entry.parsed { return parsed }
        let parsed = try await ParsedKeys(entry.record)
        entries.withLock { entries in
            guard entries[poolID]?.record == entry.record else { return }
            entries[poolID]?.parsed = parsed
        }
        return parsed
    }
}

extension Environment {
    /// The keys of a pool; they are made if that has not been done yet.
    func keys(of pool: PoolEntry) async throws(ServiceError) -> ParsedKeys {
        let keyring = projection(PoolKeyring.self)
        if let known = try await keyring.keys(of: pool.id) { return known }
        try await keyring.making.run(pool.id) { [self] () async throws(ServiceError) in
            guard try await keyring.keys(of: pool.id) == nil else { return }
            // Before the transaction, for it takes a while. If another node made some at once, the first count.
            let made = try await PoolKeys.make(of: pool.id, at: clock.now)
            try await write(pool.scope, requestID: "") { (records) throws(ServiceError) in
                guard try records.get(PoolKeys.self, made.id) == nil else { return }
                guard try records.get(UserPool.self, made.id) != nil else { throw .noSuchPool(made.id) }
                try records.put(made)
            }
        }
        guard let keys = try await keyring.keys(of: pool.id) else { throw .noSuchPool(pool.id) }
        return keys
    }
}

/// Gives pools new keys every 90 days, and forgets those that nothing is verified with any more.
struct RotatePoolKeys: RecurringJob {
    static let kind = "CognitoIDP::RotatePoolKeys"
    static let interval = 3600.0

    func run(_ context: JobContext) async throws(ServiceError) {
        let environment = context.environment
        for id in environment.projection(PoolKeyring.self).due(at: environment.clock.now) {
            guard let pool = environment.userPool(id) else { continue }
            try await environment.rotateKeys(of: pool)
        }
    }
}

extension Environment {
    /// Gives a user pool new keys now, whoever's it is: tokens are signed with them at once, and those that are there stay valid.
    /// - Throws: ResourceNotFoundException.
    public func rotateUserPoolKeys(_ poolID: String) async throws(ServiceError) {
        guard let pool = userPool(poolID) else { throw .noSuchPool(poolID) }
        _ = try await keys(of: pool)
        try await rotateKeys(of: pool, isForced: true)
    }

    /// Makes new keys where they are due, and forgets those that no valid token was signed with.
    /// - Parameter isForced: makes new ones even if none are due.
    func rotateKeys(of pool: PoolEntry, isForced: Bool = false) async throws(ServiceError) {
        let (id, time) = (pool.id, clock.now)
        let known = try await read(pool.scope) { (records) throws(ServiceError) in try records.get(PoolKeys.self, id) }
        guard let known, isForced || known.isDue(at: time) else { return }
        let rotated = try await known.rotated(at: time, isForced: isForced)
        try await write(pool.scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have done it.
            guard try records.get(PoolKeys.self, id) == known else { return }
            try records.put(rotated)
        }
    }
}
