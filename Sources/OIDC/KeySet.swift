import FoundationEssentials
import JWTKit

/// The keys that a provider signs with. <https://www.rfc-editor.org/rfc/rfc7517>
struct KeySet: Sendable {
    /// AWS accepts this many keys of each of the two types, RSA and elliptic curve.
    static let mostKeysOfType = 100

    private let keys: [JWK]

    /// Keys of unknown types and algorithms are skipped.
    /// - Throws: `OIDCError.unusable` for a document that is not a key set.
    init(parsing document: [UInt8]) throws(OIDCError) {
        do {
            let set = try JSONDecoder().decode(Document.self, from: Data(document))
            keys = set.keys.compactMap(\.key)
        } catch {
            throw .unusable("the keys are no JSON Web Key Set")
        }
        for type in [JWK.KeyType.rsa, .ecdsa] {
            guard keys.count(where: { $0.keyType == type }) <= Self.mostKeysOfType else {
                throw .unusable("there are more than \(Self.mostKeysOfType) keys")
            }
        }
    }

    /// The keys that can have signed with an algorithm under a key id; without an id, any key of the right type.
    func candidates(keyID: String?, _ algorithm: TokenAlgorithm) -> [JWK] {
        keys.filter { key in
            (keyID == nil || key.keyIdentifier?.string == keyID) && key.keyType == algorithm.keyType
                && (key.algorithm == nil || key.algorithm == algorithm.jwk)
        }
    }

    private struct Document: Decodable {
        let keys: [Entry]
    }

    /// A key, or nil for one that is not for signatures or not understood.
    private struct Entry: Decodable {
        let key: JWK?

        private enum CodingKeys: String, CodingKey {
            case use
        }

        init(from decoder: any Decoder) throws {
            let use = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .use)
            key = use == nil || use == "sig" ? try? JWK(from: decoder) : nil
        }
    }
}

/// The algorithms that AWS accepts: public-key signatures only, never a shared secret and never `none`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>
enum TokenAlgorithm: String, Sendable {
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"

    var jwk: JWK.Algorithm {
        switch self {
        case .rs256: .rs256
        case .rs384: .rs384
        case .rs512: .rs512
        case .es256: .es256
        case .es384: .es384
        case .es512: .es512
        }
    }

    var keyType: JWK.KeyType {
        switch self {
        case .rs256, .rs384, .rs512: .rsa
        case .es256, .es384, .es512: .ecdsa
        }
    }
}
