import CryptoExtras
import FoundationEssentials
import JWTKit
public import Wire

/// An RSA key that tokens are signed with and verified by (RS256: RFC 7518, section 3.3), parsed once.
///
/// It writes the claims in the order in which they are given, and the header as Cognito does: `kid` and `alg` alone.
public struct TokenKey: Sendable, CustomStringConvertible {
    /// `kid`, by which those who verify tokens find the key.
    public let id: String
    private let keys: JWTKeyCollection
    private let modulus: String
    private let exponent: String

    /// Makes a key of 2,048 bits, which takes a good part of a second.
    /// - Returns: the private key in PEM, for ``init(pem:id:)``. Whoever keeps it has to seal it.
    public static func makePEM() throws -> String { try _RSA.Signing.PrivateKey(keySize: .bits2048).pemRepresentation }

    /// Reads a private key.
    /// - Throws: when it is none of ``makePEM()``.
    public init(pem: String, id: String) async throws {
        let key = try Insecure.RSA.PrivateKey(pem: pem)
        let numbers = try key.publicKey.getKeyPrimitives()
        self.id = id
        modulus = Base64URL.encode(Array(numbers.modulus))
        exponent = Base64URL.encode(Array(numbers.publicExponent))
        keys = JWTKeyCollection()
        await keys.add(
            rsa: key, digestAlgorithm: .sha256, kid: JWKIdentifier(string: id),
            parser: DefaultJWTParser(jsonDecoder: TokenCoding()),
            serializer: DefaultJWTSerializer(jsonEncoder: TokenCoding()))
    }

    /// A signed token with these claims, in this order.
    public func sign(_ claims: [JSONMember]) async throws -> String {
        try await keys.sign(OrderedClaims(value: .object(claims)), kid: JWKIdentifier(string: id))
    }

    /// The claims of a token that this key has signed; nil for any other.
    public func claims(of token: String) async -> JSONValue? {
        guard let header = TokenHeader(of: token), header.algorithm == "RS256", header.keyID == id else { return nil }
        return try? await keys.verify(token, as: OrderedClaims.self).value
    }

    /// The public key, as a member of a JSON Web Key Set (RFC 7517), with its members in the order of Cognito's.
    public var jwk: JSONValue {
        .object([
            JSONMember(key: "alg", value: .string("RS256")), JSONMember(key: "e", value: .string(exponent)),
            JSONMember(key: "kid", value: .string(id)), JSONMember(key: "kty", value: .string("RSA")),
            JSONMember(key: "n", value: .string(modulus)), JSONMember(key: "use", value: .string("sig")),
        ])
    }

    /// Without the key.
    public var description: String { "TokenKey \(id)" }
}

/// What a token says it is signed with. Nothing is proved by it.
public struct TokenHeader: Sendable {
    /// `RS256`
    public let algorithm: String
    /// nil: it names none.
    public let keyID: String?

    /// nil: that is no signed token.
    public init?(of token: String) {
        guard let header = UnprovedHeader(of: token), let algorithm = header["alg"]?.string else { return nil }
        self.algorithm = algorithm
        keyID = header["kid"]?.string
    }
}

/// Claims in the order of the token. What they say is checked by whoever asked for them.
private struct OrderedClaims: JWTPayload {
    let value: JSONValue

    init(value: JSONValue) {
        self.value = value
    }

    // ``TokenCoding`` reads and writes them without asking for either of these.
    init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not of TokenCoding"))
    }

    func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            value, .init(codingPath: encoder.codingPath, debugDescription: "not of TokenCoding"))
    }

    func verify(using key: some JWTAlgorithm) {}
}

/// How jwt-kit reads and writes the two parts of tokens.
private struct TokenCoding: JWTJSONEncoder, JWTJSONDecoder {
    func encode<T: Encodable>(_ value: T) throws -> Data {
        if let claims = value as? OrderedClaims {
            var writer = JSONWriter()
            writer.json(claims.value)
            return Data(writer.bytes)
        }
        guard let header = value as? JWTHeader else { return try JSONEncoder().encode(value) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("kid", header.kid)
        writer.member("alg", header.alg)
        writer.endObject()
        return Data(writer.bytes)
    }

    func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T {
        guard type == OrderedClaims.self else { return try JSONDecoder().decode(type, from: data) }
        let claims = OrderedClaims(value: try JSONValue(parsing: Array(data)))
        guard let claims = claims as? T else { return try JSONDecoder().decode(type, from: data) }
        return claims
    }
}
