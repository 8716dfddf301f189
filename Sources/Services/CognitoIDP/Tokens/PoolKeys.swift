import Keyring
import Ledger
import OIDC
import Platform
import Wire

/// The keys of a user pool: those that its tokens are signed with, and the one that its refresh tokens are sealed with.
///
/// ID tokens and access tokens have keys of their own, so that one can't be taken for the other.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-the-access-token.html>
struct PoolKeys: PoolPart, Equatable, CustomStringConvertible {
    static let kind = "AWS::Cognito::UserPool::Keys"
    static let ofPool = "keys-of-pool"
    // Keys that are gone are gone from the journal, too.
    static let keepsHistory = false

    /// For so many seconds a key signs: 90 days. AWS does not say how often it rotates them.
    static let lifetime = 90.0 * 86_400
    /// For so many seconds a key is published after another has taken its place: no token is valid for longer.
    static let afterlife = 86_400.0 + 3600

    let poolID: String
    /// Those of ID tokens, the newest last, which signs.
    private(set) var identity: [Key]
    /// Those of access tokens, the newest last, which signs.
    private(set) var access: [Key]
    /// In base64: what refresh tokens are sealed with. It stays: they are valid for up to ten years.
    let secret: String

    struct Key: Codable, Sendable, Equatable {
        /// `kid`
        let id: String
        /// The private key.
        let pem: String
        /// Seconds since 1970.
        let made: Double

        /// Takes a good part of a second.
        fileprivate static func make(at time: Double) async throws(ServiceError) -> Key {
            let pem: String
            do { pem = try await KeyMaking.run { try TokenKey.makePEM() } } catch { throw .internalFailure }
            let id = String(decoding: Base64.encode(Identifiers.randomBytes(32)), as: UTF8.self)
            return Key(id: id, pem: pem, made: time)
        }
    }

    var id: String { poolID }

    /// Makes the keys of a new pool: before the transaction, for it takes a good part of a second.
    /// - Parameters:
    ///   - poolID: the pool's whole id.
    ///   - time: in seconds since 1970.
    static func make(of poolID: String, at time: Double) async throws(ServiceError) -> PoolKeys {
        PoolKeys(
            poolID: poolID, identity: [try await .make(at: time)], access: [try await .make(at: time)],
            secret: String(decoding: Base64.encode(Identifiers.randomBytes(32)), as: UTF8.self))
    }

    /// Whether new keys are due, or old ones can be forgotten.
    func isDue(at time: Double) -> Bool {
        [identity, access].contains { keys in
            (keys.last.map { time - $0.made >= Self.lifetime } ?? true) || Self.kept(keys, at: time).count < keys.count
        }
    }

    /// Makes new keys where they are due, and forgets those that no valid token was signed with.
    /// - Parameter isForced: makes new ones even if none are due.
    func rotated(at time: Double, isForced: Bool = false) async throws(ServiceError) -> PoolKeys {
        var rotated = self
        rotated.identity = try await Self.rotated(identity, at: time, isForced: isForced)
        rotated.access = try await Self.rotated(access, at: time, isForced: isForced)
        return rotated
    }

    private static func rotated(_ keys: [Key], at time: Double, isForced: Bool) async throws(ServiceError) -> [Key] {
        var keys = kept(keys, at: time)
        if isForced || keys.last.map({ time - $0.made >= lifetime }) ?? true { keys.append(try await .make(at: time)) }
        return keys
    }

    /// Without those whose successors have been there for long enough.
    private static func kept(_ keys: [Key], at time: Double) -> [Key] {
        let isOver = zip(keys.indices, keys.dropFirst()).filter { time - $1.made >= afterlife }.map(\.0)
        return keys.indices.filter { !isOver.contains($0) }.map { keys[$0] }
    }

    /// Without the keys, so that no log ever shows them.
    var description: String { "PoolKeys \(id)" }
}

/// A pool's keys, ready for use.
final class ParsedKeys: Sendable {
    private let identity: [TokenKey]
    private let access: [TokenKey]
    /// Seals refresh tokens.
    let refresh: SealingKey
    /// What nobody outside knows of the pool: what is shown of users who do not exist is made by it.
    let simulationSecret: String

    init(_ keys: PoolKeys) async throws(ServiceError) {
        simulationSecret = keys.secret
        do {
            identity = try await Self.parsed(keys.identity)
            access = try await Self.parsed(keys.access)
            refresh = try GivenKey(text: keys.secret).sealingKey(for: "cognito refresh token")
        } catch {
            throw .internalFailure
        }
    }

    private static func parsed(_ keys: [PoolKeys.Key]) async throws -> [TokenKey] {
        var parsed: [TokenKey] = []
        for key in keys { parsed.append(try await TokenKey(pem: key.pem, id: key.id)) }
        return parsed
    }

    /// What tokens are for, which decides on their key.
    enum Use: Sendable {
        case identity
        case access
    }

    /// All that verify tokens of a use.
    private func keys(_ use: Use) -> [TokenKey] {
        switch use {
        case .identity: identity
        case .access: access
        }
    }

    /// Signs a token with the newest key of its use.
    func sign(_ claims: [JSONMember], _ use: Use) async throws(ServiceError) -> String {
        guard let key = keys(use).last else { throw .internalFailure }
        do { return try await key.sign(claims) } catch { throw .internalFailure }
    }

    /// The claims of a token that was signed for this use; nil for any other.
    func claims(of token: String, _ use: Use) async -> JSONValue? {
        guard let header = TokenHeader(of: token), let key = keys(use).first(where: { $0.id == header.keyID }) else {
            return nil
        }
        return await key.claims(of: token)
    }

    /// What anybody verifies tokens with: a JSON Web Key Set. <https://www.rfc-editor.org/rfc/rfc7517>
    var keySet: [UInt8] {
        var writer = JSONWriter()
        writer.json(
            .object([JSONMember(key: "keys", value: .array((identity.reversed() + access.reversed()).map(\.jwk)))]))
        return writer.bytes
    }
}
