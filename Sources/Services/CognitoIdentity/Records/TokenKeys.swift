import Ledger
import OIDC
import Platform
import Synchronization
import Wire

/// The keys that the tokens of all identity pools are signed with. There is one such record.
struct TokenKeys: Record, CustomStringConvertible {
    static let kind = "Gatehouse::IdentityTokenKeys"
    static let onlyID = "keys"

    let id: String
    /// As `TokenIssuer` makes them.
    let current: String
    /// Seconds since 1970.
    let created: Double
    /// Those that they have taken the place of, whose tokens are still good.
    let previous: String?

    /// Without the keys, so that no log ever shows them.
    var description: String { "TokenKeys" }
}

/// The keys of identity pools' tokens, in memory.
final class TokenKeyring: Projection {
    static let kinds: Set<String> = [TokenKeys.kind]
    /// Keys are renewed when they are older, in seconds: after 90 days.
    static let lifetime = 90.0 * 86_400

    struct Keys: Sendable {
        let signer: TokenIssuer
        /// A JSON Web Key Set.
        let keySet: [UInt8]
        /// Seconds since 1970.
        let created: Double
    }

    private let keys = Mutex<Keys?>(nil)
    /// There are keys of one kind, which may be being made.
    let making = SingleFlight<String>()

    init() {}

    /// nil: no token has been signed yet.
    var current: Keys? { keys.withLock { $0 } }

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let record = try change.decodeAfter(TokenKeys.self)
            let made: Keys?
            do { made = try record.map(Self.read) } catch {
                throw LedgerError(.corrupt, "the keys of identity pools' tokens can't be read")
            }
            keys.withLock { $0 = made }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        keys.withLock { $0 = nil }
        try apply(changes)
    }

    private static func read(_ record: TokenKeys) throws -> Keys {
        let signer = try TokenIssuer(keys: record.current)
        let previous = try record.previous.map { try TokenIssuer(keys: $0) }
        return Keys(
            signer: signer, keySet: try TokenIssuer.keySet(of: [signer] + (previous.map { [$0] } ?? [])),
            created: record.created)
    }
}

extension Environment {
    /// The keys for a token that is signed at a time. They are made when the first is, and renewed when they are old.
    /// - Complexity: making keys takes a good part of a second.
    func tokenKeys(at time: Double) async throws(ServiceError) -> TokenKeyring.Keys {
        let ring = projection(TokenKeyring.self)
        if let keys = ring.current, time < keys.created + TokenKeyring.lifetime { return keys }
        try await ring.making.run(TokenKeys.onlyID) { [self] () async throws(ServiceError) in
            if let keys = ring.current, time < keys.created + TokenKeyring.lifetime { return }
            let new: String
            do { new = try await KeyMaking.run { try TokenIssuer.makeKeys() } } catch { throw .internalFailure }
            try await write(Scope(account: ""), requestID: "") { (records) throws(ServiceError) in
                let old = try records.get(TokenKeys.self, TokenKeys.onlyID)
                // Another node may have made some meanwhile.
                if let old, time < old.created + TokenKeyring.lifetime { return }
                try records.put(TokenKeys(id: TokenKeys.onlyID, current: new, created: time, previous: old?.current))
            }
        }
        guard let keys = ring.current else { throw .internalFailure }
        return keys
    }
}
