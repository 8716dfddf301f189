import Crypto
import SwiftASN1

/// A key pair of ML-DSA (FIPS 204).
///
/// Outside it has the forms of RFC 9881; the private key is its seed.
enum ModuleLatticeKey: Sendable {
    case mlDSA65(MLDSA65.PrivateKey)
    case mlDSA87(MLDSA87.PrivateKey)

    private static let seedSize = 32

    /// Makes a new pair; nil for a key spec that is not of this family.
    init?(generating spec: KeySpec) throws(KeyMaterialError) {
        self.init(spec, seed: try RandomBytes.make(Self.seedSize))
    }

    private init?(_ spec: KeySpec, seed: [UInt8]) {
        switch spec {
        case .mlDSA65:
            guard let key = try? MLDSA65.PrivateKey(seedRepresentation: seed, publicKey: nil) else { return nil }
            self = .mlDSA65(key)
        case .mlDSA87:
            guard let key = try? MLDSA87.PrivateKey(seedRepresentation: seed, publicKey: nil) else { return nil }
            self = .mlDSA87(key)
        default: return nil
        }
    }

    /// Reads PKCS #8 in DER that holds a seed; nil when it is no key of this kind.
    init?(privateKey der: [UInt8], _ spec: KeySpec) {
        guard let info = try? SeedInfo(derEncoded: der), info.algorithm == Self.algorithm(spec),
            info.seed.count == Self.seedSize
        else { return nil }
        self.init(spec, seed: info.seed)
    }

    /// The private key as PKCS #8 in DER: its seed.
    func privateKey() throws(KeyMaterialError) -> [UInt8] {
        try Self.serialized(SeedInfo(algorithm: algorithm, seed: Array(seed)))
    }

    /// The public key as SubjectPublicKeyInfo in DER.
    func publicKey() throws(KeyMaterialError) -> [UInt8] {
        try Self.serialized(PublicKeyInfo(algorithm: algorithm, key: rawPublicKey))
    }

    func sign(_ message: [UInt8]) throws(KeyMaterialError) -> [UInt8] {
        do {
            return switch self {
            case .mlDSA65(let key): Array(try key.signature(for: message))
            case .mlDSA87(let key): Array(try key.signature(for: message))
            }
        } catch {
            throw .failed
        }
    }

    func verify(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch self {
        case .mlDSA65(let key): key.publicKey.isValidSignature(signature, for: message)
        case .mlDSA87(let key): key.publicKey.isValidSignature(signature, for: message)
        }
    }

    private var seed: [UInt8] {
        switch self {
        case .mlDSA65(let key): Array(key.seedRepresentation)
        case .mlDSA87(let key): Array(key.seedRepresentation)
        }
    }

    private var rawPublicKey: [UInt8] {
        switch self {
        case .mlDSA65(let key): Array(key.publicKey.rawRepresentation)
        case .mlDSA87(let key): Array(key.publicKey.rawRepresentation)
        }
    }

    private var algorithm: ASN1ObjectIdentifier {
        switch self {
        case .mlDSA65: Self.mlDSA65Algorithm
        case .mlDSA87: Self.mlDSA87Algorithm
        }
    }

    private static func algorithm(_ spec: KeySpec) -> ASN1ObjectIdentifier? {
        switch spec {
        case .mlDSA65: mlDSA65Algorithm
        case .mlDSA87: mlDSA87Algorithm
        default: nil
        }
    }

    /// RFC 9881, section 2.
    private static let mlDSA65Algorithm: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 18]
    private static let mlDSA87Algorithm: ASN1ObjectIdentifier = [2, 16, 840, 1, 101, 3, 4, 3, 19]

    private static func serialized(_ value: some DERSerializable) throws(KeyMaterialError) -> [UInt8] {
        do {
            var serializer = DER.Serializer()
            try serializer.serialize(value)
            return serializer.serializedBytes
        } catch {
            throw .failed
        }
    }
}

/// A private key of RFC 5208 whose key is a seed (RFC 9881, section 6): `[0] IMPLICIT OCTET STRING`.
private struct SeedInfo: DERImplicitlyTaggable {
    var algorithm: ASN1ObjectIdentifier
    var seed: [UInt8]

    private static let seedTag = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)

    static var defaultIdentifier: ASN1Identifier { .sequence }

    init(algorithm: ASN1ObjectIdentifier, seed: [UInt8]) {
        self.algorithm = algorithm
        self.seed = seed
    }

    init(derEncoded node: ASN1Node, withIdentifier identifier: ASN1Identifier) throws {
        self = try DER.sequence(node, identifier: identifier) { nodes in
            _ = try Int(derEncoded: &nodes)
            guard let parameters = nodes.next() else { throw ASN1Error.truncatedASN1Field() }
            let algorithm = try DER.sequence(parameters, identifier: .sequence) {
                try ASN1ObjectIdentifier(derEncoded: &$0)
            }
            let key = try ASN1OctetString(derEncoded: &nodes)
            let seed = try ASN1OctetString(derEncoded: DER.parse(key.bytes), withIdentifier: Self.seedTag)
            // Attributes and a public key may follow. The seed says it all.
            while nodes.next() != nil {}
            return SeedInfo(algorithm: algorithm, seed: Array(seed.bytes))
        }
    }

    func serialize(into coder: inout DER.Serializer, withIdentifier identifier: ASN1Identifier) throws {
        var key = DER.Serializer()
        try ASN1OctetString(contentBytes: seed[...]).serialize(into: &key, withIdentifier: Self.seedTag)
        try coder.appendConstructedNode(identifier: identifier) { coder in
            try coder.serialize(0)
            try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(algorithm) }
            try coder.serialize(ASN1OctetString(contentBytes: key.serializedBytes[...]))
        }
    }
}

/// RFC 5280, section 4.1.2.7, for algorithms without parameters.
private struct PublicKeyInfo: DERSerializable {
    var algorithm: ASN1ObjectIdentifier
    var key: [UInt8]

    func serialize(into coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.appendConstructedNode(identifier: .sequence) { try $0.serialize(algorithm) }
            try coder.serialize(ASN1BitString(bytes: key[...]))
        }
    }
}
