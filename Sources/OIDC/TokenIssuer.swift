import CryptoExtras
import FoundationEssentials
import JWTKit

/// Gatehouse as an OpenID Connect provider: signs tokens, and publishes what they are verified with.
public struct TokenIssuer: Sendable {
    /// The algorithms that AWS offers.
    public enum Algorithm: String, Sendable, CaseIterable {
        /// RSA of 2,048 bits with SHA-256, which every verifier knows. RFC 7518, section 3.3.
        case rs256 = "RS256"
        /// ECDSA on P-384 with SHA-384: shorter signatures. RFC 7518, section 3.4.
        case es384 = "ES384"
    }

    /// The private keys; they go into the ledger as text, and the ledger seals them.
    private struct Keys: Codable {
        var rs256: String
        var rs256ID: String
        var es384: String
        var es384ID: String
    }

    private let keys: Keys

    /// Makes new keys: an RSA key of 2,048 bits, which takes a good part of a second, and one of P-384.
    /// - Returns: the keys as text, for `init(keys:)`.
    public static func makeKeys() throws -> String {
        let keys = Keys(
            rs256: try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation, rs256ID: UUID().uuidString,
            es384: ES384PrivateKey().pemRepresentation, es384ID: UUID().uuidString)
        return String(decoding: try JSONEncoder().encode(keys), as: UTF8.self)
    }

    /// - Throws: when the text is not of `makeKeys`.
    public init(keys: String) throws {
        self.keys = try JSONDecoder().decode(Keys.self, from: Data(keys.utf8))
    }

    /// A signed token with these claims.
    public func sign(_ claims: [String: ClaimValue], _ algorithm: Algorithm) async throws -> String {
        let collection = JWTKeyCollection()
        let id: String
        switch algorithm {
        case .rs256:
            id = keys.rs256ID
            await collection.add(
                rsa: try Insecure.RSA.PrivateKey(pem: keys.rs256), digestAlgorithm: .sha256,
                kid: JWKIdentifier(string: id))
        case .es384:
            id = keys.es384ID
            await collection.add(ecdsa: try ES384PrivateKey(pem: keys.es384), kid: JWKIdentifier(string: id))
        }
        return try await collection.sign(Claims(members: claims), kid: JWKIdentifier(string: id))
    }

    /// The public keys: a JSON Web Key Set (RFC 7517).
    public func keySet() throws -> [UInt8] { try Self.keySet(of: [self]) }

    /// The public keys of several, whose tokens are all to be accepted: those of an issuer before its keys were renewed and after.
    public static func keySet(of issuers: [TokenIssuer]) throws -> [UInt8] {
        try encode(.object(["keys": .array(try issuers.flatMap { try $0.publicKeys() })]))
    }

    private func publicKeys() throws -> [ClaimValue] {
        let rsa = try Insecure.RSA.PrivateKey(pem: keys.rs256).publicKey.getKeyPrimitives()
        guard let point = try ES384PrivateKey(pem: keys.es384).publicKey.parameters else {
            throw OIDCError.unusable("a key without coordinates")
        }
        return [
            .object([
                "kty": .string("EC"), "crv": .string("P-384"), "use": .string("sig"), "alg": .string("ES384"),
                "kid": .string(keys.es384ID), "x": .string(Self.urlSafe(point.x)),
                "y": .string(Self.urlSafe(point.y)),
            ]),
            .object([
                "kty": .string("RSA"), "use": .string("sig"), "alg": .string("RS256"),
                "kid": .string(keys.rs256ID), "n": .string(Self.urlSafe(rsa.modulus.base64EncodedString())),
                "e": .string(Self.urlSafe(rsa.publicExponent.base64EncodedString())),
            ]),
        ]
    }

    /// What `<issuer>/.well-known/openid-configuration` answers.
    /// <https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata>
    /// - Parameter keys: where the public keys are; nil: below the issuer, at the usual place.
    public static func discoveryDocument(issuer: String, keys: String? = nil) throws -> [UInt8] {
        let document: ClaimValue = .object([
            "issuer": .string(issuer), "jwks_uri": .string(keys ?? issuer + "/.well-known/jwks.json"),
            "response_types_supported": .array([.string("id_token")]),
            "subject_types_supported": .array([.string("public")]),
            "id_token_signing_alg_values_supported": .array(Algorithm.allCases.map { .string($0.rawValue) }),
            "claims_supported": .array(["iss", "sub", "aud", "exp", "iat", "jti"].map { .string($0) }),
        ])
        return try encode(document)
    }

    private static func encode(_ document: ClaimValue) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(document))
    }

    /// Base64 in the alphabet of RFC 4648, section 5, without padding.
    private static func urlSafe(_ base64: String) -> String {
        String(
            decoding: base64.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: byte
                }
            }, as: UTF8.self)
    }
}
