import Ledger
import Platform
import Wire

extension RecordReading {
    /// An identity of a pool.
    /// - Throws: ResourceNotFoundException.
    func identity(_ id: String, of pool: IdentityPool) throws(ServiceError) -> PooledIdentity {
        guard let identity = try get(PooledIdentity.self, PooledIdentity.key(id), of: pool.id) else {
            throw .noSuchIdentity(id)
        }
        return identity
    }

    /// The identity that a login belongs to; nil: it is new.
    /// - Complexity: O(log *n*).
    func identity(of login: PooledIdentity.Login, in pool: IdentityPool) throws(ServiceError) -> PooledIdentity? {
        try list(
            PooledIdentity.self, by: PooledIdentity.byLogin, of: pool.id,
            RowIndexRange(PooledIdentity.prefix(of: login)), limit: 2
        ).first { $0.logins.contains(login) }
    }
}

/// What becomes of identities when somebody shows logins: which is theirs, and what has to be changed for that.
///
/// Logins that nobody has seen are linked to the identity. One that belongs to another identity merges the two: one becomes the
/// owner of all logins, the other is disabled.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authentication-flow.html#authentication-flow-api>
struct IdentityLinking {
    /// The identity that the logins are of.
    private(set) var identity: PooledIdentity
    /// Rows to be put.
    private(set) var changed: [PooledIdentity] = []
    private let pool: IdentityPool
    private let time: Double

    /// For an identity whose user is known already.
    init(_ identity: PooledIdentity, in pool: IdentityPool, at time: Double) {
        self.identity = identity
        self.pool = pool
        self.time = time
    }

    /// For logins alone, as GetId has them. They are all those of one user.
    /// - Throws: ResourceConflictException.
    init(
        _ logins: [PooledIdentity.Login], in pool: IdentityPool, at time: Double, _ records: some RecordReading
    ) throws(ServiceError) {
        var known: PooledIdentity?
        for login in logins where known == nil { known = try records.identity(of: login, in: pool) }
        self.init(known ?? PooledIdentity(in: pool, logins: [], at: time), in: pool, at: time)
        try adopt(logins, records)
    }

    /// For an identity that a request names, with logins of whoever asks.
    /// - Throws: NotAuthorizedException for who has no right to the identity; ResourceConflictException;
    ///   ResourceNotFoundException.
    init(
        _ id: String, _ logins: [PooledIdentity.Login], in pool: IdentityPool, at time: Double,
        _ records: some RecordReading
    ) throws(ServiceError) {
        self.init(try records.identity(id, of: pool), in: pool, at: time)
        guard !logins.isEmpty else {
            guard identity.isGuest, identity.isEnabled else { throw .forbiddenIdentity(id) }
            return
        }
        if identity.isGuest || !identity.isEnabled {
            // A guest who signs in becomes who they were; what was merged leads to its owner by the login alone.
            for login in logins {
                guard let known = try records.identity(of: login, in: pool) else { continue }
                if identity.isEnabled { disable(identity) }
                identity = known
                break
            }
            guard identity.isEnabled else { throw .otherLogins }
        } else if !logins.contains(where: { identity.logins.contains($0) }) {
            throw .otherLogins
        }
        try adopt(logins, records)
    }

    /// Makes logins those of the identity, and the identities that had them a part of it.
    /// - Throws: ResourceConflictException.
    mutating func adopt(_ logins: [PooledIdentity.Login], _ records: some RecordReading) throws(ServiceError) {
        for login in logins where !identity.logins.contains(login) {
            if let other = try records.identity(of: login, in: pool), other.id != identity.id {
                try merge(other)
            } else {
                try link([login])
            }
        }
    }

    /// Makes an identity part of this one.
    /// - Throws: ResourceConflictException.
    mutating func merge(_ other: PooledIdentity) throws(ServiceError) {
        disable(other)
        try link(other.logins)
    }

    private mutating func disable(_ other: PooledIdentity) {
        var other = other
        other.disable(at: time)
        changed.append(other)
    }

    /// There may be one login for each public provider, and several of the developer provider.
    private mutating func link(_ logins: [PooledIdentity.Login]) throws(ServiceError) {
        for login in logins where !identity.logins.contains(login) {
            guard
                login.provider == pool.settings.developerProvider
                    || !identity.logins.contains(where: { $0.provider == login.provider })
            else { throw .linkedElsewhere }
            identity.logins.append(login)
        }
        guard identity.logins.count <= PooledIdentity.mostLogins else {
            throw .conflict("An identity can have at most \(PooledIdentity.mostLogins) linked logins.")
        }
        identity.isGuest = false
        identity.modified = time
        changed.removeAll { $0.id == identity.id }
        changed.append(identity)
    }

    /// Puts what is to be changed.
    func put(in records: MutableRecords) throws(ServiceError) {
        for row in changed { try records.put(row) }
    }
}

extension PooledIdentity {
    /// Takes its logins from it: it was merged, and nobody can use it.
    mutating func disable(at time: Double) {
        logins = []
        isGuest = false
        isEnabled = false
        modified = time
    }
}

extension Call {
    /// The identity that a request names, or rather the one that its logins are of, with the logins linked.
    ///
    /// Usually nothing has to be changed, and nothing is written.
    func resolve(
        _ id: String, _ logins: ProvedLogins, of pool: IdentityPool
    ) async throws(ServiceError) -> PooledIdentity {
        let (shown, time) = (logins.logins.map(\.login), time)
        let found = try await environment.read(pool.scope) { (records) throws(ServiceError) in
            try IdentityLinking(id, shown, in: pool, at: time, records)
        }
        guard !found.changed.isEmpty else { return found.identity }
        return try await keep { (records) throws(ServiceError) in
            let linking = try IdentityLinking(id, shown, in: pool, at: time, records)
            try linking.put(in: records)
            return linking.identity
        }
    }
}
