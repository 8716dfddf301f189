import Crypto
import CryptoExtras
import FoundationEssentials
public import Wire

/// The public key of an ACME account, or of a certificate, as a JSON Web Key (RFC 7517).
///
/// ```swift
/// let key = try AccountKey(JSONValue(parsing: Array(jwk.utf8)))
/// ```
public struct AccountKey: Sendable, Equatable {
    /// The members that RFC 7638 wants, in its order and without blanks. It is the same for one key always, and what
    /// ``init(canonical:)`` takes back.
    public let canonical: String
    private let key: Key

    /// In bits: what public authorities take.
    private static let rsaSizes = 2048...8192

    fileprivate enum Key: Sendable {
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    /// Reads a key that a request came with.
    /// - Throws: `badPublicKey` for what is no key, for one of another kind, and for one that is too weak.
    public init(_ jwk: JSONValue?) throws(Problem) {
        guard let jwk, case .object = jwk else { throw .malformed("The header's jwk must be an object.") }
        // Whoever sends that has just lost the key.
        guard jwk["d"] == nil, jwk["k"] == nil else { throw Problem(.badPublicKey, "The jwk must be a public key.") }
        let made: Key? =
            switch (jwk["kty"]?.text, jwk["crv"]?.text) {
            case ("EC", "P-256"):
                Self.point(jwk, 32).flatMap { try? P256.Signing.PublicKey(x963Representation: $0) }.map { .p256($0) }
            case ("EC", "P-384"):
                Self.point(jwk, 48).flatMap { try? P384.Signing.PublicKey(x963Representation: $0) }.map { .p384($0) }
            case ("EC", "P-521"):
                Self.point(jwk, 66).flatMap { try? P521.Signing.PublicKey(x963Representation: $0) }.map { .p521($0) }
            case ("OKP", "Ed25519"):
                Self.number(jwk, "x", length: 32).flatMap { try? Curve25519.Signing.PublicKey(rawRepresentation: $0) }
                    .map { .ed25519($0) }
            case ("RSA", _): Self.rsa(jwk).map { .rsa($0) }
            default: nil
            }
        guard let made else {
            throw Problem(
                .badPublicKey, "The key must be one of P-256, P-384, P-521, Ed25519, or RSA with 2,048 to 8,192 bits.")
        }
        self.init(made)
    }

    /// Takes back what ``canonical`` was; nil for anything else.
    public init?(canonical: String) {
        guard let jwk = try? JSONValue(parsing: Array(canonical.utf8)), let key = try? AccountKey(jwk) else {
            return nil
        }
        self = key
    }

    /// The key of a certificate on a curve; nil for one on another.
    /// - Parameter point: uncompressed (X9.63).
    public init?(point: [UInt8]) {
        switch point.count {
        case 65:
            guard let key = try? P256.Signing.PublicKey(x963Representation: point) else { return nil }
            self.init(.p256(key))
        case 97:
            guard let key = try? P384.Signing.PublicKey(x963Representation: point) else { return nil }
            self.init(.p384(key))
        case 133:
            guard let key = try? P521.Signing.PublicKey(x963Representation: point) else { return nil }
            self.init(.p521(key))
        default: return nil
        }
    }

    /// The RSA key of a certificate; nil for what is none.
    /// - Parameter der: its SubjectPublicKeyInfo.
    public init?(rsa der: [UInt8]) {
        guard let key = try? _RSA.Signing.PublicKey(derRepresentation: der) else { return nil }
        self.init(.rsa(key))
    }

    private init(_ key: Key) {
        self.key = key
        canonical = key.canonical
    }

    public static func == (a: AccountKey, b: AccountKey) -> Bool { a.canonical == b.canonical }

    /// SHA-256 of ``canonical`` (RFC 7638), in base64url.
    public var thumbprint: String { Base64URL.encode(Array(SHA256.hash(data: Data(canonical.utf8)))) }

    /// The signature algorithms that are taken (RFC 7518, RFC 8037).
    public static let algorithms = ["ES256", "ES384", "ES512", "RS256", "EdDSA"]

    /// Whether the key has signed something by the algorithm, which has to be the one for its kind.
    func isValid(_ signature: [UInt8], for input: [UInt8], _ algorithm: String) -> Bool {
        let input = Data(input)
        switch (key, algorithm) {
        case (.p256(let key), "ES256"):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: input)
        case (.p384(let key), "ES384"):
            guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: input)
        case (.p521(let key), "ES512"):
            guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: input)
        case (.rsa(let key), "RS256"):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: input),
                padding: .insecurePKCS1v1_5)
        case (.ed25519(let key), "EdDSA"): return key.isValidSignature(signature, for: input)
        default: return false
        }
    }

    /// A number of a JWK; nil for one that has not the length that it must have.
    private static func number(_ jwk: JSONValue, _ name: String, length: Int) -> [UInt8]? {
        guard let text = jwk[name]?.text, let bytes = Base64URL.decode(text), bytes.count == length else { return nil }
        return bytes
    }

    private static func point(_ jwk: JSONValue, _ length: Int) -> [UInt8]? {
        guard let x = number(jwk, "x", length: length), let y = number(jwk, "y", length: length) else { return nil }
        return [4] + x + y
    }

    private static func rsa(_ jwk: JSONValue) -> _RSA.Signing.PublicKey? {
        // Each number has one spelling, without zeros at its beginning, so that a key has one thumbprint.
        guard let n = jwk["n"]?.text.flatMap({ Base64URL.decode($0) }),
            let e = jwk["e"]?.text.flatMap({ Base64URL.decode($0) }),
            let first = n.first, first != 0, n.count <= rsaSizes.upperBound / 8, let last = e.last, last & 1 == 1,
            e.first != 0, (1...4).contains(e.count), e != [1],
            let key = try? _RSA.Signing.PublicKey(n: n, e: e), rsaSizes.contains(key.keySizeInBits)
        else { return nil }
        return key
    }
}

extension AccountKey.Key {
    fileprivate var canonical: String {
        switch self {
        case .p256(let key): Self.curve("P-256", Array(key.rawRepresentation))
        case .p384(let key): Self.curve("P-384", Array(key.rawRepresentation))
        case .p521(let key): Self.curve("P-521", Array(key.rawRepresentation))
        case .ed25519(let key):
            #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(Array(key.rawRepresentation)))"}"#
        case .rsa(let key): Self.rsa(key)
        }
    }

    /// - Parameter raw: x and y, of equal length.
    private static func curve(_ name: String, _ raw: [UInt8]) -> String {
        let x = Base64URL.encode(Array(raw.prefix(raw.count / 2)))
        let y = Base64URL.encode(Array(raw.suffix(raw.count / 2)))
        return #"{"crv":"\#(name)","kty":"EC","x":"\#(x)","y":"\#(y)"}"#
    }

    private static func rsa(_ key: _RSA.Signing.PublicKey) -> String {
        guard let numbers = try? key.getKeyPrimitives() else { return "" }
        let (e, n) = (Base64URL.encode(Array(numbers.publicExponent)), Base64URL.encode(Array(numbers.modulus)))
        return #"{"e":"\#(e)","kty":"RSA","n":"\#(n)"}"#
    }
}

extension JSONValue {
    /// The text of a string; nil for any other value.
    public var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
